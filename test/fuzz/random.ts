/** Reproducible choices for generators of inputs. */
import { randomSource } from '../../lib/layers/initializers.js';

export class Random {
  private readonly source: () => number;

  constructor(seed: number) {
    this.source = randomSource(seed);
  }

  /** From 0 up to, but not including, 1. */
  next(): number {
    return this.source();
  }

  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!;
  }

  /** A seed for data that `run` draws for itself, so that an input stays small. */
  seed(): number {
    return this.integer(0, 2 ** 31 - 1);
  }

  list<T>(length: number, make: (index: number) => T): T[] {
    return Array.from({ length }, (_, i) => make(i));
  }
}

/** The seed of input `index`: neighbouring indices and seeds give unrelated inputs. */
export function inputSeed(seed: number, index: number): number {
  let hash = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return (hash ^ (hash >>> 13)) >>> 0;
}
