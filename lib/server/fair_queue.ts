/**
 * Which request's next sequence starts. Three quarters of all tokens go by fair shares: requests that wait have been
 * given about the same number of tokens since the youngest of them came, so that a short one passes by a long one. A
 * quarter goes to the oldest request, so that a stream of short ones, each of which comes first by its share, doesn't
 * hold up a long one for ever: whatever comes later, a request ends before four times the tokens that waited when it
 * came, its own included, are done.
 */
import { Heap, type HeapItem } from './heap.js';

/** Tokens of the oldest request for each token of others. */
const OLDEST_SHARE = 1 / 3;

export interface Waiting extends HeapItem {
  /** Only requests of one key run together. */
  readonly key: string;
  /** Tokens of the sequence that is next; 0 when there is none. */
  readonly nextTokens: number;
  /** The queue's: tokens given so far, counted from what others had when it came. */
  tag: number;
  order: number;
}

export class FairQueue<T extends Waiting> {
  private readonly byAge = new Set<T>();
  private readonly byShare = new Map<string, Heap<T>>();
  private order = 0;
  /** Tag of the request served last: where new ones start. */
  private now = 0;
  /** Tokens that the oldest may take before its share says so. */
  private credit = 0;

  get size(): number {
    return this.byAge.size;
  }

  add(item: T): void {
    item.tag = this.now;
    item.order = this.order++;
    this.byAge.add(item);
    let heap = this.byShare.get(item.key);
    if (heap === undefined) {
      heap = new Heap<T>(before);
      this.byShare.set(item.key, heap);
    }
    heap.add(item);
  }

  /** The request whose next sequence comes first, of all or of those of a key. */
  next(key?: string): T | undefined {
    const oldest = this.oldest();
    if (oldest === undefined) return undefined;
    if (this.credit >= oldest.nextTokens && (key === undefined || key === oldest.key)) return oldest;
    if (key !== undefined) return this.byShare.get(key)?.first;
    let first: T | undefined;
    for (const heap of this.byShare.values()) {
      if (first === undefined || before(heap.first!, first)) first = heap.first;
    }
    return first;
  }

  /** Has `work` take the next sequence of what `next` gave, after which the request may have no other. */
  take(item: T, work: () => void): void {
    const { nextTokens, tag } = item;
    const byCredit = this.credit >= nextTokens;
    if (item !== this.oldest()) {
      this.now = Math.max(this.now, tag);
      this.credit += nextTokens * OLDEST_SHARE;
    } else if (byCredit) {
      this.credit -= nextTokens;
    } else {
      this.now = Math.max(this.now, tag);
    }
    item.tag += nextTokens;
    work();
    if (item.nextTokens === 0) this.remove(item);
    else this.byShare.get(item.key)!.moved(item);
  }

  /** Does nothing when it's not there. */
  remove(item: T): void {
    if (!this.byAge.delete(item)) return;
    const heap = this.byShare.get(item.key)!;
    heap.remove(item);
    if (heap.size === 0) this.byShare.delete(item.key);
    if (this.size === 0) this.credit = 0;
  }

  private oldest(): T | undefined {
    return this.byAge.values().next().value;
  }
}

function before(a: Waiting, b: Waiting): boolean {
  return a.tag < b.tag || (a.tag === b.tag && a.order < b.order);
}
