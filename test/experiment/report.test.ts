/** What the report says of figures: here of made-up ones. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { runProgram } from './experiment.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-report-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const runsOf = (variant: string, accuracies: number[]) =>
  accuracies.map((accuracy, seed) => ({
    variant,
    seed,
    accuracy,
    bySource: { imdb: accuracy, tweets: 0.5 },
    parameters: { total: 1234, trained: 1200 },
  }));
const speedOf = (variant: string, rate: number) => ({
  variant,
  training: { median: rate / 4 },
  model: { median: rate },
  attention: { median: 2 * rate },
});

async function report(runs: object[], speed: object[]) {
  const [results, document] = [join(folder, 'results.json'), join(folder, 'report.md')];
  const machine = { cpu: 'a CPU', isa: 'avx2', threads: 2, node: 'v20.0.0', date: '2026-01-01' };
  const data = { train: 70, validation: 10, test: 20 };
  writeFileSync(results, JSON.stringify({ machine, settings: { steps: 5 }, data, runs, speed }));
  writeFileSync(document, '<!-- results -->\n<!-- end of results -->\n');
  const finished = await runProgram('experiment_report.mjs', ['--results', results, '--document', document]);
  return { ...finished, text: readFileSync(document, 'utf8') };
}

it('compares every variant with V', async () => {
  const runs = [
    ...runsOf('V', [0.8, 0.82, 0.81]),
    ...runsOf('R', [0.79, 0.815, 0.8]),
    ...runsOf('D', [0.7, 0.72, 0.71]),
    ...runsOf('Fix', [0.7, 0.72, 0.71]),
    ...runsOf('D+V', [0.83, 0.84, 0.85]),
  ];
  const speed = [speedOf('V', 1000), speedOf('R', 2500), speedOf('D', 900), speedOf('D+V', 500)];
  const { text } = await report(runs, [...speed, speedOf('Fix', 2500)]);
  expect(text).toContain('3 seeds of 5 steps each; 70 reviews to train, 10 to validate, 20 to test.');
  expect(text).toContain('| V | dot-product, the baseline | 81.00 ± 1.00 | 80.00 to 82.00 | 81.00 | 50.00 |');
  expect(text).toContain(
    // sqrt(0.84 * 0.16 / 20)
    'The means lie within 13.00 points, from Fix to D+V. The standard error of one such accuracy, by the choice of the 20 reviews alone, is 8.20 points.',
  );
  expect(text).toContain('R: −0.83 points (seeds overlap with those of V), 2.50 times the speed');
  expect(text).toContain('D: −10.00 points (every seed below every seed of V), 0.90 times the speed.');
  expect(text).toContain(
    'Within 1 point of V or better: R of 2. Better in every seed than V in any: none of them.',
  );
  expect(text).toContain('D+V: +3.00 points (every seed above every seed of V), 0.50 times the speed.');
  expect(text).toContain('Within 1 point of V or better: yes. Better in every seed than V in any: yes.');
  expect(text).toContain('Within 1 point of V or better: no. Better in every seed than V in any: no.');
  expect(text).toContain('Faster than V as a whole classifier: R, Fix of 4.');
  const svg = readFileSync(join(folder, 'report.svg'), 'utf8');
  expect(svg.match(/<circle/g)).toHaveLength(5);
  expect(svg).not.toContain('NaN');
});

it('says what is missing', async () => {
  const { text } = await report(runsOf('R', [0.8]), []);
  expect(text).toContain('1 seed of 5 steps each');
  expect(text).toContain('No run of V: nothing to compare with.');
  expect(text).not.toContain('.svg');
  expect(text).not.toContain('standard error');
});

it('refuses what are no results', async () => {
  const { status, stderr } = await report([], []);
  expect(status).toBe(2);
  expect(stderr).toContain('experiment: expected results with runs but received');
});
