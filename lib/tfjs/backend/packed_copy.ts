/**
 * A matrix as the matmul kernel wants it. Packing costs about as much as reading the matrix twice, which is nothing for one
 * product and a tenth of many small ones: it pays for weights that stay, and those are known by being multiplied again.
 */

import { addon } from '../../native/load.js';
import type { NativePackedMatrix } from '../../native/operations.js';

/** Below, a product takes no notice. */
const LEAST = 2 ** 12;

export class PackedCopy {
  #key: string | undefined;
  #matrix: NativePackedMatrix | undefined;

  /** Of B [k, n], or of B^T, that `values` is; undefined until it's asked for a second time in a row. */
  of(values: Float32Array, k: number, n: number, transposed: boolean): NativePackedMatrix | undefined {
    if (values.length < LEAST) return undefined;
    const key = `${k},${n},${transposed}`;
    if (key !== this.#key) {
      this.drop();
      this.#key = key;
      return undefined;
    }
    const [rowStride, columnStride] = transposed ? [1, k] : [n, 1];
    this.#matrix ??= new (addon().PackedMatrix)({
      data: values,
      count: 1,
      k,
      n,
      batchStride: 0,
      rowStride,
      columnStride,
    });
    return this.#matrix;
  }

  /** The memory is not the collector's to know of. */
  drop(): void {
    this.#matrix?.dispose();
    this.#matrix = undefined;
    this.#key = undefined;
  }
}
