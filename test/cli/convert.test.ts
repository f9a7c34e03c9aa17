/** `synthetic-attention convert`. */
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Encoder } from '../../lib/models/encoder.js';
import { ensureBuilt, finish, run, start } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const model = goldenPath('tiny_bert');
let folder: string;
let output: string;
beforeAll(ensureBuilt);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  output = join(folder, 'converted');
});
afterEach(() => rmSync(folder, { recursive: true }));

const convert = (...options: string[]) => run(['convert', ...options]);

describe('convert', () => {
  it('says what it has written, on standard error', async () => {
    const { status, stdout, stderr } = await convert('--model', model, '--output', output);
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^converted \d+ tensors to int8: 0\.3 MB -> 0\.1 MB -> .*converted\n$/);
    expect(stderr).toContain(` -> ${output}\n`);
    using encoder = await Encoder.load(output, { dtype: 'int8' });
    expect(encoder.dimensions).toBe(48);
  });

  it('goes back to float32', async () => {
    const back = join(folder, 'back');
    await convert('--model', model, '--output', output);
    const { status, stderr } = await convert('--model', output, '--output', back, '--dtype', 'float32');
    expect(status).toBe(0);
    expect(stderr).toMatch(/^converted \d+ tensors to float32: 0\.1 MB -> 0\.3 MB -> /);
    expect((await readdir(back)).sort()).toEqual((await readdir(output)).sort());
  });

  it.each<[string, (folder: string) => string[], string]>([
    ['no model', (f) => ['--output', join(f, 'x')], "required option '--model <dir>' not specified"],
    ['no output', () => ['--model', model], "required option '--output <dir>' not specified"],
    [
      'another type',
      (f) => ['--model', model, '--output', join(f, 'x'), '--dtype', 'int4'],
      '--dtype: expected int8 or float32 but received "int4"',
    ],
    [
      'a model that is not there',
      (f) => ['--model', join(f, 'none'), '--output', join(f, 'x')],
      'none: expected a model directory but received nothing there',
    ],
    [
      'an output that is there',
      (f) => ['--model', model, '--output', join(f, 'full')],
      'full: expected a new directory but received one that is there',
    ],
    [
      'an output in the model',
      () => ['--model', model, '--output', join(model, 'int8')],
      'output: expected a path outside of the model directory',
    ],
    [
      'an output within a file',
      (f) => ['--model', model, '--output', join(f, 'full', 'file', 'x')],
      'expected a directory that can be written but received',
    ],
  ])('with %s fails in one sentence', async (_, options, message) => {
    await mkdir(join(folder, 'full'));
    writeFileSync(join(folder, 'full', 'file'), '');
    const before = await readdir(model);
    const { status, stdout, stderr } = await convert(...options(folder));
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^synthetic-attention: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(await readdir(folder, { recursive: true })).toEqual(['full', join('full', 'file')]);
    expect(await readdir(model)).toEqual(before);
  });

  it.each<[NodeJS.Signals, number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('leaves nothing when %s ends it', async (signal, code) => {
    const large = join(folder, 'model');
    await cp(model, large, { recursive: true });
    // Takes long to copy, and no room here.
    writeFileSync(join(large, 'notes.txt'), '');
    truncateSync(join(large, 'notes.txt'), 2 ** 31);
    const child = start(['convert', '--model', large, '--output', output]);
    const finished = finish(child);
    const begun = () => readdirSync(folder).some((name) => name.endsWith('.partial'));
    while (!begun() && child.exitCode === null) await setTimeout(5);
    child.kill(signal);
    const { status, stderr } = await finished;
    expect(status).toBe(code);
    expect(stderr).toBe(`synthetic-attention: interrupted by ${signal}; no output was written\n`);
    expect([existsSync(output), readdirSync(folder)]).toEqual([false, ['model']]);
  });
});
