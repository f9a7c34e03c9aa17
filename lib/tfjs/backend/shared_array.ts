/**
 * An array of the pool, shared by the tensors that lie in it; or a recipe for one. A product by a number, say, is put off
 * until somebody looks at it: then what comes next is known, and GELU written in five operations is one pass over memory
 * instead of five. Nobody can tell the difference, since only arrays that nobody outside holds are put off upon: before
 * one is handed out, what depends on it is computed.
 */
import { BinaryOp, UnaryOp } from '../../native/addon.js';
import { addon } from '../../native/load.js';
import type { BufferPool } from './buffer_pool.js';

/** x * constant, x / constant, x + constant, erf(x) */
export interface Recipe {
  kind: 'scale' | 'divide' | 'shift' | 'erf';
  x: SharedArray;
  constant: number;
}

const BINARY = { scale: BinaryOp.mul, divide: BinaryOp.div, shift: BinaryOp.add };

function compute({ kind, x, constant }: Recipe, out: Float32Array): void {
  if (kind === 'erf') {
    addon().unary({ op: UnaryOp.erf, x: x.array, out });
  } else {
    const [a, b] = [x.array, Float32Array.of(constant)];
    addon().binary({ op: BINARY[kind], a, b, out, shape: [out.length], aStrides: [1], bStrides: [0] });
  }
}

export class SharedArray {
  readonly length: number;
  readonly #pool: BufferPool;
  readonly #dependents = new Set<SharedArray>();
  #array: Float32Array | undefined;
  #recipe: Recipe | undefined;
  #users = 0;
  #escaped = false;

  constructor(pool: BufferPool, source: Float32Array | Recipe) {
    this.#pool = pool;
    if (source instanceof Float32Array) {
      this.#array = source;
      this.length = source.length;
    } else {
      this.#recipe = source;
      this.length = source.x.length;
      source.x.retain();
      source.x.#dependents.add(this);
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
      compute(this.#recipe!, this.#array);
      this.#forget();
    }
    return this.#array;
  }

  /** The array for somebody who may keep it, or even write to it. */
  handOut(): Float32Array {
    const { array } = this;
    for (const dependent of [...this.#dependents]) dependent.array;
    this.#escaped = true;
    return array;
  }

  retain(): void {
    this.#users++;
  }

  release(): void {
    if (--this.#users > 0) return;
    if (this.#recipe) this.#forget();
    else if (!this.#escaped) this.#pool.give(this.#array!);
  }

  #forget(): void {
    const { x } = this.#recipe!;
    this.#recipe = undefined;
    x.#dependents.delete(this);
    x.release();
  }
}
