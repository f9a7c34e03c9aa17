/**
 * What a layer keeps of earlier positions, so that decoding computes each position once: the projected keys and
 * values. A layer makes its own by `createCache`.
 */
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { allItems } from '../options.js';
import type { TensorLike } from '../tensor/tensor.js';
import type { Axes } from './axes.js';
import type { KeptRows } from './scores/score_function.js';

/** Rows of new positions to be kept: [batch * length, width]. */
export interface NewRows {
  data: Float32Array;
  width: number;
}

/** [batch, capacity, width], of which the first `length` positions are in use. */
class GrowingRows {
  private data = new Float32Array(0);
  private capacity = 0;

  constructor(
    private batch: number,
    readonly width: number,
  ) {}

  get byteLength(): number {
    return this.data.byteLength;
  }

  get rows(): KeptRows {
    return { data: this.data, width: this.width, batchStride: this.capacity * this.width };
  }

  /** Writes rows [batch, count, width] behind the first `length` positions. */
  write(length: number, rows: Float32Array, count: number): void {
    if (length + count > this.capacity) {
      const capacity = Math.max(16, length + count, 2 * this.capacity);
      this.rearrange([...Array(this.batch).keys()], length, capacity);
    }
    for (let b = 0; b < this.batch; b++) {
      const from = b * count * this.width;
      this.data.set(
        rows.subarray(from, from + count * this.width),
        (b * this.capacity + length) * this.width,
      );
    }
  }

  /** Sequence b becomes a copy of what sequence indices[b] was. */
  rearrange(indices: readonly number[], length: number, capacity = this.capacity): void {
    const data = new Float32Array(indices.length * capacity * this.width);
    for (const [b, index] of indices.entries()) {
      const from = index * this.capacity * this.width;
      data.set(this.data.subarray(from, from + length * this.width), b * capacity * this.width);
    }
    this.data = data;
    this.batch = indices.length;
    this.capacity = capacity;
  }
}

export class AttentionCache {
  private positions = 0;
  private rows: GrowingRows[] = [];
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
  ) {}

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
    return this.rows.reduce((sum, rows) => sum + rows.byteLength, 0);
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
    for (const rows of this.rows) rows.rearrange(indices, this.fixedLength ?? this.positions);
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
    this.rows = [];
  }

  /**
   * All rows, those of this call behind the earlier ones.
   * @param added rows of `count` new positions in a fixed order
   */
  append(added: readonly NewRows[], batch: number, count: number): { rows: KeptRows[]; length: number } {
    if (this.rows.length === 0) this.rows = added.map(({ width }) => new GrowingRows(batch, width));
    const before = this.grows ? this.positions : 0;
    for (const [i, { data }] of added.entries()) this.rows[i]!.write(before, data, count);
    if (!this.grows) this.fixedLength = count;
    return { rows: this.rows.map(({ rows }) => rows), length: before + count };
  }

  /** The rows that were kept by the first call. */
  kept(): { rows: KeptRows[]; length: number } {
    return { rows: this.rows.map(({ rows }) => rows), length: this.fixedLength! };
  }

  private checkIdle(): void {
    if (this.busy) {
      throw new ArgumentError(expectation('cache', 'one call at a time', 'another while one is running'));
    }
  }
}
