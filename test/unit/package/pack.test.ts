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
import { info } from '../../../lib/diagnostics.js';
import { ADDON, platformTag } from '../../../lib/native/platform.js';
import { goldenPath } from '../../support/golden.js';
import { ensureBuilt, root } from '../cli/command.js';

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
  const complete = pack(unpacked, join(folder, 'complete')).file;
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

describe('the packed package', () => {
  it('carries compiled JavaScript, types and native sources, and nothing else', () => {
    for (const needed of [
      'dist/index.js',
      'dist/index.d.ts',
      'dist/cli/main.js',
      'models/synthesizer-mini/model.safetensors',
      ...(readdirSync(join(root, 'native'), { recursive: true }) as string[])
        .map((name) => `native/${name}`)
        .filter((name) => statSync(join(root, name)).isFile()),
      'CMakeLists.txt',
      'binding.gyp',
      'scripts/install.mjs',
      'scripts/platform.mjs',
      'README.md',
      'LICENSE',
      'package.json',
    ]) {
      expect(listed).toContain(needed);
    }
    const foreign = listed.filter(
      (path) =>
        !/^(dist|models|native|prebuilds)\/|^(scripts\/(install|platform)\.mjs|CMakeLists\.txt|binding\.gyp|README\.md|LICENSE|CHANGELOG\.md|package\.json)$/.test(
          path,
        ),
    );
    expect(foreign).toEqual([]);
    expect(listed.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))).toEqual([]);
    // Most of it is the model.
    expect(statSync(tarball).size).toBeLessThan(16 * 2 ** 20);
  });

  const use = `
    const { data, shape } = kernels.matmul({ data: Float32Array.of(1, 2), shape: [1, 2] }, { data: Float32Array.of(3, 4), shape: [2, 1] });
    Encoder.load(${JSON.stringify(goldenPath('tiny_bert'))}).then((e) => e.encode('a text')).then((t) => console.log(data[0], shape, t.shape, info().isa));`;

  it('works by import and by require', () => {
    writeFileSync(
      join(project, 'a.mjs'),
      `import { Encoder, info, kernels } from 'synthetic-attention';${use}`,
    );
    writeFileSync(
      join(project, 'a.cjs'),
      `const { Encoder, info, kernels } = require('synthetic-attention');${use}`,
    );
    for (const file of ['a.mjs', 'a.cjs']) {
      const { status, stdout, stderr } = node(['--no-warnings', file]);
      expect([file, status, stderr]).toEqual([file, 0, '']);
      expect(stdout).toMatch(/^11 \[ 1, 1 \] \[ 48 \] (avx512|avx2|neon|scalar)\n$/);
    }
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
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const { stdout, status } = spawnSync(
      join(project, 'node_modules/.bin/synthetic-attention'),
      ['--version'],
      { encoding: 'utf8', env },
    );
    expect([stdout, status]).toEqual([`${version}\n`, 0]);
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
