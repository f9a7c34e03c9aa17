/** Programs bundled by esbuild: run in another folder, with the package outside of the bundle and inside of it. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build, type Format } from 'esbuild';
import { info } from '../../lib/diagnostics.js';
import { ADDON } from '../../lib/native/platform.js';
import { ensureBuilt, root } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

let folder: string;

const PROGRAM = `
  import { Encoder, kernels, NativeLoadError } from 'synthetic-attention';
  import embeddingsServer from 'synthetic-attention/server';
  import { Tensor } from 'synthetic-attention/transformers';
  async function main() {
    const { data } = kernels.matmul({ data: Float32Array.of(1, 2), shape: [1, 2] }, { data: Float32Array.of(3, 4), shape: [2, 1] });
    const encoder = await Encoder.load(process.argv[2], { tokenizerWorkers: 'auto' });
    const rows = await encoder.encode(['a text', 'another']);
    console.log(data[0], rows.shape.join('x'), typeof embeddingsServer, typeof Tensor);
  }
  main().catch((error) => {
    console.log(error instanceof NativeLoadError, error.message);
    process.exitCode = 1;
  });
`;

const FORMATS: [Format, string][] = [
  ['esm', 'mjs'],
  ['cjs', 'cjs'],
];

/** Bundles the program in a project that has the package, and moves the bundle out of it. */
async function bundle(format: Format, extension: string, external: boolean): Promise<string> {
  const to = mkdtempSync(join(folder, 'out-'));
  const outfile = join(to, `program.${extension}`);
  const { warnings } = await build({
    entryPoints: [join(folder, 'project/program.js')],
    bundle: true,
    platform: 'node',
    format,
    external: external ? ['synthetic-attention'] : [],
    outfile,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  return outfile;
}

const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('SYNTHETIC_ATTENTION_ADDON')),
);

function run(file: string, model: string, extra: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, model], {
    cwd: tmpdir(),
    encoding: 'utf8',
    env: { ...env, ...extra },
  });
  expect(stderr).toBe('');
  return { status, stdout: stdout.trim() };
}

const right = { status: 0, stdout: '11 2x48 function function' };

beforeAll(() => {
  ensureBuilt();
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  mkdirSync(join(folder, 'project/node_modules'), { recursive: true });
  symlinkSync(root, join(folder, 'project/node_modules/synthetic-attention'), 'dir');
  writeFileSync(join(folder, 'project/program.js'), PROGRAM);
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(FORMATS)('a bundle of format %s', (format, extension) => {
  it('works with the package outside', async () => {
    const file = await bundle(format, extension, true);
    mkdirSync(join(file, '../node_modules'));
    symlinkSync(root, join(file, '../node_modules/synthetic-attention'), 'dir');
    expect(run(file, goldenPath('tiny_bert'))).toEqual(right);
  });

  it('works with the package inside and the addon beside it, or named', async () => {
    const file = await bundle(format, extension, false);
    expect(run(file, goldenPath('tiny_bert'), { SYNTHETIC_ATTENTION_ADDON: info().addonPath })).toEqual(
      right,
    );
    copyFileSync(info().addonPath, join(file, '..', ADDON));
    expect(run(file, goldenPath('tiny_bert'))).toEqual(right);
    // The packaged model too is found there.
    const model = run(file, 'synthesizer-mini');
    expect([model.status, model.stdout]).toEqual([1, expect.stringContaining('or beside a bundle')]);
    cpSync(join(root, 'models'), join(file, '../models'), { recursive: true });
    expect(run(file, 'synthesizer-mini')).toEqual({ status: 0, stdout: '11 2x384 function function' });
  });

  it('works with the package inside and installed beside it, when both are of one version', async () => {
    const file = await bundle(format, extension, false);
    mkdirSync(join(file, '../node_modules'));
    symlinkSync(root, join(file, '../node_modules/synthetic-attention'), 'dir');
    expect(run(file, goldenPath('tiny_bert'))).toEqual(right);
    const other = readFileSync(file, 'utf8').replaceAll(`"${info().version}"`, '"99.0.0"');
    writeFileSync(file, other);
    expect(run(file, goldenPath('tiny_bert')).status).toBe(1);
  });

  it('says what to do where there is no addon', async () => {
    const { status, stdout } = run(await bundle(format, extension, false), 'x');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^true no native addon loads on /);
    expect(stdout).toContain('--external:synthetic-attention');
    expect(stdout).toContain('serverExternalPackages');
  });
});
