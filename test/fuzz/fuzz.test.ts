/** The runner of `npm run fuzz` sees every kind of fault, counts it and writes a file that replays. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { packageRoot } from '../../lib/package_root.js';

interface Record {
  kind: string;
  index: number;
  input: { fault: string };
  error: string;
}

const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
function fuzz(...args: string[]): { status: number | null; output: string } {
  const script = join(packageRoot(), 'scripts/fuzz.mjs');
  const all = [script, '--hang-seconds', '1', '--findings', folder, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

let first: ReturnType<typeof fuzz>;
let records: Record[];

beforeAll(() => {
  first = fuzz('--target', 'broken', '--seed', '19', '--inputs', '20', '--isa', 'scalar');
  records = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The faults of the inputs whose findings are of this kind. */
const faults = (kind: string): string[] =>
  [...new Set(records.filter((record) => record.kind === kind).map(({ input }) => input.fault))].sort();

test('every kind of fault is found and blamed on the input that has it', () => {
  expect(first.status).toBe(1);
  expect(faults('crash')).toEqual(['crash']);
  expect(faults('hang')).toEqual(['hang']);
  expect(faults('wrong')).toEqual(['wrong']);
  expect(faults('untyped')).toEqual(['unhandled', 'untyped', 'warning']);
});

test('the summary counts inputs and faults, and a fault does not end the run', () => {
  const line = first.output.trim().split('\n').at(-1)!;
  const counts = /20 inputs \((\d+) refused\), crashes (\d+), hangs (\d+), untyped errors (\d+), wrong/.exec(
    line,
  )!;
  expect(
    counts
      .slice(1)
      .map(Number)
      .every((count) => count > 0),
  ).toBe(true);
});

test('a finding replays from its file', () => {
  const file = readdirSync(folder).find((name) => name.startsWith('broken-wrong'))!;
  const { status, output } = fuzz('--replay', join(folder, file));
  expect(status).toBe(1);
  expect(output).toMatch(/result 1 is wrong/);
  expect(output).toMatch(/1 inputs .* wrong results 1$/m);
});
