/** Weights quantised to 8 bits once for many int8Matmul calls. */
import { ArgumentError, describe, disposed, expectation, ShapeError } from '../errors.js';
import { addon } from '../native/load.js';
import type { NativeQuantizedMatrix } from '../native/operations.js';
import { checkOptions } from '../options.js';
import { checkBoolean, shapeText } from '../tensor/shape.js';
import { checkTensor, type TensorLike } from '../tensor/tensor.js';
import { PACK_OPTIONS, type PackMatrixOptions } from './packed_matrix.js';

/** The longest sum of 8-bit products that 32 bits hold. */
const LARGEST_INT8_K = 65_536;

/**
 * A matrix [k, n] of 8-bit weights, symmetric, with one scale a column (an output channel): a quarter of the
 * memory of float32. The data is copied; the tensor may go away.
 */
export class QuantizedMatrix {
  readonly k: number;
  readonly n: number;
  private native: NativeQuantizedMatrix | undefined;

  /**
   * @param b [k, n], k <= 65,536
   * @throws ShapeError for another rank, ArgumentError for a larger k
   */
  constructor(b: TensorLike, options: PackMatrixOptions = {}) {
    checkOptions('QuantizedMatrix', PACK_OPTIONS, options);
    const { data, shape } = checkTensor('b', b);
    if (shape.length !== 2) throw new ShapeError(expectation('b', 'shape [k, n]', shapeText(shape)));
    const [rows, columns] = shape as readonly [number, number];
    const transpose = checkBoolean('transpose', options.transpose ?? false);
    this.k = transpose ? columns : rows;
    this.n = transpose ? rows : columns;
    if (this.k > LARGEST_INT8_K) {
      throw new ArgumentError(expectation('b', `k <= ${LARGEST_INT8_K}`, describe(this.k)));
    }
    this.native = new (addon().QuantizedMatrix)({
      data,
      k: this.k,
      n: this.n,
      rowStride: transpose ? 1 : columns,
      columnStride: transpose ? columns : 1,
    });
  }

  /** Native memory in bytes; 0 after `dispose`. */
  get bytes(): number {
    return this.native?.bytes ?? 0;
  }

  /** @throws DisposedError */
  get handle(): NativeQuantizedMatrix {
    if (this.native === undefined) throw disposed('this QuantizedMatrix');
    return this.native;
  }

  /** Frees the native memory now instead of at garbage collection. Later uses throw a DisposedError. */
  dispose(): void {
    this.native?.dispose();
    this.native = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
