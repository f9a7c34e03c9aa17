/** Weights packed once for many matmul calls. */
import { disposed, expectation, ShapeError } from '../errors.js';
import { addon } from '../native/load.js';
import type { NativePackedMatrix } from '../native/operations.js';
import { checkOptions, optionNames } from '../options.js';
import { checkBoolean, shapeText } from '../tensor/shape.js';
import { checkTensor, type TensorLike } from '../tensor/tensor.js';

export interface PackMatrixOptions {
  /** The tensor holds [n, k] (or [count, n, k]) instead, as torch.nn.Linear keeps its weights. */
  transpose?: boolean;
}

export const PACK_OPTIONS = optionNames<keyof PackMatrixOptions>()('transpose');

/** `count` matrices [k, n] in the layout of the matmul kernel. The data is copied; the tensor may go away. */
export class PackedMatrix {
  readonly count: number;
  readonly k: number;
  readonly n: number;
  private native: NativePackedMatrix | undefined;

  /** @param b [k, n], or [count, k, n] for one matrix a head. */
  constructor(b: TensorLike, options: PackMatrixOptions = {}) {
    checkOptions('PackedMatrix', PACK_OPTIONS, options);
    const { data, shape } = checkTensor('b', b);
    if (shape.length !== 2 && shape.length !== 3) {
      throw new ShapeError(expectation('b', 'shape [k, n] or [count, k, n]', shapeText(shape)));
    }
    const [rows, columns] = shape.slice(-2) as [number, number];
    const transpose = checkBoolean('transpose', options.transpose ?? false);
    this.count = shape.length === 3 ? shape[0]! : 1;
    this.k = transpose ? columns : rows;
    this.n = transpose ? rows : columns;
    this.native = new (addon().PackedMatrix)({
      data,
      count: this.count,
      k: this.k,
      n: this.n,
      batchStride: rows * columns,
      rowStride: transpose ? 1 : columns,
      columnStride: transpose ? columns : 1,
    });
  }

  /** @throws DisposedError */
  get handle(): NativePackedMatrix {
    if (this.native === undefined) throw disposed('this PackedMatrix');
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
