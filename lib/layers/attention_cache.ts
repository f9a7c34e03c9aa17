/**
 * What a layer keeps of earlier positions, so that decoding computes each position once: the projected keys and
 * values. A layer makes its own by `createCache`.
 */
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { owned } from '../kernels/own_arrays.js';
import { allItems } from '../options.js';
import { allocateFloats, copyFloats } from '../tensor/allocate.js';
import { checkTensor, Tensor, type TensorLike } from '../tensor/tensor.js';
import type { Axes } from './axes.js';
import type { KeptRows, NewRows } from './scores/score_function.js';

// What the addon reads while a call runs must be out of the caller's reach: hence fields that are private at run time,
// and functions instead of methods.

/** [batch, capacity, width], of which the first `length` positions are in use. */
class GrowingRows {
  #data = new Float32Array(0);
  private capacity = 0;

  constructor(
    private batch: number,
    readonly width: number,
  ) {}

  get byteLength(): number {
    return this.#data.byteLength;
  }

  /** For the current call alone. */
  get rows(): KeptRows {
    return { data: owned(this.#data), width: this.width, batchStride: this.capacity * this.width };
  }

  /** Writes rows [batch, count, width] behind the first `length` positions. */
  write(length: number, rows: Float32Array, count: number): void {
    // A batch without positions may have any size, and nothing in it to write.
    if (rows.length === 0) return;
    if (length + count > this.capacity) {
      this.move(this.batch, (b) => b, length, Math.max(16, length + count, 2 * this.capacity));
    }
    for (let b = 0; b < this.batch; b++) {
      const from = b * count * this.width;
      this.#data.set(
        rows.subarray(from, from + count * this.width),
        (b * this.capacity + length) * this.width,
      );
    }
  }

  /** Sequence b becomes a copy of what sequence indices[b] was. */
  rearrange(indices: readonly number[], length: number): void {
    this.move(indices.length, (b) => indices[b]!, length, this.capacity);
  }

  private move(batch: number, from: (b: number) => number, length: number, capacity: number): void {
    const data = allocateFloats([batch, capacity, this.width], 'kept keys and values');
    if (this.#data.length > 0 && length > 0) {
      for (let b = 0; b < batch; b++) {
        const at = from(b) * this.capacity * this.width;
        data.set(this.#data.subarray(at, at + length * this.width), b * capacity * this.width);
      }
    }
    this.#data = data;
    this.batch = batch;
    this.capacity = capacity;
  }
}

interface Rows {
  rows: KeptRows[];
  length: number;
}

let append: (cache: AttentionCache, added: readonly NewRows[], batch: number, count: number) => Rows;
let kept: (cache: AttentionCache) => Rows;
let given: (cache: AttentionCache) => AttentionCache['memory'];

export class AttentionCache {
  static {
    append = (cache, added, batch, count) => {
      if (cache.#rows.length === 0) cache.#rows = added.map(({ width }) => new GrowingRows(batch, width));
      const before = cache.grows ? cache.positions : 0;
      for (const [i, { data }] of added.entries()) cache.#rows[i]!.write(before, data, count);
      if (!cache.grows) cache.fixedLength = count;
      if (!cache.grows) cache.#memory = undefined;
      return { rows: cache.#rows.map(({ rows }) => rows), length: before + count };
    };
    kept = (cache) => ({ rows: cache.#rows.map(({ rows }) => rows), length: cache.fixedLength! });
    given = (cache) => cache.#memory;
  }

  private positions = 0;
  #rows: GrowingRows[] = [];
  /** Copies of `memory` until a call has projected it. */
  #memory: AttentionCache['memory'];
  private axes: readonly number[] | undefined;
  private busy = false;
  private fixedLength: number | undefined;

  /**
   * @param owner the only layer that may use it
   * @param memory the sequence whose keys and values it holds, as a decoder's cross-attention needs them: then it
   *   does not grow, but counts the positions of queries
   */
  constructor(
    private readonly owner: object,
    readonly memory: { readonly value?: TensorLike; readonly key?: TensorLike } | undefined,
  ) {
    this.#memory = memory && {
      ...(memory.value && { value: copyOf('value', memory.value) }),
      ...(memory.key && { key: copyOf('key', memory.key) }),
    };
  }

  /** Whether calls add their positions. */
  get grows(): boolean {
    return this.memory === undefined;
  }

  /** Positions seen: the next call's first query has this position. */
  get length(): number {
    return this.positions;
  }

  /** Bytes kept. */
  get byteLength(): number {
    return this.#rows.reduce((sum, rows) => sum + rows.byteLength, 0);
  }

  /** Forgets all positions from `length` on. */
  truncate(length: number): void {
    if (!Number.isSafeInteger(length) || length < 0 || length > this.positions) {
      throw new ArgumentError(
        expectation('AttentionCache', `a length from 0 to ${this.positions}`, describe(length)),
      );
    }
    this.checkIdle();
    this.positions = length;
  }

  /** Makes sequence b what sequence indices[b] was: for beam search, or to drop sequences that have ended. */
  select(indices: readonly number[]): void {
    this.checkIdle();
    const batch = this.axes?.length === 1 ? this.axes[0]! : 0;
    const valid =
      Array.isArray(indices) &&
      allItems(indices, (i) => Number.isInteger(i) && (i as number) >= 0 && (i as number) < batch);
    if (!valid || indices.length === 0) {
      throw new ArgumentError(
        expectation('AttentionCache', `indices of its ${batch} sequences`, describe(indices)),
      );
    }
    for (const rows of this.#rows) rows.rearrange(indices, this.fixedLength ?? this.positions);
    this.axes = [indices.length];
  }

  /** Whether keys and values that do not grow are there already. */
  get filled(): boolean {
    return this.fixedLength !== undefined;
  }

  /** Begins a call: one at a time, by its own layer, with the batch axes of the first one. */
  enter(layer: object, query: Axes): void {
    if (layer !== this.owner) {
      throw new ArgumentError(expectation('cache', 'one made by this layer', 'another layer’s'));
    }
    if (query.length.length !== 1) {
      throw new ArgumentError(expectation('cache', 'one attention axis', `${query.length.length} of them`));
    }
    this.checkIdle();
    this.axes ??= [...query.batch];
    if (query.batch.length !== this.axes.length || query.batch.some((size, i) => size !== this.axes![i])) {
      throw new ShapeError(
        expectation('cache', `batch axes [${this.axes.join(', ')}]`, `[${query.batch.join(', ')}]`),
      );
    }
    this.busy = true;
  }

  /** Ends a call; its positions count only if it succeeded. */
  leave(added: number): void {
    this.busy = false;
    this.positions += added;
    if (this.positions > 0 || this.filled) return;
    // Nothing has been kept: a first call that failed says nothing about the next one.
    this.axes = undefined;
    this.#rows = [];
  }

  private checkIdle(): void {
    if (this.busy) {
      throw new ArgumentError(expectation('cache', 'one call at a time', 'another while one is running'));
    }
  }
}

function copyOf(name: string, tensor: TensorLike): Tensor {
  const { data, shape } = checkTensor(name, tensor);
  return new Tensor(copyFloats(data, name), shape);
}

/**
 * All rows, those of this call behind the earlier ones; for the current call alone.
 * @param added rows of `count` new positions in a fixed order
 */
export function appendRows(
  cache: AttentionCache,
  added: readonly NewRows[],
  batch: number,
  count: number,
): Rows {
  return append(cache, added, batch, count);
}

/** The rows that were kept by the first call, for the current call alone. */
export function keptRows(cache: AttentionCache): Rows {
  return kept(cache);
}

/** The sequence whose keys and values the cache is to hold; undefined once it holds them. */
export function givenMemory(cache: AttentionCache): AttentionCache['memory'] {
  return given(cache);
}
