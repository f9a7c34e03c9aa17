/** `synthetic-attention search`. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Encoder } from '../../lib/index.js';
import { ensureBuilt, run } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const MODEL = goldenPath('tiny_bert');
const TEXTS = ['a cat', 'the dog runs', 'a cat', 'seven', 'the dogs run'];
let folder: string;
let input: string;

beforeAll(() => {
  ensureBuilt();
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  input = join(folder, 'texts.txt');
  writeFileSync(input, `${TEXTS.join('\n')}\n`);
}, 90_000);
afterAll(() => rmSync(folder, { recursive: true }));

interface Line {
  query?: string;
  record?: number;
  text?: string;
  hits: { record: number; score: number; text: string }[];
}

const search = (...more: string[]) => run(['search', '--model', MODEL, '--input', input, ...more]);
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

/** By hand: cosines of all pairs. */
async function cosines(queries: string[]): Promise<number[][]> {
  using encoder = await Encoder.load(MODEL);
  const rows = async (texts: string[]) => {
    const { data, shape } = await encoder.encode(texts);
    return texts.map((_, i) => data.subarray(i * shape[1]!, (i + 1) * shape[1]!));
  };
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const corpus = await rows(TEXTS);
  return (await rows(queries)).map((q) => corpus.map((c) => dot(q, c) / Math.sqrt(dot(q, q) * dot(c, c))));
}

describe('the nearest', () => {
  it('of each text, itself left out', async () => {
    const { status, stdout, stderr } = await search('--format', 'jsonl', '--top-k', '2');
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(/^searched 5 texts with tiny_bert, embedded at /),
    ]);
    const lines = linesOf(stdout);
    expect(lines.map(({ record, text }) => [record, text])).toEqual(TEXTS.map((text, i) => [i + 1, text]));
    const scores = await cosines(TEXTS);
    for (const [i, { hits }] of lines.entries()) {
      const others = scores[i]!.map((score, j) => ({ j, score })).filter(({ j }) => j !== i);
      others.sort((a, b) => b.score - a.score);
      expect(hits.map(({ record }) => record)).toEqual(others.slice(0, 2).map(({ j }) => j + 1));
      for (const [k, { score, text, record }] of hits.entries()) {
        expect(score).toBeCloseTo(others[k]!.score, 5);
        expect(text).toBe(TEXTS[record - 1]);
      }
    }
    // Equal texts find each other, whichever comes first.
    expect([lines[0]!.hits[0]!.record, lines[2]!.hits[0]!.record]).toEqual([3, 1]);
  });

  it('of queries, in their order', async () => {
    const queries = ['dogs', 'a cat'];
    const { status, stdout } = await search('--query', ...queries, '--format', 'jsonl', '--top-k', '99');
    expect(status).toBe(0);
    const lines = linesOf(stdout);
    expect(lines.map(({ query, hits }) => [query, hits.length])).toEqual([
      ['dogs', 5],
      ['a cat', 5],
    ]);
    const scores = await cosines(queries);
    for (const [i, { hits }] of lines.entries()) {
      for (const { record, score } of hits) expect(score).toBeCloseTo(scores[i]![record - 1]!, 5);
    }
    expect(lines[1]!.hits.slice(0, 2).map(({ record }) => record)).toEqual([1, 3]);
  });

  it('are three by default, in a form for eyes', async () => {
    const { stdout } = await search('--query', 'a cat', '--quiet');
    expect(stdout).toMatch(/^a cat\n {3}1\.000 {2}a cat\n {3}1\.000 {2}a cat\n {2}[ -]0\.\d{3} {2}\S.*\n$/);
  });
});

it('what is printed stays on its line, and jsonl has it whole', async () => {
  const file = join(folder, 'wild.jsonl');
  const wild = `red\u001b[31m\n${'x'.repeat(300)}`;
  writeFileSync(file, `${[wild, 'calm'].map((text) => JSON.stringify({ text })).join('\n')}\n`);
  const text = await run(['search', '--model', MODEL, '--input', file, '--quiet']);
  const rows = text.stdout.split('\n');
  expect(rows.length).toBe(5);
  expect(rows[0]).toBe(`red [31m ${'x'.repeat(90)}…`);
  const jsonl = await run(['search', '--model', MODEL, '--input', file, '--format', 'jsonl', '--quiet']);
  expect([jsonl.stderr, linesOf(jsonl.stdout)[1]!.hits[0]!.text]).toEqual(['', wild]);
});

it('writes a file, standard input is an input', async () => {
  const output = join(folder, 'found.txt');
  const { status, stdout } = await run(
    ['search', '--model', MODEL, '--input', '-', '--output', output, '--query', 'x'],
    'one\ntwo\n',
  );
  expect([status, stdout]).toEqual([0, '']);
  expect(readFileSync(output, 'utf8')).toMatch(/^x\n.*(one|two)\n.*(one|two)\n$/);
});

it.each([
  ['one text', ['--input', '-'], '--input: expected 2 texts at least but received 1'],
  [
    'no text for a query',
    ['--input', '/dev/null', '--query', 'x'],
    '--input: expected 1 texts at least but received 0',
  ],
  ['no number', ['--top-k', '0'], '--top-k: expected a positive integer but received "0"'],
  ['a format of none', ['--format', 'xml'], '--format: expected text or jsonl but received "xml"'],
  ['a field of lines', ['--field', 'x'], '--field: expected an input in jsonl but received lines'],
  ['no such model', ['--model', './none'], 'expected a directory, or a name such as org/model'],
  ['its own input as output', ['--output', 'INPUT'], '--output: expected another file than the input'],
])('%s is one sentence, exit code 1 and no output', async (_, more, message) => {
  const given = more.map((word) => (word === 'INPUT' ? input : word));
  const own = given.includes('--input') ? [] : ['--input', input];
  const models = given.includes('--model') ? [] : ['--model', MODEL];
  const output = given.includes('--output') ? [] : ['--output', join(folder, 'no.txt')];
  const { status, stdout, stderr } = await run(['search', ...models, ...own, ...output, ...given], 'alone\n');
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain(message);
  expect(stderr.trimEnd().split('\n').length).toBe(1);
  expect(existsSync(join(folder, 'no.txt'))).toBe(false);
  expect(readdirSync(folder).filter((name) => name.includes('no.txt'))).toEqual([]);
});
