/** A binary heap that also gives up what is in the midst of it. */

/** Where it stands is the heap's to know. */
export interface HeapItem {
  place: number;
}

export class Heap<T extends HeapItem> {
  private readonly items: T[] = [];

  /** @param before whether `a` comes before `b`; never both ways */
  constructor(private readonly before: (a: T, b: T) => boolean) {}

  get size(): number {
    return this.items.length;
  }

  get first(): T | undefined {
    return this.items[0];
  }

  add(item: T): void {
    this.items.push(item);
    this.rise(item, this.items.length - 1);
  }

  remove(item: T): void {
    const { place } = item;
    const last = this.items.pop()!;
    if (last === item) return;
    this.put(last, place);
    this.moved(last);
  }

  /** After a change of what `before` looks at. */
  moved(item: T): void {
    this.rise(item, item.place);
    this.sink(item, item.place);
  }

  private put(item: T, place: number): void {
    this.items[place] = item;
    item.place = place;
  }

  private rise(item: T, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!this.before(item, this.items[above]!)) break;
      this.put(this.items[above]!, place);
      place = above;
    }
    this.put(item, place);
  }

  private sink(item: T, from: number): void {
    let place = from;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= this.items.length) break;
      if (below + 1 < this.items.length && this.before(this.items[below + 1]!, this.items[below]!)) below++;
      if (!this.before(this.items[below]!, item)) break;
      this.put(this.items[below]!, place);
      place = below;
    }
    this.put(item, place);
  }
}
