/** Operations on rows: layer normalisation, GELU, embedding, pooling, L2 normalisation. */
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { EncodeOutput } from '../native/program.js';
import { checkOptions, optionNames } from '../options.js';
import {
  checkBoolean,
  checkDimension,
  checkFiniteNumber,
  checkMinimumRank,
  checkRank,
  checkSameShape,
  sizeOf,
} from '../tensor/shape.js';
import { checkTensor, type Tensor, type TensorLike } from '../tensor/tensor.js';
import { checkIntegers } from '../tensor/typed_array.js';
import { checkApart, checkApartOrSame, type OutputOption, outputTensor } from './output.js';
import { type Abortable, runAsync, runSync, type Steps } from './run.js';

export interface LayerNormOptions extends OutputOption {
  /** [columns], default 1. */
  gamma?: TensorLike;
  /** [columns], default 0. */
  beta?: TensorLike;
  /** Added to the variance, default 1e-3 as in Keras (BERT uses 1e-12). */
  epsilon?: number;
}

const LAYER_NORM = optionNames<keyof (LayerNormOptions & Abortable)>()(
  'gamma',
  'beta',
  'epsilon',
  'out',
  'signal',
);
const GELU = optionNames<keyof (GeluOptions & Abortable)>()('approximate', 'out', 'signal');
const OUTPUT = optionNames<keyof (OutputOption & Abortable)>()('out', 'signal');
const TABLE = optionNames<keyof EmbeddingTable>()('table', 'ids');
const POOL = optionNames<keyof (PoolOptions & Abortable)>()('mode', 'out', 'signal');
const NORMALIZE = optionNames<keyof (NormalizeOptions & Abortable)>()('epsilon', 'out', 'signal');

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
  checkOptions('layerNorm', LAYER_NORM, options);
  const { data, shape, rows, columns } = rowsOf('x', x);
  const epsilon = checkFiniteNumber('epsilon', options.epsilon ?? 1e-3);
  if (epsilon < 0) throw new ArgumentError(expectation('epsilon', 'a number from 0 on', describe(epsilon)));
  const gamma = parameter('gamma', options.gamma, columns);
  const beta = parameter('beta', options.beta, columns);
  const out = outputTensor(options.out, shape);
  checkApartOrSame(out.data, 'x', data);
  checkApart(out.data, { gamma, beta });
  if (sizeOf(shape) === 0) return out;
  yield {
    name: 'layerNorm',
    options: {
      x: data,
      y: out.data,
      rows,
      columns,
      gamma,
      beta,
      epsilon,
    },
  };
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
  return runAsync(layerNormSteps(x, options), options?.signal);
}

export interface GeluOptions extends OutputOption {
  /** The tanh approximation instead of the exact form. */
  approximate?: boolean;
}

function* geluSteps(x: TensorLike, options: GeluOptions = {}): Steps<Tensor> {
  checkOptions('gelu', GELU, options);
  const { data, shape } = checkTensor('x', x);
  const tanh = checkBoolean('approximate', options.approximate ?? false);
  const out = outputTensor(options.out, shape);
  checkApartOrSame(out.data, 'x', data);
  yield {
    name: 'gelu',
    options: { x: data, y: out.data, size: sizeOf(shape), tanh },
  };
  return out;
}

/** x * Phi(x), Phi the normal distribution function (Hendrycks and Gimpel, arXiv 1606.08415). */
export function gelu(x: TensorLike, options?: GeluOptions): Tensor {
  return runSync(geluSteps(x, options));
}

export async function geluAsync(x: TensorLike, options: GeluOptions & Abortable = {}): Promise<Tensor> {
  return runAsync(geluSteps(x, options), options?.signal);
}

export interface EmbeddingTable {
  /** [rows, columns] */
  table: TensorLike;
  /** One row of the table for each position. */
  ids: Int32Array;
}

function* embeddingSteps(tables: readonly EmbeddingTable[], options: OutputOption = {}): Steps<Tensor> {
  checkOptions('embedding', OUTPUT, options);
  if (!Array.isArray(tables) || tables.length < 1 || tables.length > 3) {
    throw new ArgumentError(expectation('tables', '1 to 3 of {table, ids}', describe(tables)));
  }
  const checked = tables.map((entry: EmbeddingTable, i) => {
    checkOptions(`tables[${i}]`, TABLE, entry ?? null);
    const { table } = entry;
    const tensor = checkTensor(`tables[${i}].table`, table);
    checkRank(`tables[${i}].table`, tensor.shape, 2, '[rows, columns]');
    const ids = checkIntegers(`tables[${i}].ids`, entry.ids);
    const rows = tensor.shape[0]!;
    const bad = ids.findIndex((id) => id < 0 || id >= rows);
    if (bad >= 0) {
      throw new ArgumentError(
        expectation(`tables[${i}].ids[${bad}]`, `a row from 0 to ${rows - 1}`, String(ids[bad])),
      );
    }
    return { table: tensor.data, rows, columns: tensor.shape[1]!, ids, count: ids.length };
  });
  const { columns, count } = checked[0]!;
  for (const [i, entry] of checked.entries()) {
    checkDimension(`tables[${i}]`, 'columns', entry.columns, columns);
    checkDimension(`tables[${i}]`, 'ids', entry.count, count);
  }
  const out = outputTensor(options.out, [count, columns]);
  for (const [i, entry] of checked.entries()) {
    checkApart(out.data, { [`tables[${i}].table`]: entry.table, [`tables[${i}].ids`]: entry.ids });
  }
  if (sizeOf(out.shape) === 0) return out;
  yield { name: 'embedding', options: { rows: count, columns, y: out.data, tables: checked } };
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
  return runAsync(embeddingSteps(tables, options), options?.signal);
}

export type PoolMode = 'mean' | 'cls' | 'max';

export interface PoolOptions extends OutputOption {
  /** Default 'mean'; 'cls' takes the first row. */
  mode?: PoolMode;
}

function* poolSteps(x: TensorLike, givenOffsets: Int32Array, options: PoolOptions = {}): Steps<Tensor> {
  checkOptions('pool', POOL, options);
  const input = checkTensor('x', x);
  checkRank('x', input.shape, 2, '[positions, columns]');
  const [positions, columns] = input.shape as [number, number];
  const offsets = checkIntegers('offsets', givenOffsets);
  if (offsets.length < 1) {
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
  checkApart(out.data, { x: input.data, offsets });
  if (sizeOf(out.shape) === 0) return out;
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
  return runAsync(poolSteps(x, offsets, options), options?.signal);
}

export interface NormalizeOptions extends OutputOption {
  /** Smallest norm divided by, default 1e-12 as in torch.nn.functional.normalize. */
  epsilon?: number;
}

function* l2NormalizeSteps(x: TensorLike, options: NormalizeOptions = {}): Steps<Tensor> {
  checkOptions('l2Normalize', NORMALIZE, options);
  const { data, shape, rows, columns } = rowsOf('x', x);
  const epsilon = checkFiniteNumber('epsilon', options.epsilon ?? 1e-12);
  if (!(Math.fround(epsilon) > 0))
    throw new ArgumentError(expectation('epsilon', 'a positive number', describe(epsilon)));
  const out = outputTensor(options.out, shape);
  checkApartOrSame(out.data, 'x', data);
  if (sizeOf(shape) === 0) return out;
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
  return runAsync(l2NormalizeSteps(x, options), options?.signal);
}
