/** Native operations between arrays of the backend's pool, which all go back to it but for those that are kept. */
import { Activation, BinaryOp, ReduceOp } from '../../../native/codes.js';
import { addon } from '../../../native/load.js';
import type { SyntheticBackend } from '../../backend/synthetic_backend.js';
import { addSpoilt, withoutSpoilt } from '../spoilt.js';

export interface Rows {
  batch: number;
  heads: number;
  length: number;
  columns: number;
}

export interface Product {
  batch: number;
  m: number;
  n: number;
  k: number;
  transposeA?: boolean;
  transposeB?: boolean;
  /** b has so many matrices, which repeat; default one for each of a. */
  repeatB?: number;
  /** Factor on the result, default 1. */
  weight?: number;
  /** Elements of a that are not masked, in its order: what b holds elsewhere does not count. Default all. */
  seen?: Uint8Array | undefined;
}

export class Workspace {
  readonly #backend: SyntheticBackend;
  readonly #taken = new Set<Float32Array>();

  constructor(backend: SyntheticBackend) {
    this.#backend = backend;
  }

  /** An array with arbitrary elements. */
  take(size: number): Float32Array {
    const values = this.#backend.allocate(size);
    this.#taken.add(values);
    return values;
  }

  /** Takes an array out of those that `release` gives back. */
  keep(values: Float32Array): Float32Array {
    this.#taken.delete(values);
    return values;
  }

  release(): void {
    for (const values of this.#taken) this.#backend.recycle(values);
    this.#taken.clear();
  }

  /** [batch, length, heads, columns] -> [batch, heads, length, columns] */
  headsFirst(x: Float32Array, { batch, heads, length, columns }: Rows): Float32Array {
    return this.#swap(x, [batch, length, heads, columns]);
  }

  /** The way back. */
  headsLast(x: Float32Array, { batch, heads, length, columns }: Rows): Float32Array {
    return this.#swap(x, [batch, heads, length, columns]);
  }

  /** Whether all numbers are finite. It may say no of large ones too, whose sum is not. */
  isFinite(x: Float32Array): boolean {
    const out = new Float32Array(1);
    addon().reduce({ op: ReduceOp.sum, x, out, outer: 1, size: x.length, inner: 1 });
    return Number.isFinite(out[0]);
  }

  /** a [batch, m, k] b [batch, k, n], either of them transposed. */
  product(a: Float32Array, b: Float32Array, options: Product): Float32Array {
    const { seen, ...rest } = options;
    if (seen === undefined || this.isFinite(b)) return this.#product(a, b, rest);
    const out = this.#product(a, withoutSpoilt(b), rest);
    addSpoilt(out, a, b, options, seen);
    return out;
  }

  /** Zeros in place of what is masked. */
  hide(x: Float32Array, seen: Uint8Array): void {
    for (let i = 0; i < x.length; i++) if (seen[i] === 0) x[i] = 0;
  }

  #product(a: Float32Array, b: Float32Array, options: Product): Float32Array {
    const { batch, m, n, k, transposeA = false, transposeB = false, repeatB = batch, weight = 1 } = options;
    const out = this.take(batch * m * n);
    // One call for each matrix of b, which is shared by batch / repeatB of a.
    const shared = repeatB < batch;
    for (let i = 0; i < (shared ? repeatB : 1); i++) {
      addon().matmul({
        batch: shared ? batch / repeatB : batch,
        m,
        n,
        k,
        a: a.subarray(i * m * k),
        aBatchStride: shared ? repeatB * m * k : m * k,
        transposeA,
        packed: null,
        b: b.subarray(i * k * n),
        bBatchStride: shared ? 0 : k * n,
        transposeB,
        bias: null,
        residual: null,
        activation: Activation.none,
        out: out.subarray(i * m * n),
        outBatchStride: shared ? repeatB * m * n : m * n,
      });
    }
    return this.scale(out, weight);
  }

  /** x [outer, size, inner] -> [outer, inner] */
  sumOver(x: Float32Array, outer: number, size: number, inner: number): Float32Array {
    const out = this.take(outer * inner);
    addon().reduce({ op: ReduceOp.sum, x, out, outer, size, inner });
    return out;
  }

  copy(x: Float32Array): Float32Array {
    const out = this.take(x.length);
    out.set(x);
    return out;
  }

  /** In place. */
  scale(x: Float32Array, factor: number): Float32Array {
    if (factor !== 1) this.#multiply(x, Float32Array.of(factor), 0, x);
    return x;
  }

  /** a * b, element by element. */
  multiply(a: Float32Array, b: Float32Array): Float32Array {
    const out = this.take(a.length);
    this.#multiply(a, b, 1, out);
    return out;
  }

  /** The gradient of the softmax's argument: y (dy - sum_j dy_j y_j), by rows. */
  softmaxGradient(y: Float32Array, dy: Float32Array, columns: number): Float32Array {
    const rows = columns === 0 ? 0 : y.length / columns;
    addon().softmaxGradient({ y, dy, dx: dy, rows, columns, scale: 1 });
    return dy;
  }

  #multiply(a: Float32Array, b: Float32Array, bStride: number, out: Float32Array): void {
    addon().binary({ op: BinaryOp.mul, a, b, out, shape: [a.length], aStrides: [1], bStrides: [bStride] });
  }

  #swap(x: Float32Array, shape: readonly [number, number, number, number]): Float32Array {
    const out = this.take(x.length);
    addon().transpose({ x, out, shape, permutation: [0, 2, 1, 3] });
    return out;
  }
}

/** In float64. */
export function innerProduct(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
