/**
 * An array of the pool, shared by the tensors that lie in it; or a recipe for one. A product by a number, say, is put off
 * until somebody looks at it: then what comes next is known, and GELU written in five operations is one pass over memory
 * instead of five. Nobody can tell the difference, since only arrays that nobody outside holds are put off upon: before
 * one is handed out, what depends on it is computed.
 */
import type { NativePackedMatrix } from '../../native/operations.js';
import type { BufferPool } from './buffer_pool.js';
import { PackedCopy } from './packed_copy.js';

/** How to compute what was put off; kernels/deferred.ts and kernels/product.ts have them. */
export interface Recipe {
  /** Elements of the result. */
  readonly length: number;
  readonly inputs: readonly SharedArray[];
  compute(out: Float32Array): void;
}

/**
 * So many operations put off one upon the other are enough for all that is recognised. A weight that is multiplied by a
 * number in every step, and never looked at, would have a recipe as long as the training.
 */
const DEEPEST = 12;

export class SharedArray {
  readonly length: number;
  readonly #pool: BufferPool;
  readonly #dependents = new Set<SharedArray>();
  #array: Float32Array | undefined;
  #recipe: Recipe | undefined;
  #users = 0;
  #escaped = false;
  #packed: PackedCopy | undefined;

  constructor(pool: BufferPool, source: Float32Array | Recipe) {
    this.#pool = pool;
    if (source instanceof Float32Array) {
      this.#array = source;
      this.length = source.length;
    } else {
      this.#recipe = source;
      this.length = source.length;
      for (const input of source.inputs) {
        input.retain();
        input.#dependents.add(this);
        if (input.#depth() >= DEEPEST) input.array;
      }
    }
  }

  /** What it is to be made of, if it is not there yet. */
  get recipe(): Recipe | undefined {
    return this.#recipe;
  }

  /** Somebody outside may hold the array. */
  get escaped(): boolean {
    return this.#escaped;
  }

  /** To look at while a kernel runs. */
  get array(): Float32Array {
    if (this.#array === undefined) {
      this.#array = this.#pool.take(this.length);
      this.#recipe!.compute(this.#array);
      this.#forget();
    }
    return this.#array;
  }

  /** The array for somebody who may keep it, or even write to it. */
  handOut(): Float32Array {
    const { array } = this;
    for (const dependent of [...this.#dependents]) dependent.array;
    this.#escaped = true;
    this.#packed?.drop();
    return array;
  }

  /** A packed copy for products, once it pays; see PackedCopy. */
  packed(k: number, n: number, transposed: boolean): NativePackedMatrix | undefined {
    if (this.#escaped) return undefined;
    this.#packed ??= new PackedCopy();
    return this.#packed.of(this.array, k, n, transposed);
  }

  retain(): void {
    this.#users++;
  }

  release(): void {
    if (--this.#users > 0) return;
    this.#packed?.drop();
    if (this.#recipe) this.#forget();
    else if (!this.#escaped) this.#pool.give(this.#array!);
  }

  #depth(): number {
    return this.#recipe ? 1 + Math.max(...this.#recipe.inputs.map((input) => input.#depth())) : 0;
  }

  #forget(): void {
    const { inputs } = this.#recipe!;
    this.#recipe = undefined;
    // Of a product with itself, twice.
    for (const input of inputs) {
      input.#dependents.delete(this);
      input.release();
    }
  }
}
