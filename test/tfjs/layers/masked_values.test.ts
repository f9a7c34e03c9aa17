/** What is masked does not count, whatever it holds: neither in results, which are those of zeros there, nor in gradients. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { type TrainableAttention, toInference } from '../../../lib/tfjs/layers/index.js';
import { tf } from '../../../lib/tfjs/tensorflow.js';
import { random } from '../../support/layers.js';
import { BACKENDS, built, FEATURES, FAMILY as LAYERS, relativeDifference, toTf } from './family.js';

/** Scores that are shared across heads are masked as those of each head. */
const FAMILY = LAYERS.filter(({ name }) => !name.includes('shared') && !name.endsWith('dot-product (sum)'));
const [BATCH, QUERIES, KEYS] = [2, 4, 5];
const ROUNDING = 64 * 2 ** -24;
const POISONS = [Number.NaN, Number.NEGATIVE_INFINITY, 3e38];

type Bytes = { data: Uint8Array; shape: number[] };

interface Case {
  name: string;
  masks: Record<string, Bytes>;
  causal?: boolean;
  window?: number;
  /** Which keys, and which queries, hold something else than numbers. */
  keys: (b: number, j: number) => boolean;
  queries?: (b: number, i: number) => boolean;
  sees: (b: number, i: number, j: number) => boolean;
}

const bytes = (shape: number[], at: (...index: number[]) => boolean): Bytes => {
  const data = new Uint8Array(shape.reduce((a, b) => a * b, 1));
  for (let k = 0; k < data.length; k++) {
    const index: number[] = [];
    let rest = k;
    for (const size of [...shape].reverse()) {
      index.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    data[k] = at(...index) ? 1 : 0;
  }
  return { data, shape };
};

const kept = (b: number, j: number) => (b + j) % 3 !== 1;
const column = (_b: number, _i: number, j: number) => j !== 2;
const pair = (b: number, i: number, j: number) => (b + i + j) % 3 !== 0;

const CASES: readonly Case[] = [
  {
    name: 'valueMask',
    masks: { valueMask: bytes([BATCH, KEYS], kept) },
    keys: (b, j) => !kept(b, j),
    sees: (b, _i, j) => kept(b, j),
  },
  {
    name: 'keyMask of a sequence without keys',
    masks: { keyMask: bytes([BATCH, KEYS], (b) => b === 0) },
    keys: (b) => b === 1,
    sees: (b) => b === 0,
  },
  {
    name: 'queryMask',
    masks: { queryMask: bytes([BATCH, QUERIES], kept) },
    keys: () => false,
    queries: (b, i) => !kept(b, i),
    sees: (b, i) => kept(b, i),
  },
  {
    name: 'attentionMask of whole keys',
    masks: { attentionMask: bytes([BATCH, QUERIES, KEYS], column) },
    keys: (_b, j) => j === 2,
    sees: column,
  },
  {
    name: 'attentionMask of pairs',
    masks: { attentionMask: bytes([BATCH, QUERIES, KEYS], pair) },
    keys: (_b, j) => j === 2,
    sees: pair,
  },
  { name: 'causal', masks: {}, causal: true, keys: (_b, j) => j >= 2, sees: (_b, i, j) => j <= i },
  {
    name: 'a window',
    masks: { valueMask: bytes([BATCH, KEYS], kept) },
    window: 2,
    keys: (_b, j) => j === 1 || j === 4,
    sees: (b, i, j) => kept(b, j) && Math.abs(i - j) < 2,
  },
];

/** `x` [batch, length, FEATURES] with `value` where `where` says so. */
function filled(x: Tensor, value: number, where: (b: number, at: number) => boolean = () => false): Tensor {
  const length = x.shape[1]!;
  const data = x.data.map((old, k) => {
    const row = Math.floor(k / FEATURES);
    return where(Math.floor(row / length), row % length) ? value : old;
  });
  return new Tensor(data, x.shape);
}

/** The rows of a case that must not notice anything, [batch * queries]. */
const untouched = ({ keys, sees }: Case): boolean[] =>
  Array.from({ length: BATCH * QUERIES }, (_, row) => {
    const [b, i] = [Math.floor(row / QUERIES), row % QUERIES];
    return Array.from({ length: KEYS }, (_, j) => j).every((j) => !keys(b, j) || !sees(b, i, j));
  });

const inputs = (kase: Case, poison: number): [Tensor, Tensor] => [
  filled(random(1, BATCH, QUERIES, FEATURES), poison, kase.queries),
  filled(random(2, BATCH, KEYS, FEATURES), poison, kase.keys),
];

function optionsOf({ masks, causal = false }: Case) {
  const tensors = Object.entries(masks).map(([name, m]) => [name, tf.tensor(m.data, m.shape, 'bool')]);
  return { ...Object.fromEntries(tensors), useCausalMask: causal };
}

const CALLS = [
  ['as it is', {}],
  ['with scores', { returnAttentionScores: true }],
  ['with dropout', { training: true }],
] as const;

/** Each kind of call with one of the poisons; three cases have all of both. */
const trialsOf = (kase: Case) =>
  CALLS.map(([how, own], i) => [how, own, POISONS[(i + CASES.indexOf(kase)) % POISONS.length]!] as const);

/** Outputs and scores by rows: scores of a row are those of all heads. */
function rowsOf(
  result: readonly { data: ArrayLike<number>; shape: readonly number[] }[],
  row: number,
): number[] {
  const [b, i] = [Math.floor(row / QUERIES), row % QUERIES];
  const [output, scores] = result;
  const width = output!.shape[2]!;
  const own = Array.from({ length: width }, (_, c) => output!.data[row * width + c]!);
  if (!scores) return own;
  const heads = scores.shape[1]!;
  for (let h = 0; h < heads; h++) {
    for (let j = 0; j < KEYS; j++) own.push(scores.data[((b * heads + h) * QUERIES + i) * KEYS + j]!);
  }
  return own;
}

function run(layer: TrainableAttention, kase: Case, poison: number, options: object) {
  layer.trainingCalls = 3;
  return tf.tidy(() => {
    const result = layer.apply(inputs(kase, poison).map(toTf), { ...optionsOf(kase), ...options });
    return [result as tf.Tensor | tf.Tensor[]].flat().map((y) => ({ data: y.dataSync(), shape: y.shape }));
  });
}

/** Gradients of a sum over the rows that must not notice anything, by inputs and weights. */
function gradients(layer: TrainableAttention, kase: Case, poison: number, options: object) {
  layer.trainingCalls = 3;
  const rows = tf.tensor(untouched(kase), [BATCH, QUERIES, 1], 'bool');
  const given = inputs(kase, poison).map((x) => tf.variable(toTf(x)));
  const weights = [...layer.namedVariables.values()].map((v) => v.read() as tf.Variable);
  return tf.tidy(() => {
    const factors = toTf(random(9, BATCH, QUERIES, FEATURES));
    const { grads } = tf.variableGrads(() => {
      const output = [layer.apply(given, { ...optionsOf(kase), ...options })].flat()[0] as tf.Tensor;
      return tf.sum(tf.mul(tf.where(rows, output, 0), factors)) as tf.Scalar;
    }, [...given, ...weights]);
    return [...given, ...weights].map(({ name }) => Float32Array.from(grads[name]?.dataSync() ?? []));
  });
}

afterEach(() => tf.disposeVariables());

describe.each(BACKENDS)('on %s', (backend) => {
  describe.each(CASES)('$name', (kase) => {
    const options = { ...(kase.window && { slidingWindow: kase.window }), dropout: 0.3, seed: 5 };
    const clean = untouched(kase);

    it.each(FAMILY)('$name gives rows the bits of zeros', async ({ make }) => {
      await tf.setBackend(backend);
      const layer = built(make(options));
      const wrong: unknown[] = [];
      for (const [how, own, poison] of trialsOf(kase)) {
        const zeros = run(layer, kase, 0, own);
        const actual = run(layer, kase, poison, own);
        for (const row of clean.keys()) {
          const [mine, expected] = [rowsOf(actual, row), rowsOf(zeros, row)];
          // A row that sees it must not look right.
          const right = clean[row]
            ? mine.every((x, k) => Object.is(x, expected[k]))
            : poison === 3e38 || !mine.every(Number.isFinite);
          if (!right) wrong.push([how, poison, row, mine, expected]);
        }
      }
      expect(wrong).toEqual([]);
    });

    it.each(FAMILY)("$name gives what the package's own layer gives", async ({ make }) => {
      await tf.setBackend(backend);
      const layer = built(make(options));
      const reference = toInference(layer);
      for (const poison of POISONS) {
        const [query, value] = inputs(kase, poison);
        const call = { ...kase.masks, value, useCausalMask: kase.causal ?? false };
        const expected = reference.call(query, { ...call, returnAttentionScores: true });
        const actual = run(layer, kase, poison, { returnAttentionScores: true });
        for (const row of clean.keys()) {
          const [mine, theirs] = [rowsOf(actual, row), rowsOf(expected, row)];
          if (clean[row]) expect(relativeDifference(mine, theirs)).toBeLessThan(ROUNDING);
          else if (poison !== 3e38) expect(theirs.every(Number.isFinite)).toBe(false);
        }
      }
    });

    it.each(FAMILY)('$name gives it no part in gradients', async ({ make }) => {
      await tf.setBackend(backend);
      const layer = built(make(options));
      const whole = clean.every(Boolean);
      const hidden = [kase.queries, kase.keys].map(
        (where, i) => filled(Tensor.zeros([BATCH, [QUERIES, KEYS][i]!, FEATURES]), 1, where).data,
      );
      const wrong: unknown[] = [];
      for (const [how, own, poison] of trialsOf(kase)) {
        const zeros = gradients(layer, kase, 0, own);
        for (const [part, gradient] of gradients(layer, kase, poison, own).entries()) {
          // Weights and keys get NaN where some query sees one; the queries that see none must not.
          if (!whole && part > 0) break;
          const different = gradient.findIndex((x, k) => {
            const expected = whole && hidden[part]?.[k] ? 0 : zeros[part]![k];
            return x !== expected && (whole || clean[Math.floor(k / FEATURES)] === true);
          });
          if (different >= 0) wrong.push([how, poison, part, different, gradient[different]]);
        }
      }
      expect(wrong).toEqual([]);
    });
  });
});
