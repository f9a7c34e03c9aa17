/** Operations on rows: layer normalisation, GELU, embedding, pooling, L2 normalisation. */
import { types } from 'node:util';
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { EncodeOutput } from '../native/addon.js';
import {
  checkDimension,
  checkFiniteNumber,
  checkMinimumRank,
  checkRank,
  checkSameShape,
  sizeOf,
} from '../tensor/shape.js';
import { checkTensor, type Tensor, type TensorLike } from '../tensor/tensor.js';
import { type OutputOption, outputTensor } from './output.js';
import { type Abortable, runAsync, runSync, type Steps } from './run.js';

export interface LayerNormOptions extends OutputOption {
  /** [columns], default 1. */
  gamma?: TensorLike;
  /** [columns], default 0. */
  beta?: TensorLike;
  /** Added to the variance, default 1e-3 as in Keras (BERT uses 1e-12). */
  epsilon?: number;
}

function rowsOf(name: string, x: TensorLike) {
  const input = checkTensor(name, x);
  checkMinimumRank(name, input.shape, 1, '[..., columns]');
  return { ...input, columns: input.shape.at(-1)!, rows: sizeOf(input.shape.slice(0, -1)) };
}

function parameter(name: string, value: TensorLike | undefined, columns: number): Float32Array | null {
  if (value === undefined) return null;
  const tensor = checkTensor(name, value);
  checkSameShape(name, tensor.shape, [columns]);
  return tensor.data;
}

export function* layerNormSteps(x: TensorLike, options: LayerNormOptions = {}): Steps<Tensor> {
  const { data, shape, rows, columns } = rowsOf('x', x);
  const out = outputTensor(options.out, shape);
  const parameters = {
    gamma: parameter('gamma', options.gamma, columns),
    beta: parameter('beta', options.beta, columns),
    epsilon: checkFiniteNumber('epsilon', options.epsilon ?? 1e-3),
  };
  if (data.length === 0) return out;
  yield { name: 'layerNorm', options: { x: data, y: out.data, rows, columns, ...parameters } };
  return out;
}

/** (x - mean) / sqrt(variance + epsilon) * gamma + beta over the last axis; `out` may be x itself. */
export function layerNorm(x: TensorLike, options?: LayerNormOptions): Tensor {
  return runSync(layerNormSteps(x, options));
}

export async function layerNormAsync(
  x: TensorLike,
  options: LayerNormOptions & Abortable = {},
): Promise<Tensor> {
  return runAsync(layerNormSteps(x, options), options.signal);
}

export interface GeluOptions extends OutputOption {
  /** The tanh approximation instead of the exact form. */
  approximate?: boolean;
}

export function* geluSteps(x: TensorLike, options: GeluOptions = {}): Steps<Tensor> {
  const { data, shape } = checkTensor('x', x);
  const out = outputTensor(options.out, shape);
  yield {
    name: 'gelu',
    options: { x: data, y: out.data, size: data.length, tanh: options.approximate ?? false },
  };
  return out;
}

/** x * Phi(x), Phi the normal distribution function (Hendrycks and Gimpel, arXiv 1606.08415). */
export function gelu(x: TensorLike, options?: GeluOptions): Tensor {
  return runSync(geluSteps(x, options));
}

export async function geluAsync(x: TensorLike, options: GeluOptions & Abortable = {}): Promise<Tensor> {
  return runAsync(geluSteps(x, options), options.signal);
}

export interface EmbeddingTable {
  /** [rows, columns] */
  table: TensorLike;
  /** One row of the table for each position. */
  ids: Int32Array;
}

export function* embeddingSteps(
  tables: readonly EmbeddingTable[],
  options: OutputOption = {},
): Steps<Tensor> {
  if (!Array.isArray(tables) || tables.length < 1 || tables.length > 3) {
    throw new ArgumentError(expectation('tables', '1 to 3 of {table, ids}', describe(tables)));
  }
  const checked = tables.map(({ table, ids }, i) => {
    const tensor = checkTensor(`tables[${i}].table`, table);
    checkRank(`tables[${i}].table`, tensor.shape, 2, '[rows, columns]');
    if (!types.isInt32Array(ids)) {
      throw new ArgumentError(expectation(`tables[${i}].ids`, 'an Int32Array', describe(ids)));
    }
    const rows = tensor.shape[0]!;
    const bad = ids.findIndex((id) => id < 0 || id >= rows);
    if (bad >= 0) {
      throw new ArgumentError(
        expectation(`tables[${i}].ids[${bad}]`, `a row from 0 to ${rows - 1}`, String(ids[bad])),
      );
    }
    return { table: tensor.data, rows, columns: tensor.shape[1]!, ids };
  });
  const { columns, ids } = checked[0]!;
  for (const [i, entry] of checked.entries()) {
    checkDimension(`tables[${i}]`, 'columns', entry.columns, columns);
    checkDimension(`tables[${i}]`, 'ids', entry.ids.length, ids.length);
  }
  const out = outputTensor(options.out, [ids.length, columns]);
  if (out.data.length === 0) return out;
  yield { name: 'embedding', options: { rows: ids.length, columns, y: out.data, tables: checked } };
  return out;
}

/** The sum of one row of each table for every position: [positions, columns]. */
export function embedding(tables: readonly EmbeddingTable[], options?: OutputOption): Tensor {
  return runSync(embeddingSteps(tables, options));
}

export async function embeddingAsync(
  tables: readonly EmbeddingTable[],
  options: OutputOption & Abortable = {},
): Promise<Tensor> {
  return runAsync(embeddingSteps(tables, options), options.signal);
}

export type PoolMode = 'mean' | 'cls' | 'max';

export interface PoolOptions extends OutputOption {
  /** Default 'mean'; 'cls' takes the first row. */
  mode?: PoolMode;
}

export function* poolSteps(x: TensorLike, offsets: Int32Array, options: PoolOptions = {}): Steps<Tensor> {
  const input = checkTensor('x', x);
  checkRank('x', input.shape, 2, '[positions, columns]');
  const [positions, columns] = input.shape as [number, number];
  if (!types.isInt32Array(offsets) || offsets.length < 1) {
    throw new ArgumentError(
      expectation('offsets', 'an Int32Array of sequences + 1 offsets', describe(offsets)),
    );
  }
  const bad = offsets.findIndex((offset, i) => (i === 0 ? offset !== 0 : offset < offsets[i - 1]!));
  if (bad >= 0) {
    throw new ArgumentError(
      expectation(`offsets[${bad}]`, 'offsets that ascend from 0', String(offsets[bad])),
    );
  }
  if (offsets.at(-1)! > positions) {
    throw new ShapeError(expectation('offsets', `an end of at most ${positions}`, String(offsets.at(-1))));
  }
  const mode = options.mode ?? 'mean';
  if (mode !== 'mean' && mode !== 'cls' && mode !== 'max') {
    throw new ArgumentError(expectation('mode', 'one of mean, cls, max', describe(mode)));
  }
  const out = outputTensor(options.out, [offsets.length - 1, columns]);
  yield { name: 'pool', options: { x: input.data, y: out.data, offsets, columns, mode: EncodeOutput[mode] } };
  return out;
}

/**
 * One row for each packed sequence: sequence s is the rows [offsets[s], offsets[s + 1]) of x.
 * @param x [positions, columns]
 * @returns [sequences, columns]; zeros for an empty sequence
 */
export function pool(x: TensorLike, offsets: Int32Array, options?: PoolOptions): Tensor {
  return runSync(poolSteps(x, offsets, options));
}

export async function poolAsync(
  x: TensorLike,
  offsets: Int32Array,
  options: PoolOptions & Abortable = {},
): Promise<Tensor> {
  return runAsync(poolSteps(x, offsets, options), options.signal);
}

export interface NormalizeOptions extends OutputOption {
  /** Smallest norm divided by, default 1e-12 as in torch.nn.functional.normalize. */
  epsilon?: number;
}

export function* l2NormalizeSteps(x: TensorLike, options: NormalizeOptions = {}): Steps<Tensor> {
  const { data, shape, rows, columns } = rowsOf('x', x);
  const epsilon = checkFiniteNumber('epsilon', options.epsilon ?? 1e-12);
  if (!(Math.fround(epsilon) > 0))
    throw new ArgumentError(expectation('epsilon', 'a positive number', describe(epsilon)));
  const out = outputTensor(options.out, shape);
  if (data.length === 0) return out;
  yield { name: 'l2Normalize', options: { x: data, y: out.data, rows, columns, epsilon } };
  return out;
}

/** x / max(|x|, epsilon) over the last axis; `out` may be x itself. */
export function l2Normalize(x: TensorLike, options?: NormalizeOptions): Tensor {
  return runSync(l2NormalizeSteps(x, options));
}

export async function l2NormalizeAsync(
  x: TensorLike,
  options: NormalizeOptions & Abortable = {},
): Promise<Tensor> {
  return runAsync(l2NormalizeSteps(x, options), options.signal);
}
