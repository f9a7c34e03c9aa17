/** `npm run experiment:reviews` on a slice: it learns, stops and goes on, and reports. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureBuilt, finish } from '../support/command.js';
import { holdLock, kill } from '../support/lock_holder.js';
import { type Results, runProgram, slice, startProgram, withoutTimes } from './experiment.js';

const PROGRAM = 'experiment_reviews.mjs';
const STEPS = 40;
let folder: string;
let whole: Results;
let output: string;

const optionsFor = (file: string) => [
  ...['--data', slice, '--output', file, '--variants', 'V,R', '--seeds', '1'],
  ...['--steps', String(STEPS), '--batch', '16', '--evaluate-every', '10', '--rounds', '2'],
];
const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Results;

beforeAll(async () => {
  ensureBuilt();
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-experiment-'));
  output = join(folder, 'whole.json');
  const { status, stderr } = await runProgram(PROGRAM, optionsFor(output));
  if (status !== 0) throw new Error(stderr);
  whole = read(output);
});

afterAll(() => rmSync(folder, { recursive: true }));

it('trains: the loss falls, and the results are whole', () => {
  expect(whole.runs.map(({ variant, seed }) => [variant, seed])).toEqual([
    ['V', 0],
    ['R', 0],
  ]);
  for (const run of whole.runs) {
    expect(run.history.map(({ step }) => step)).toEqual([10, 20, 30, 40]);
    expect(run.history.at(-1)!.loss).toBeLessThan(0.8 * run.history[0]!.loss);
    expect(run.validation).toBe(Math.max(...run.history.map(({ validation }) => validation)));
    expect(run.accuracy).toBeGreaterThan(0.3);
    expect(run.accuracy).toBe(run.bySource.rotten_tomatoes);
    expect(run.difference).toBeLessThan(1e-3);
  }
  const { maxLength, heads, layers, features } = whole.settings as Record<string, number>;
  const [v, r] = whole.runs.map(({ parameters }) => parameters.total) as [number, number];
  const queryAndKey = 2 * features! * (features! + 1);
  expect(r - v).toBe(layers! * (heads! * maxLength! ** 2 - queryAndKey));
  expect(whole.speed.map(({ variant }) => variant)).toEqual(['V', 'R']);
  for (const { training, model, attention } of whole.speed) {
    expect(training.median).toBeGreaterThan(0);
    expect(model.median).toBeGreaterThan(training.median);
    expect(attention.median).toBeGreaterThan(model.median);
  }
  expect(readdirSync(folder)).toEqual(['whole.json']);
});

it('trains every variant, and none but Fix leaves a weight as it was drawn', async () => {
  const file = join(folder, 'all.json');
  const steps = ['--steps', '2', '--batch', '4', '--evaluate-every', '2', '--rounds', '1'];
  const { status } = await runProgram(PROGRAM, ['--data', slice, '--output', file, '--seeds', '1', ...steps]);
  expect(status).toBe(0);
  const { runs, speed, settings } = read(file);
  expect(runs.map(({ variant }) => variant)).toEqual(['V', 'R', 'Fix', 'FR', 'D', 'FD', 'R+V', 'D+V', 'R+D']);
  expect(speed.map(({ variant }) => variant)).toEqual(runs.map(({ variant }) => variant));
  const frozen = settings.layers! * settings.heads! * settings.maxLength! ** 2;
  for (const { variant, parameters, difference } of runs) {
    expect(parameters.total - parameters.trained).toBe(variant === 'Fix' ? frozen : 0);
    expect(difference).toBeLessThan(1e-3);
  }
  rmSync(file);
});

it('stopped by a signal it goes on to the very same result', async () => {
  const stopped = join(folder, 'stopped.json');
  // Once within the first run, once within the second.
  for (const line of [/V, seed 0: step 20/, /R, seed 0: step 20/]) {
    const child = startProgram(PROGRAM, optionsFor(stopped));
    let text = '';
    let sent = false;
    child.stderr.on('data', (part) => {
      text += part;
      if (sent || !line.test(text)) return;
      sent = child.kill('SIGINT');
    });
    const { status, stderr } = await finish(child);
    expect(stderr).toContain('stopped: the same command goes on from here');
    expect(status).toBe(130);
    expect(readdirSync(folder).some((name) => name.endsWith('.checkpoint'))).toBe(true);
  }
  const { status, stderr } = await runProgram(PROGRAM, optionsFor(stopped));
  expect(stderr).toMatch(/\[2\/2\] R, seed 0: goes on after step [23]\d/);
  expect(status).toBe(0);
  expect(withoutTimes(read(stopped))).toEqual(withoutTimes(whole));
  expect(readdirSync(folder).filter((name) => /checkpoint|tmp/.test(name))).toEqual([]);
});

it('writes table, plot and findings into a document', async () => {
  const document = join(folder, 'document.md');
  writeFileSync(document, 'before\n<!-- results -->\nold\n<!-- end of results -->\nafter\n');
  const { status } = await runProgram('experiment_report.mjs', ['--results', output, '--document', document]);
  expect(status).toBe(0);
  const text = readFileSync(document, 'utf8');
  expect(text).toMatch(/^before\n/);
  expect(text).toMatch(/\nafter\n$/);
  expect(text).not.toContain('old');
  const accuracy = (100 * whole.runs[1]!.accuracy).toFixed(2);
  expect(text).toContain(`| R | random, trained | ${accuracy} |`);
  expect(text).toContain('![Accuracy against speed](document.svg)');
  expect(text).toMatch(/R: [+−]\d+\.\d\d points \((every seed|seeds overlap)/);
  expect(readFileSync(join(folder, 'document.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
});

describe('refuses with one sentence', () => {
  const withData = (content: string | Buffer) => {
    const file = join(folder, 'data.tsv');
    writeFileSync(file, content);
    return file;
  };
  const header = 'label\tsource\ttext\n';
  it.each([
    ['no data', () => [], '--data FILE'],
    ['a file that is not there', () => ['--data', 'missing.tsv'], 'missing.tsv (ENOENT)'],
    ['other columns', () => ['--data', withData('a\tb\n')], 'the columns label, source, text'],
    ['a wrong label', () => ['--data', withData(`${header}2\timdb\tfine\n`)], 'data.tsv:2 with label 0 or 1'],
    ['an empty table', () => ['--data', withData(header)], 'texts for every split but received none'],
    ['broken gzip', () => ['--data', withData(Buffer.from([0x1f, 0x8b, 8, 0, 1]))], "in gzip's format"],
    ['an unknown variant', () => ['--data', slice, '--variants', 'V,X'], "but received 'V,X'"],
    ['a number that is none', () => ['--data', slice, '--seeds', '0'], '--seeds with a positive integer'],
    ['an unknown option', () => ['--date', slice], 'options among --data'],
    ['results of other settings', () => ['--data', slice, '--output', output], 'of the same settings'],
  ])('%s', async (_, args, message) => {
    const { status, stderr } = await runProgram(PROGRAM, args());
    expect(stderr.trim().split('\n').at(-1)).toMatch(/^experiment: expected .* but received /);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  it.each(['x', 'a text that is longer than a digest of 32 bytes'])(
    'a checkpoint that is none: %s',
    async (text) => {
      const file = join(folder, 'broken.json');
      writeFileSync(`${file}.V-0.checkpoint`, text);
      const { status, stderr } = await runProgram(PROGRAM, optionsFor(file));
      expect(stderr).toContain('experiment: expected a checkpoint but received');
      expect(status).toBe(2);
      expect(existsSync(file)).toBe(false);
      rmSync(`${file}.V-0.checkpoint`);
    },
  );

  it('results that another experiment writes, and removes what a killed one left', async () => {
    const file = join(folder, 'busy.json');
    const temporary = `${file}.V-0.checkpoint.123.tmp`;
    writeFileSync(temporary, 'x');
    const holder = await holdLock(join(folder, '.busy.json.lock'));
    const { status, stderr } = await runProgram(PROGRAM, optionsFor(file));
    expect(stderr).toBe(
      `experiment: expected results that no other experiment writes but received ${file} of one that runs\n`,
    );
    expect([status, existsSync(temporary)]).toEqual([2, true]);
    await kill(holder);
    writeFileSync(`${file}.V-0.checkpoint`, 'x');
    expect((await runProgram(PROGRAM, optionsFor(file))).stderr).toContain('expected a checkpoint');
    rmSync(`${file}.V-0.checkpoint`);
    expect(readdirSync(folder).filter((name) => /busy/.test(name))).toEqual([]);
  });
});
