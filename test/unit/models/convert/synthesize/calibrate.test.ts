/** Tables of logits from statistics of attention whose origin is known. */
import { describe, expect, it } from '@jest/globals';
import { AttentionStatistics } from '../../../../../lib/models/convert/synthesize/attention_statistics.js';
import { CALIBRATIONS, calibrate } from '../../../../../lib/models/convert/synthesize/calibrate.js';
import {
  divergence,
  type HeadMeasure,
  ranked,
  staticShare,
} from '../../../../../lib/models/convert/synthesize/rank.js';
import { uniform } from '../../../../support/random.js';

const POSITIONS = 16;

/** softmax(logits[:tokens, :tokens]), of a table that is `stride` wide. */
function attend(logits: ArrayLike<number>, stride: number, tokens: number): Float32Array {
  const out = new Float32Array(tokens * tokens);
  for (let i = 0; i < tokens; i++) {
    const row = Array.from({ length: tokens }, (_, j) => Math.exp(logits[i * stride + j]!));
    const sum = row.reduce((a, b) => a + b);
    row.forEach((e, j) => {
      out[i * tokens + j] = e / sum;
    });
  }
  return out;
}

/** Statistics of one head that attends by `weights(text, tokens)`. */
function observed(
  lengths: readonly number[],
  texts: number,
  weights: (text: number, tokens: number) => Float32Array,
): AttentionStatistics {
  const statistics = new AttentionStatistics({ heads: 1, length: Math.max(...lengths) });
  for (let t = 0; t < texts; t++) {
    const tokens = lengths[t % lengths.length]!;
    statistics.add(weights(t, tokens), tokens);
  }
  return statistics;
}

function largestGap(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
}

const LENGTHS = [3, 5, 8, 9, 12];
const truth = uniform(POSITIONS * POSITIONS, 7, -2, 2);

describe('a head that attends by position alone', () => {
  it.each(CALIBRATIONS)('is found again by %s where all texts have one length', (calibration) => {
    const statistics = observed([9], 2000, (_, tokens) => attend(truth, POSITIONS, tokens));
    const table = calibrate(statistics, 0, POSITIONS, calibration);
    const gap = largestGap(attend(table, POSITIONS, 9), attend(truth, POSITIONS, 9));
    // What positions lean on the average by distance: 4 texts of 2000.
    expect(gap).toBeLessThan(2e-3);
    expect(staticShare(statistics, 0)).toBeCloseTo(1, 5);
    expect(divergence(statistics, 0, table)).toBeLessThan(1e-4);
  });

  it('is found again by likelihood from texts of all lengths, each normalised over its own keys', () => {
    const statistics = observed(LENGTHS, 20000, (_, tokens) => attend(truth, POSITIONS, tokens));
    const gaps = CALIBRATIONS.map((calibration) => {
      const table = calibrate(statistics, 0, POSITIONS, calibration);
      return LENGTHS.map((n) => largestGap(attend(table, POSITIONS, n), attend(truth, POSITIONS, n)));
    });
    expect(Math.max(...gaps[0]!)).toBeLessThan(5e-3);
    // The means mix rows that were normalised over other numbers of keys.
    expect(Math.max(...gaps[1]!)).toBeGreaterThan(5e-3);
    const table = calibrate(statistics, 0, POSITIONS, 'likelihood');
    expect(divergence(statistics, 0, table)).toBeLessThan(1e-4);
  });

  it.each(CALIBRATIONS)('that knows distances alone is continued by %s where no text was', (calibration) => {
    const distance = Float32Array.from({ length: 400 }, (_, at) => {
      const [i, j] = [Math.floor(at / 20), at % 20];
      return -Math.abs(j - i - 1) / 2;
    });
    const statistics = observed([10], 500, (_, tokens) => attend(distance, 20, tokens));
    const table = calibrate(statistics, 0, 20, calibration);
    expect(table.every(Number.isFinite)).toBe(true);
    // Row 15 was never seen: its greatest logit is at the next token, as in all rows.
    const row = [...table.subarray(15 * 20, 16 * 20)];
    expect(row.indexOf(Math.max(...row))).toBe(16);
    expect(row[14]!).toBeGreaterThan(row[12]!);
  });
});

describe('a head that attends by what the text says', () => {
  const statistics = observed(LENGTHS, 1000, (text, tokens) =>
    attend(uniform(tokens * tokens, text, -3, 3), tokens, tokens),
  );

  it('is less static by either measure', () => {
    const table = calibrate(statistics, 0, POSITIONS, 'likelihood');
    expect(staticShare(statistics, 0)).toBeLessThan(0.7);
    expect(divergence(statistics, 0, table)).toBeGreaterThan(0.3);
  });

  it('has the divergence that its definition gives', () => {
    const table = calibrate(statistics, 0, POSITIONS, 'mean-attention');
    let [nats, queries] = [0, 0];
    for (let t = 0; t < 1000; t++) {
      const tokens = LENGTHS[t % LENGTHS.length]!;
      const p = attend(uniform(tokens * tokens, t, -3, 3), tokens, tokens);
      const q = attend(table, POSITIONS, tokens);
      nats += p.reduce((sum, x, i) => sum + x * Math.log(x / q[i]!), 0);
      queries += tokens;
    }
    expect(divergence(statistics, 0, table)).toBeCloseTo(nats / queries, 4);
  });

  it('has no table that is likelier than that of likelihood', () => {
    const nats = CALIBRATIONS.map((c) => divergence(statistics, 0, calibrate(statistics, 0, POSITIONS, c)));
    expect(nats[0]!).toBeLessThan(nats[1]!);
    expect(nats[0]!).toBeLessThan(nats[2]!);
  });
});

it('a weight that is 0 gives a finite table', () => {
  const statistics = observed([4], 20, (_, tokens) => {
    const weights = new Float32Array(tokens * tokens);
    for (let i = 0; i < tokens; i++) weights[i * tokens] = 1;
    return weights;
  });
  for (const calibration of CALIBRATIONS) {
    const table = calibrate(statistics, 0, 6, calibration);
    expect(table.every(Number.isFinite)).toBe(true);
    expect(attend(table, 6, 4)[4]!).toBeGreaterThan(0.99);
  }
});

it('heads are ranked by each measure', () => {
  const measures: HeadMeasure[] = [
    { layer: 0, head: 0, staticShare: 0.9, divergence: 0.3, effect: 0.2 },
    { layer: 0, head: 1, staticShare: 0.8, divergence: 0.1, effect: 0.3 },
    { layer: 1, head: 0, staticShare: 0.7, divergence: 0.2, effect: 0.1 },
  ];
  const order = (ranking: Parameters<typeof ranked>[1]) =>
    ranked(measures, ranking).map((m) => measures.indexOf(m));
  expect(order('variance')).toEqual([0, 1, 2]);
  expect(order('divergence')).toEqual([1, 2, 0]);
  expect(order('effect')).toEqual([2, 0, 1]);
});
