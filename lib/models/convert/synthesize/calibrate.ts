/**
 * Logits by position that stand in for a head's own.
 *
 * A text of length L reads the first L rows and columns R of a table [positions, positions] and attends by
 * softmax(R[i, :L]). Three ways to such a table, from what the head gave for many texts:
 *
 * - 'likelihood': the table under which the head's weights are likeliest, which has the least Kullback-Leibler divergence
 *   from them. Found by iterative scaling: R += log(observed / expected), with the lengths that the texts have. The
 *   expected weights take into account that a row is normalised over another number of keys in every text.
 * - 'mean-attention': log of the mean weight.
 * - 'mean-logits': mean of the log weights.
 *
 * Positions that few or no texts have lean on an average by distance (key - query), where the first token, as query and
 * as key, has averages of its own.
 */
import type { AttentionStatistics } from './attention_statistics.js';

export type Calibration = 'likelihood' | 'mean-attention' | 'mean-logits';

export const CALIBRATIONS: readonly Calibration[] = ['likelihood', 'mean-attention', 'mean-logits'];

/** Texts that the average by distance counts as. */
const PRIOR = 4;
/** Positions that fewer texts reach do not count for it. */
const LEAST_TEXTS = 8;
const DISTANCE_STEPS = 20;
const TABLE_STEPS = 40;
/** A logit this far below its row's greatest is as good as any lower one. */
const DEPTH = 16;

/** Cells of a table that share a number in the average by distance. */
class Distances {
  constructor(private readonly positions: number) {}

  get count(): number {
    return 3 * this.positions;
  }

  /** 0: the first token as key; 1 to N - 1: keys of the first token; then distances from -(N - 1). */
  of(i: number, j: number): number {
    if (i === 0) return j === 0 ? 1 : j + 1;
    return j === 0 ? 0 : 2 * this.positions + (j - i);
  }
}

/** One value a class of distance: `value` of what `sum` and `weight` add up to; classes without data take the nearest. */
function byDistance(
  positions: number,
  seen: number,
  sum: (i: number, j: number) => number,
  weight: (i: number, j: number) => number,
  value: (sum: number, weight: number) => number,
): Float64Array {
  const classes = new Distances(positions);
  const [sums, weights] = [new Float64Array(classes.count), new Float64Array(classes.count)];
  for (let i = 0; i < seen; i++) {
    for (let j = 0; j < seen; j++) {
      const c = classes.of(i, j);
      sums[c]! += sum(i, j);
      weights[c]! += weight(i, j);
    }
  }
  const out = sums.map((s, c) => (weights[c]! > 0 ? value(s, weights[c]!) : Number.NaN));
  const fill = (from: number, step: number, to: number) => {
    for (let c = from; c !== to; c += step) if (Number.isNaN(out[c]!)) out[c] = out[c - step]!;
  };
  const middle = 2 * positions;
  if (Number.isNaN(out[0]!)) out[0] = 0;
  if (Number.isNaN(out[1]!)) out[1] = 0;
  if (Number.isNaN(out[middle]!)) out[middle] = 0;
  fill(2, 1, positions + 1);
  fill(middle + 1, 1, classes.count);
  fill(middle - 1, -1, positions);
  return out;
}

/** Positions that enough texts reach for averages. */
function wellSeen(statistics: AttentionStatistics): number {
  const found = statistics.reaching().findIndex((texts) => texts < LEAST_TEXTS);
  return found < 2 ? statistics.length : found;
}

/** The weights that texts of these lengths expect under a table, summed by cell, for one row. */
function expectedRow(
  logits: Float64Array,
  row: number,
  i: number,
  { length, texts }: AttentionStatistics,
  exponentials: Float64Array,
  out: Float64Array,
): void {
  let top = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < length; j++) top = Math.max(top, logits[row + j]!);
  let sum = 0;
  for (let j = 0; j < length; j++) {
    sum += exponentials[j] = Math.exp(logits[row + j]! - top);
    // Texts of length j + 1 are normalised by the sum so far.
    out[j] = j >= i ? texts[j + 1]! / sum : 0;
  }
  let shares = 0;
  for (let j = length - 1; j >= 0; j--) {
    shares += out[j]!;
    out[j] = exponentials[j]! * shares;
  }
}

interface Fit {
  statistics: AttentionStatistics;
  head: number;
  positions: number;
}

/** Average by distance of the table under which the head's weights are likeliest. */
function likelyDistances({ statistics, head, positions }: Fit): Float64Array {
  const { length, sums } = statistics;
  const classes = new Distances(positions);
  const base = head * length * length;
  const seen = wellSeen(statistics);
  const logits = new Float64Array(classes.count);
  const [row, exponentials, expected] = [0, 1, 2].map(() => new Float64Array(length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let step = 0; step < DISTANCE_STEPS; step++) {
    const table = new Float64Array(length * length);
    for (let i = 0; i < length; i++) {
      for (let j = 0; j < length; j++) row[j] = logits[classes.of(i, j)]!;
      expectedRow(row, 0, i, statistics, exponentials, expected);
      table.set(expected, i * length);
    }
    const change = byDistance(
      positions,
      seen,
      (i, j) => sums[base + i * length + j]!,
      (i, j) => table[i * length + j]!,
      (observed, share) => Math.log(Math.max(observed, 1e-9) / share),
    );
    for (let c = 0; c < logits.length; c++) logits[c]! += change[c]!;
  }
  return logits;
}

function likelyTable(fit: Fit): Float64Array {
  const { statistics, head, positions } = fit;
  const { length, sums } = statistics;
  const out = fromDistances(positions, likelyDistances(fit));
  const reaching = statistics.reaching();
  const [exponentials, expected, prior] = [0, 1, 2].map(() => new Float64Array(length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let i = 0; i < length; i++) {
    const row = i * positions;
    expectedRow(out, row, i, statistics, exponentials, expected);
    for (let j = 0; j < length; j++) prior[j] = (PRIOR * expected[j]!) / reaching[Math.max(i, j)]!;
    const observed = sums.subarray((head * length + i) * length, (head * length + i + 1) * length);
    for (let step = 0; step < TABLE_STEPS; step++) {
      if (step > 0) expectedRow(out, row, i, statistics, exponentials, expected);
      for (let j = 0; j < length; j++) {
        out[row + j]! += Math.log((observed[j]! + prior[j]! + 1e-9) / (expected[j]! + prior[j]! + 1e-9));
      }
    }
  }
  return out;
}

/** The table that knows distances alone. */
function fromDistances(positions: number, logits: Float64Array): Float64Array {
  const classes = new Distances(positions);
  const out = new Float64Array(positions * positions);
  for (let i = 0, at = 0; i < positions; i++) {
    for (let j = 0; j < positions; j++) out[at++] = logits[classes.of(i, j)]!;
  }
  return out;
}

function meanTable({ statistics, head, positions }: Fit, logits: boolean): Float64Array {
  const { length } = statistics;
  const from = logits ? statistics.logs : statistics.sums;
  const value = (sum: number, texts: number) =>
    logits ? sum / texts : Math.log(Math.max(sum / texts, 1e-9));
  const reaching = statistics.reaching();
  const sum = (i: number, j: number) => from[(head * length + i) * length + j]!;
  const weight = (i: number, j: number) => reaching[Math.max(i, j)]!;
  const out = fromDistances(positions, byDistance(positions, wellSeen(statistics), sum, weight, value));
  for (let i = 0; i < length; i++) {
    for (let j = 0; j < length; j++) {
      const texts = weight(i, j);
      const own = texts * value(sum(i, j), texts) + PRIOR * out[i * positions + j]!;
      out[i * positions + j] = own / (texts + PRIOR);
    }
  }
  return out;
}

/** Rows between -DEPTH / 2 and DEPTH / 2: what a softmax sees is the same, and 8 bits have the finest steps. */
function settle(table: Float64Array, positions: number): Float32Array {
  const out = new Float32Array(table.length);
  for (let row = 0; row < table.length; row += positions) {
    const logits = table.subarray(row, row + positions);
    const top = logits.reduce((a, b) => Math.max(a, b));
    const least = Math.max(
      top - DEPTH,
      logits.reduce((a, b) => Math.min(a, b)),
    );
    const middle = (top + least) / 2;
    for (let j = 0; j < positions; j++) out[row + j] = Math.max(logits[j]!, least) - middle;
  }
  return out;
}

/** Logits [positions, positions] for one head; `positions` is at least the length of the longest text. */
export function calibrate(
  statistics: AttentionStatistics,
  head: number,
  positions: number,
  calibration: Calibration,
): Float32Array {
  const fit = { statistics, head, positions };
  const table =
    calibration === 'likelihood' ? likelyTable(fit) : meanTable(fit, calibration === 'mean-logits');
  return settle(table, positions);
}
