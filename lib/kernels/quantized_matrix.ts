/** Weights quantised to 8 bits once for many int8Matmul calls. */
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import type { NativeQuantizedMatrix } from '../native/addon.js';
import { addon } from '../native/load.js';
import { typedError } from '../native/native_error.js';
import { shapeText } from '../tensor/shape.js';
import { checkTensor, type TensorLike } from '../tensor/tensor.js';
import type { PackMatrixOptions } from './packed_matrix.js';

/** The longest sum of 8-bit products that 32 bits hold. */
export const LARGEST_INT8_K = 65_536;

/**
 * A matrix [k, n] of 8-bit weights, symmetric, with one scale a column (an output channel): a quarter of the
 * memory of float32. The data is copied; the tensor may go away.
 */
export class QuantizedMatrix {
  readonly k: number;
  readonly n: number;
  readonly handle: NativeQuantizedMatrix;

  /**
   * @param b [k, n], k <= 65,536
   * @throws ShapeError for another rank, ArgumentError for a larger k
   */
  constructor(b: TensorLike, options: PackMatrixOptions = {}) {
    const { data, shape } = checkTensor('b', b);
    if (shape.length !== 2) throw new ShapeError(expectation('b', 'shape [k, n]', shapeText(shape)));
    const [rows, columns] = shape as readonly [number, number];
    const transpose = options.transpose ?? false;
    this.k = transpose ? columns : rows;
    this.n = transpose ? rows : columns;
    if (this.k > LARGEST_INT8_K) {
      throw new ArgumentError(expectation('b', `k <= ${LARGEST_INT8_K}`, describe(this.k)));
    }
    try {
      this.handle = new (addon().QuantizedMatrix)({
        data,
        k: this.k,
        n: this.n,
        rowStride: transpose ? 1 : columns,
        columnStride: transpose ? columns : 1,
      });
    } catch (error) {
      throw typedError(error);
    }
  }

  /** Native memory in bytes; 0 after `dispose`. */
  get bytes(): number {
    return this.handle.bytes;
  }

  /** Frees the native memory now instead of at garbage collection. Later uses throw. */
  dispose(): void {
    this.handle.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
