/** Embeddings in 8 bits or 1 bit a number, by the formulas of sentence-transformers' `quantize_embeddings`. */
import { ArgumentError, describe, expectation, ShapeError } from '../../errors.js';
import { checkOptions, optionNames } from '../../options.js';
import { allocateBytes } from '../../tensor/allocate.js';
import { checkDimension, checkMinimumRank, checkPositiveInteger, shapeText } from '../../tensor/shape.js';
import { checkTensor, Tensor, type TensorLike } from '../../tensor/tensor.js';
import { allFinite } from '../feed/encode_job.js';
import {
  PRECISION_NAMES,
  PRECISIONS,
  type Precision,
  type QuantizedEmbeddings,
  type QuantizedPrecision,
} from '../types.js';

/** Values that 8 bits tell apart lie this many steps from the least to the greatest. */
const STEPS = 255;

export interface QuantizeEmbeddingsOptions {
  /** int8, uint8: [2, dimensions], the least and the greatest value of every dimension. */
  ranges?: TensorLike;
  /** int8, uint8: embeddings [n, dimensions] to take the ranges from; by default those that are quantized. */
  calibration?: TensorLike;
}

const OPTIONS = optionNames<keyof QuantizeEmbeddingsOptions>()('ranges', 'calibration');

export function checkPrecision(value: unknown): Precision {
  if (!PRECISION_NAMES.includes(value as Precision)) {
    throw new ArgumentError(
      expectation('precision', `one of ${PRECISION_NAMES.join(', ')}`, describe(value), 'range'),
    );
  }
  return value as Precision;
}

/** Whether embeddings of this precision depend on ranges. */
export function usesRanges(precision: Precision): boolean {
  return PRECISIONS[precision].ranges;
}

/** Numbers in one embedding of `dims` dimensions. */
export function quantizedWidth(dims: number, precision: Precision): number {
  return Math.ceil(dims / PRECISIONS[precision].packed);
}

/**
 * The least values of every dimension, then the greatest.
 * @param rows [n, dims], row-major
 * @returns [2 * dims]
 * @throws ArgumentError if a number is not finite
 */
export function embeddingRanges(rows: Float32Array, dims: number): Float32Array {
  checkRows(rows, dims);
  checkFinite('calibration', rows, dims);
  if (rows.length < 2 * dims) {
    throw new ArgumentError(
      expectation('ranges', 'two or more embeddings to take them from', String(rows.length / dims)),
    );
  }
  const ranges = new Float32Array(2 * dims);
  ranges.set(rows.subarray(0, dims));
  ranges.set(rows.subarray(0, dims), dims);
  for (let at = dims; at < rows.length; at += dims) {
    for (let j = 0; j < dims; j++) {
      const value = rows[at + j]!;
      if (value < ranges[j]!) ranges[j] = value;
      if (value > ranges[dims + j]!) ranges[dims + j] = value;
    }
  }
  return ranges;
}

/** Greatest less least value of a dimension, in steps; rounded to float32 as NumPy does it. */
function stepOf(ranges: Float32Array, dims: number, j: number): number {
  return Math.fround(Math.fround(ranges[dims + j]! - ranges[j]!) / STEPS);
}

/**
 * @param ranges [2 * dims]: the least values of every dimension, then the greatest
 * @param own whether they are of the very rows that are quantized: a dimension may be the same in all of those, and has
 *   one step then, as in the reference
 * @throws ShapeError, ArgumentError unless every dimension has a range that can be cut into steps
 */
export function checkRanges(subject: string, ranges: Float32Array, dims: number, own = false): Float32Array {
  if (ranges.length !== 2 * dims) {
    throw new ShapeError(expectation(subject, `${2 * dims} numbers`, String(ranges.length)));
  }
  for (let j = 0; j < dims; j++) {
    const [least, greatest] = [ranges[j]!, ranges[dims + j]!];
    const step = stepOf(ranges, dims, j);
    if ((step > 0 || (own && step === 0)) && step !== Number.POSITIVE_INFINITY) continue;
    const finite = Number.isFinite(least) && Number.isFinite(greatest);
    const expected = !finite
      ? 'finite values'
      : greatest > least
        ? 'a range that float32 can cut into 255 steps'
        : 'a greatest value above the least';
    throw new ArgumentError(expectation(`${subject}: dimension ${j}`, expected, `${least} to ${greatest}`));
  }
  return ranges;
}

/** @throws ArgumentError that names the first row with NaN or an infinity */
export function checkFinite(name: string, rows: Float32Array, dims: number): void {
  if (allFinite(rows)) return;
  const at = rows.findIndex((x) => !Number.isFinite(x));
  throw new ArgumentError(
    expectation(`${name}: row ${Math.floor(at / dims)}`, 'finite numbers', String(rows[at])),
  );
}

/** Numbers of `precision` for [n, dims]; float32 gives the rows themselves. */
export function quantizeRows(
  rows: Float32Array,
  dims: number,
  precision: Precision,
  ranges?: Float32Array,
): Float32Array | Int8Array | Uint8Array {
  checkRows(rows, dims);
  if (checkPrecision(precision) === 'float32') return rows;
  checkFinite('embeddings', rows, dims);
  const { numbers, packed } = PRECISIONS[precision];
  const typed = (bytes: Uint8Array) => (numbers === 'int8' ? signed(bytes) : bytes);
  if (packed > 1) return typed(packSigns(rows, dims));
  if (rows.length === 0) return typed(new Uint8Array(0));
  const known =
    ranges === undefined
      ? checkRanges('embeddings', embeddingRanges(rows, dims), dims, true)
      : checkRanges('ranges', ranges, dims);
  return typed(intoSteps(rows, dims, known));
}

/**
 * @param embeddings [n, dimensions] or [dimensions]
 * @returns int8 and uint8: a step of the dimension's range; binary and ubinary: eight signs a byte, the first in the
 *   highest bit. The signed ones are the unsigned ones less 128. float32: a Tensor of the same data.
 */
export function quantizeEmbeddings(embeddings: TensorLike, precision: 'float32'): Tensor;
export function quantizeEmbeddings<P extends QuantizedPrecision>(
  embeddings: TensorLike,
  precision: P,
  options?: QuantizeEmbeddingsOptions,
): QuantizedEmbeddings<P>;
export function quantizeEmbeddings(
  embeddings: TensorLike,
  precision: Precision,
  options?: QuantizeEmbeddingsOptions,
): Tensor | QuantizedEmbeddings;
export function quantizeEmbeddings(
  embeddings: TensorLike,
  precision: Precision,
  options: QuantizeEmbeddingsOptions = {},
): Tensor | QuantizedEmbeddings {
  checkOptions('quantizeEmbeddings', OPTIONS, options);
  const { data, shape } = checkTensor('embeddings', embeddings);
  checkMinimumRank('embeddings', shape, 1, '[n, dimensions] or [dimensions]');
  const dims = shape.at(-1)!;
  if (checkPrecision(precision) === 'float32') {
    checkFinite('embeddings', data, Math.max(1, dims));
    return new Tensor(data, shape);
  }
  const ranges = usesRanges(precision) ? givenRanges(options, dims) : undefined;
  const quantized = quantizeRows(data, dims, precision, ranges) as Int8Array | Uint8Array;
  return { data: quantized, shape: [...shape.slice(0, -1), quantizedWidth(dims, precision)] };
}

/** The ranges that the options give; undefined where they are to be taken from the embeddings. */
export function givenRanges(options: QuantizeEmbeddingsOptions, dims: number): Float32Array | undefined {
  if (options.ranges !== undefined) {
    const { data, shape } = checkTensor('ranges', options.ranges);
    if (shape.length !== 2 || shape[0] !== 2 || shape[1] !== dims) {
      throw new ShapeError(expectation('ranges', `shape [2, ${dims}]`, shapeText(shape)));
    }
    return checkRanges('ranges', data, dims);
  }
  if (options.calibration === undefined) return undefined;
  const { data, shape } = checkTensor('calibration', options.calibration);
  checkMinimumRank('calibration', shape, 2, '[n, dimensions]');
  checkDimension('calibration', 'dimensions', shape.at(-1), dims);
  return checkRanges('calibration', embeddingRanges(data, dims), dims);
}

function checkRows(rows: Float32Array, dims: number): void {
  checkPositiveInteger('dimensions', dims);
  if (rows.length % dims !== 0) {
    throw new ShapeError(expectation('embeddings', `rows of ${dims} numbers`, `${rows.length} numbers`));
  }
}

/** Rounded to float32 after every operation, as NumPy does it: a value at the edge of a step falls as it does there. */
function intoSteps(rows: Float32Array, dims: number, ranges: Float32Array): Uint8Array {
  const steps = Float32Array.from({ length: dims }, (_, j) => stepOf(ranges, dims, j) || 1);
  const bytes = allocateBytes([rows.length], 'quantized embeddings');
  for (let at = 0; at < rows.length; at += dims) {
    for (let j = 0; j < dims; j++) {
      const step = Math.floor(Math.fround(Math.fround(rows[at + j]! - ranges[j]!) / steps[j]!));
      bytes[at + j] = step < 0 ? 0 : step > STEPS ? STEPS : step;
    }
  }
  return bytes;
}

function packSigns(rows: Float32Array, dims: number): Uint8Array {
  const width = quantizedWidth(dims, 'ubinary');
  const count = rows.length / dims;
  const bytes = allocateBytes([count, width], 'quantized embeddings');
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < dims; j++) {
      if (rows[i * dims + j]! > 0) bytes[i * width + (j >> 3)]! |= 0x80 >> (j & 7);
    }
  }
  return bytes;
}

/** Less 128, in place. */
function signed(bytes: Uint8Array): Int8Array {
  for (let i = 0; i < bytes.length; i++) bytes[i]! ^= 0x80;
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
