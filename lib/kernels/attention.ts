/** Attention over a mixture of score functions, and its common special cases. */
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { ScoreKind } from '../native/codes.js';
import type { ScoreSourceOptions, Strides } from '../native/operations.js';
import { checkOptions, optionNames } from '../options.js';
import {
  checkBoolean,
  checkDimension,
  checkFiniteNumber,
  checkMinimumRank,
  checkSameShape,
  sizeOf,
} from '../tensor/shape.js';
import {
  checkMask,
  checkTensor,
  type Mask,
  type MaskLike,
  type Tensor,
  type TensorLike,
} from '../tensor/tensor.js';
import { expandMask, maskStrides } from './masks.js';
import { resultTensor } from './output.js';
import { PackedMatrix } from './packed_matrix.js';
import { PreparedScores, preparedArrays } from './prepared_scores.js';
import { type Abortable, runAsync, runSync, type Steps } from './run.js';

/** An operand [batch, heads, rows, columns] by strides. */
export interface HeadView {
  data: Float32Array;
  strides: Strides;
}

export type ScoreSource = ScoreSourceOptions;

export interface MixtureAttentionProblem {
  batch: number;
  heads: number;
  queries: number;
  keys: number;
  valueColumns: number;
  sources: readonly ScoreSource[];
  value: HeadView;
  out: HeadView;
  /** Broadcasts to [batch, heads, queries, keys]. */
  mask: Mask | null;
  causal: boolean;
  /** Of the first query, default 0. */
  position?: number;
  /** w: query i attends keys with |i - j| < w; default null, all of them. */
  slidingWindow?: number | null;
  /** Heads that share a head of keys and values, default 1. */
  kvGroup?: number;
  /** [batch, heads, queries, keys], filled when given. */
  weights: Float32Array | null;
}

/** The general form that layers use. */
export function* mixtureAttentionSteps(p: MixtureAttentionProblem): Steps<void> {
  const { position = 0, slidingWindow = null, kvGroup = 1 } = p;
  const far = slidingWindow === null ? -1 : slidingWindow - 1;
  const mask = p.mask && maskStrides('mask', p.mask, [p.batch, p.heads, p.queries, p.keys]);
  // Without results there is nothing to do, however long the other axes are said to be.
  if (p.batch * p.heads * p.queries === 0 || (p.valueColumns === 0 && p.weights === null)) return;
  yield {
    name: 'attention',
    options: {
      batch: p.batch,
      heads: p.heads,
      queries: p.queries,
      keys: p.keys,
      valueColumns: p.valueColumns,
      sources: p.sources,
      value: p.value.data,
      valueStrides: p.value.strides,
      out: p.out.data,
      outStrides: p.out.strides,
      mask: mask?.data ?? null,
      maskStrides: mask?.strides ?? [0, 0, 0],
      kvGroup,
      position,
      before: far,
      after: p.causal ? 0 : far,
      weights: p.weights,
    },
  };
}

export interface AttentionOptions {
  /** Broadcasts to [..., queries, keys]; not 0 = attend. Rows without any give zeros. */
  mask?: MaskLike;
  /** Query i attends keys <= i (top-left aligned). */
  causal?: boolean;
}

export interface DotProductOptions extends AttentionOptions {
  /** Factor on the logits, default 1 / sqrt(columns of query). */
  scale?: number;
  /** Key and value may have a head for each group of heads of the query (grouped-query attention), default false. */
  enableGqa?: boolean;
}

const COMMON = ['mask', 'causal', 'signal'] as const;
const DOT_PRODUCT = optionNames<keyof (DotProductOptions & Abortable)>()(...COMMON, 'scale', 'enableGqa');
const RANDOM = optionNames<keyof (RandomAttentionOptions & Abortable)>()(...COMMON, 'queries');
const DENSE = optionNames<keyof (DenseAttentionOptions & Abortable)>()(...COMMON, 'bias');

export interface AttentionResult {
  /** [..., queries, value columns] */
  output: Tensor;
  /** The softmax, [..., queries, keys]. */
  weights: Tensor;
}

interface Heads {
  data: Float32Array;
  leading: readonly number[];
  batch: number;
  heads: number;
  rows: number;
  columns: number;
  view: HeadView;
}

function headsOf(name: string, value: TensorLike): Heads {
  const { data, shape } = checkTensor(name, value);
  checkMinimumRank(name, shape, 2, '[..., rows, columns]');
  const leading = shape.slice(0, -2);
  const [rows, columns] = shape.slice(-2) as [number, number];
  const heads = leading.at(-1) ?? 1;
  const strides: Strides = [heads * rows * columns, rows * columns, columns];
  return {
    data,
    leading,
    batch: sizeOf(leading.slice(0, -1)),
    heads,
    rows,
    columns,
    view: { data, strides },
  };
}

function maskOf(
  options: AttentionOptions,
  leading: readonly number[],
  queries: number,
  keys: number,
): Mask | null {
  if (options.mask === undefined) return null;
  const mask = checkMask('mask', options.mask);
  const target = [...leading, queries, keys];
  // Up to [batch, heads, queries, keys] the kernel broadcasts by itself; more leading axes are written out.
  if (leading.length <= 2 && mask.shape.length <= target.length) return mask;
  const full = expandMask('mask', mask, target);
  return { data: full.data, shape: [sizeOf(leading.slice(0, -1)), leading.at(-1) ?? 1, queries, keys] };
}

/** @param leading axes of the query, whose heads may be a multiple of the value's */
function* valueAttention(
  value: Heads,
  leading: readonly number[],
  queries: number,
  sources: readonly ScoreSource[],
  options: AttentionOptions,
  wantWeights: boolean,
): Steps<AttentionResult> {
  const { batch, rows: keys, columns } = value;
  const heads = leading.at(-1) ?? 1;
  const output = resultTensor([...leading, queries, columns]);
  const weights = resultTensor(wantWeights ? [...leading, queries, keys] : [0]);
  const mask = maskOf(options, leading, queries, keys);
  const causal = checkBoolean('causal', options.causal ?? false);
  if (output.size === 0 && weights.size === 0) return { output, weights };
  yield* mixtureAttentionSteps({
    batch,
    heads,
    kvGroup: heads === 0 ? 1 : heads / value.heads,
    queries,
    keys,
    valueColumns: columns,
    sources,
    value: value.view,
    out: { data: output.data, strides: [heads * queries * columns, queries * columns, columns] },
    mask,
    causal,
    weights: wantWeights ? weights.data : null,
  });
  return { output, weights };
}

/** The query's leading axes with as many heads as the key has, where they divide the query's. */
function grouped(leading: readonly number[], { heads, leading: { length } }: Heads): readonly number[] {
  const own = leading.at(-1) ?? 1;
  return length === leading.length && length > 0 && heads > 0 && own % heads === 0
    ? [...leading.slice(0, -1), heads]
    : leading;
}

function* dotProductSteps(
  query: TensorLike,
  key: TensorLike,
  value: TensorLike,
  options: DotProductOptions,
  wantWeights: boolean,
): Steps<AttentionResult> {
  checkOptions('attention', DOT_PRODUCT, options);
  const q = headsOf('query', query);
  const k = headsOf('key', key);
  const v = headsOf('value', value);
  checkSameShape(
    'key: leading axes',
    k.leading,
    checkBoolean('enableGqa', options.enableGqa ?? false) ? grouped(q.leading, k) : q.leading,
  );
  checkSameShape('value: leading axes', v.leading, k.leading);
  checkDimension('key', 'columns (as query)', k.columns, q.columns);
  checkDimension('value', 'rows (as key)', v.rows, k.rows);
  const source: ScoreSource = {
    kind: ScoreKind.product,
    weight: checkFiniteNumber('scale', options.scale ?? 1 / Math.sqrt(Math.max(1, q.columns))),
    left: q.data,
    leftStrides: q.view.strides,
    depth: q.columns,
    right: k.data,
    rightStrides: k.view.strides,
  };
  return yield* valueAttention(v, q.leading, q.rows, [source], options, wantWeights);
}

/**
 * Scaled dot-product attention, softmax(scale query key^T) value.
 * @param query [..., queries, columns]
 * @param key [..., keys, columns]
 * @param value [..., keys, value columns]; the leading axes (up to batch and heads, or more) are equal,
 *   but for the heads of key and value with enableGqa
 * @returns [..., queries, value columns]
 */
export function attention(
  query: TensorLike,
  key: TensorLike,
  value: TensorLike,
  options: DotProductOptions = {},
): Tensor {
  return runSync(dotProductSteps(query, key, value, options, false)).output;
}

/** `attention` on the pool, of the operands as they are now. */
export async function attentionAsync(
  query: TensorLike,
  key: TensorLike,
  value: TensorLike,
  options: DotProductOptions & Abortable = {},
): Promise<Tensor> {
  return (await runAsync(dotProductSteps(query, key, value, options, false), options?.signal)).output;
}

/** `attention` together with its softmax. */
export function attentionWithWeights(
  query: TensorLike,
  key: TensorLike,
  value: TensorLike,
  options: DotProductOptions = {},
): AttentionResult {
  return runSync(dotProductSteps(query, key, value, options, true));
}

export interface RandomAttentionOptions extends AttentionOptions {
  /** Query positions, default as many as keys. */
  queries?: number;
}

/** Score source of prepared random scores for these lengths. @param position of the first query */
export function preparedSource(
  scores: PreparedScores,
  queries: number,
  keys: number,
  position = 0,
): ScoreSource {
  for (const [axis, length] of [
    ['queries', queries],
    ['keys', keys],
  ] as const) {
    if (length > scores.maxLength) {
      throw new ShapeError(
        expectation(axis, `at most ${scores.maxLength} (the prepared length)`, String(length)),
      );
    }
  }
  const n = scores.maxLength;
  const { exponentials, sums, logits } = preparedArrays(scores);
  const from = (rows: Float32Array) => rows.subarray(position * n);
  return {
    kind: ScoreKind.prepared,
    weight: 1,
    left: from(exponentials),
    leftStrides: [0, n * n, n],
    sums: from(sums),
    logits: from(logits),
  };
}

function* randomAttentionSteps(
  scores: PreparedScores,
  value: TensorLike,
  options: RandomAttentionOptions = {},
): Steps<Tensor> {
  checkOptions('randomAttention', RANDOM, options);
  if (!(scores instanceof PreparedScores)) {
    throw new ArgumentError(expectation('scores', 'PreparedScores', describe(scores)));
  }
  const v = headsOf('value', value);
  checkDimension('value', 'heads (as scores)', v.heads, scores.heads);
  const queries = options.queries ?? v.rows;
  if (!Number.isSafeInteger(queries) || queries < 0) {
    throw new ArgumentError(expectation('queries', 'a non-negative integer', describe(queries)));
  }
  const source = preparedSource(scores, queries, v.rows);
  return (yield* valueAttention(v, v.leading, queries, [source], options, false)).output;
}

/**
 * Synthetic attention with input-independent scores, softmax(R_h[:queries, :keys]) value ("random" in Tay et al.,
 * arXiv 2005.00743): one matrix product a head, no exponential.
 * @param scores prepared once from R [heads, N, N]
 * @param value [..., heads, keys, value columns], keys <= N
 */
export function randomAttention(
  scores: PreparedScores,
  value: TensorLike,
  options?: RandomAttentionOptions,
): Tensor {
  return runSync(randomAttentionSteps(scores, value, options));
}

/** `randomAttention` on the pool, of the operands as they are now. */
export async function randomAttentionAsync(
  scores: PreparedScores,
  value: TensorLike,
  options: RandomAttentionOptions & Abortable = {},
): Promise<Tensor> {
  return runAsync(randomAttentionSteps(scores, value, options), options?.signal);
}

export interface DenseAttentionOptions extends AttentionOptions {
  /** [heads, N], or [N] for all heads. */
  bias?: TensorLike;
}

/** Score source of dense scores: hidden [batch, heads, queries, depth] times packed [depth, N]. */
export function denseSource(
  hidden: HeadView,
  panels: PackedMatrix,
  heads: number,
  bias: TensorLike | undefined,
): ScoreSource {
  if (panels.count !== 1 && panels.count !== heads) {
    throw new ShapeError(expectation('kernel', `1 or ${heads} packed matrices`, String(panels.count)));
  }
  const source: ScoreSource = {
    kind: ScoreKind.panels,
    weight: 1,
    left: hidden.data,
    leftStrides: hidden.strides,
    depth: panels.k,
    panels: panels.handle,
  };
  if (bias !== undefined) {
    const { data, shape } = checkTensor('bias', bias);
    checkSameShape('bias', shape, shape.length === 1 ? [panels.n] : [heads, panels.n]);
    source.bias = data;
    source.biasHeadStride = shape.length === 1 ? 0 : panels.n;
  }
  return source;
}

function* denseAttentionSteps(
  hidden: TensorLike,
  kernel: PackedMatrix,
  value: TensorLike,
  options: DenseAttentionOptions = {},
): Steps<Tensor> {
  checkOptions('denseAttention', DENSE, options);
  const h = headsOf('hidden', hidden);
  if (!(kernel instanceof PackedMatrix)) {
    throw new ArgumentError(expectation('kernel', 'a PackedMatrix', describe(kernel)));
  }
  const v = headsOf('value', value);
  checkSameShape('value: leading axes', v.leading, h.leading);
  checkDimension('kernel', 'rows (as columns of hidden)', kernel.k, h.columns);
  if (v.rows > kernel.n) {
    throw new ShapeError(expectation('keys', `at most ${kernel.n} (columns of kernel)`, String(v.rows)));
  }
  const source = denseSource(h.view, kernel, h.heads, options.bias);
  return (yield* valueAttention(v, h.leading, h.rows, [source], options, false)).output;
}

/**
 * Synthetic attention with dense scores, softmax((hidden W2_h + b2_h)[:, :keys]) value ("dense" in Tay et al.,
 * arXiv 2005.00743). `hidden` is ReLU(x W1_h + b1_h), made by `matmul` with activation 'relu'.
 * @param hidden [..., heads, queries, depth]
 * @param kernel W2 packed: [heads, depth, N], or [depth, N] for all heads
 * @param value [..., heads, keys, value columns], keys <= N
 */
export function denseAttention(
  hidden: TensorLike,
  kernel: PackedMatrix,
  value: TensorLike,
  options?: DenseAttentionOptions,
): Tensor {
  return runSync(denseAttentionSteps(hidden, kernel, value, options));
}

/** `denseAttention` on the pool, of the operands as they are now. */
export async function denseAttentionAsync(
  hidden: TensorLike,
  kernel: PackedMatrix,
  value: TensorLike,
  options: DenseAttentionOptions & Abortable = {},
): Promise<Tensor> {
  return runAsync(denseAttentionSteps(hidden, kernel, value, options), options?.signal);
}
