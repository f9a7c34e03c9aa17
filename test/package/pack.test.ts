/** What `npm pack` gives installs into an empty project and works there, by import and by require. */

import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { info } from '../../lib/diagnostics.js';
import { ADDON, platformTag } from '../../lib/native/platform.js';
import { copyGypFile } from '../../scripts/gyp_file.mjs';
import { measure } from '../../scripts/test_install/measure.mjs';
import { ensureBuilt, root } from '../support/command.js';

/** Files for people. */
const TEXTS = ['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', 'THIRD_PARTY_LICENSES'];

let folder: string;
let project: string;
let listed: string[];
let tarball: string;

// npm hands its own settings down to scripts as variables; the project must not inherit those of this run.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

/** Packs a directory without running its scripts: dist is fresh, and tests that use it must not see it rebuilt. */
function pack(directory: string, destination: string): { file: string; files: string[] } {
  mkdirSync(destination);
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination];
  const parsed = JSON.parse(execFileSync('npm', args, { cwd: directory, encoding: 'utf8', env })) as
    | { filename: string; files: { path: string }[] }[]
    | Record<string, { filename: string; files: { path: string }[] }>;
  const entry = Object.values(parsed)[0]!;
  return { file: join(destination, entry.filename), files: entry.files.map((file) => file.path) };
}

beforeAll(() => {
  ensureBuilt();
  copyGypFile(root);
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  project = join(folder, 'project');
  mkdirSync(project);
  const packed = pack(root, join(folder, 'packed'));
  listed = packed.files;
  tarball = packed.file;
  // A published package carries prebuilt addons. With the one of this build no compiler runs here; build_files.test.ts
  // compiles the same sources.
  execFileSync('tar', ['-xzf', tarball, '-C', folder]);
  const unpacked = join(folder, 'package');
  cpSync(info().addonPath, join(unpacked, 'prebuilds', platformTag(), ADDON));
  // Not compressed: npm reads such a tarball too, and needs no seconds to make it.
  const complete = join(folder, 'complete.tgz');
  execFileSync('tar', ['-cf', complete, '-C', folder, 'package']);
  writeFileSync(join(project, 'package.json'), '{"name": "project", "version": "1.0.0", "private": true}');
  const installed = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', complete], {
    cwd: project,
    encoding: 'utf8',
    env,
  });
  if (installed.status !== 0) throw new Error(installed.stdout + installed.stderr);
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const node = (args: string[]) => spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8', env });

interface Manifest {
  version: string;
  scripts: Record<string, string>;
  dependencies?: Record<string, string>;
  gypfile: boolean;
}
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

const below = (name: string): string[] =>
  (readdirSync(join(root, name), { recursive: true }) as string[])
    .map((path) => `${name}/${path}`)
    .filter((path) => statSync(join(root, path)).isFile());

describe('the packed package', () => {
  it('carries compiled JavaScript, types, a model and what a build from source needs, and nothing else', () => {
    for (const needed of [
      'dist/index.js',
      'dist/index.cjs',
      'dist/index.d.ts',
      'dist/index.d.cts',
      'dist/module/index.js',
      'dist/cli/main.cjs',
      ...below('models'),
      ...below('native').filter((path) => !path.startsWith('native/build/')),
      'CMakeLists.txt',
      'scripts/build_native.mjs',
      'scripts/gyp_file.mjs',
      'native/binding.gyp',
      ...TEXTS,
      'package.json',
    ]) {
      expect(listed).toContain(needed);
    }
    const atRoot = new RegExp(
      `^(${[...TEXTS, 'CMakeLists.txt', 'scripts/build_native.mjs', 'scripts/gyp_file.mjs', 'package.json'].join('|')})$`,
    );
    const foreign = listed.filter(
      (path) => !/^(dist|models|native|prebuilds)\//.test(path) && !atRoot.test(path),
    );
    expect(foreign).toEqual([]);
    const sources = listed.filter((path) => /\.map$|(?<!\.d)\.[cm]?ts$|^native\/build\//.test(path));
    expect(sources).toEqual([]);
    // Most of it is the model.
    expect(statSync(tarball).size).toBeLessThan(18 * 2 ** 20);
  });

  it('runs nothing when it is installed, and brings no other package', () => {
    for (const name of ['preinstall', 'install', 'postinstall'])
      expect(manifest.scripts).not.toHaveProperty(name);
    expect(manifest.dependencies ?? {}).toEqual({});
    expect(manifest.gypfile).toBe(false);
    // Yarn 1 would run node-gyp because of it, pnpm and Yarn would warn of a script that they do not run.
    expect(listed).not.toContain('binding.gyp');
    const { packages, megabytes } = measure(join(project, 'node_modules'));
    expect(packages).toBe(1);
    // With the addons of all platforms, which are some 7, or with those that have been built here.
    expect(megabytes).toBeLessThan(30);
  });

  it('works by import and by require: every export, an embedding, a layer, the server', () => {
    cpSync(join(root, 'scripts/test_install/smoke.mjs'), join(project, 'smoke.mjs'));
    const { status, stdout, stderr } = node(['smoke.mjs']);
    expect([stderr, status]).toEqual(['', 0]);
    expect(stdout).toBe(`the installed package works in Node ${process.versions.node}\n`);
  });

  it('gives types to TypeScript', () => {
    writeFileSync(
      join(project, 'a.ts'),
      `import { Encoder, type Tensor, kernels } from 'synthetic-attention';
      const y: Tensor = kernels.softmax({ data: new Float32Array(2), shape: [1, 2] });
      export const z: Promise<Tensor> = Encoder.load('x').then((e) => e.encode(['a']));
      // @ts-expect-error a shape is a list
      kernels.softmax({ data: y.data, shape: 3 });\n`,
    );
    const result = node([
      join(root, 'node_modules/typescript/bin/tsc'),
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--types',
      'node',
      '--typeRoots',
      join(root, 'node_modules/@types'),
      'a.ts',
    ]);
    expect([result.stdout, result.status]).toEqual(['', 0]);
  });

  it('brings the command', () => {
    const { stdout, status } = spawnSync(
      join(project, 'node_modules/.bin/synthetic-attention'),
      ['--version'],
      { encoding: 'utf8', env },
    );
    expect([stdout, status]).toEqual([`${manifest.version}\n`, 0]);
  });

  it('brings a model', () => {
    writeFileSync(join(project, 'texts.txt'), 'a cat\nthe bank lends money\na kitten\n');
    const { stdout, status, stderr } = spawnSync(
      join(project, 'node_modules/.bin/synthetic-attention'),
      ['search', '--input', 'texts.txt', '--top-k', '1', '--format', 'jsonl', '--quiet'],
      { encoding: 'utf8', env: { ...env, HF_HUB_OFFLINE: '1', HF_HOME: folder }, cwd: project },
    );
    expect([stderr, status]).toEqual(['', 0]);
    const nearest = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).hits[0].text);
    expect([nearest[0], nearest[2]]).toEqual(['a kitten', 'a cat']);
  });
});
