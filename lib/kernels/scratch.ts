/**
 * Memory for intermediate results that live no longer than one call. It is kept for the next call: fresh memory
 * costs a page fault every 4 KiB, a sixth of the time of a small layer.
 */
import { allocateFloats } from '../tensor/allocate.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { currentRun, type Run } from './own_arrays.js';

/** Numbers kept for reuse by all layers together: 64 MiB. */
const MOST_KEPT = 1 << 24;

const free = new Map<number, Float32Array[]>();
let kept = 0;

/** Sizes are rounded up, so that calls of nearly equal lengths share memory: four sizes from n to 2 n. */
function roundedUp(size: number): number {
  const step = 2 ** Math.max(10, Math.ceil(Math.log2(Math.max(1, size))) - 3);
  return Math.ceil(size / step) * step;
}

function take(size: number): Float32Array {
  const found = free.get(size)?.pop();
  if (found === undefined) return allocateFloats([size], 'an intermediate result');
  kept -= size;
  return found;
}

function give(buffer: Float32Array): void {
  // Sizes that nobody asks for any more must not keep out those in use.
  if (kept + buffer.length > MOST_KEPT) {
    free.clear();
    kept = 0;
  }
  if (buffer.length > MOST_KEPT) return;
  const list = free.get(buffer.length);
  if (list) list.push(buffer);
  else free.set(buffer.length, [buffer]);
  kept += buffer.length;
}

/** What was to be released while steps are collected, which are performed later. */
let postponed: Scratch[] | undefined;

/**
 * Memory that `collect` releases stays as it is: the steps that it collects still use it.
 * @returns what to release once they were performed
 */
export function postponeRelease<T>(collect: () => T): { result: T; released: readonly Scratch[] } {
  const outer = postponed;
  const released: Scratch[] = [];
  postponed = released;
  try {
    return { result: collect(), released };
  } finally {
    postponed = outer;
  }
}

/** What one call has taken. Numbers in it are those of earlier calls until they are written. */
export class Scratch {
  readonly #taken: Float32Array[] = [];
  readonly #run: Run | undefined;

  /** @param run the call that the memory is for */
  constructor(run = currentRun()) {
    this.#run = run;
  }

  tensor(shape: Shape): Tensor {
    return new Tensor(this.array(sizeOf(shape)), shape);
  }

  array(size: number): Float32Array {
    const buffer = take(roundedUp(size));
    this.#taken.push(buffer);
    this.#run?.own(buffer);
    return buffer.subarray(0, size);
  }

  /** Gives everything back: no tensor of it may be used any more. Put off while steps are only collected. */
  release(): void {
    if (postponed !== undefined) postponed.push(this);
    else this.#giveBack();
  }

  #giveBack(): void {
    for (const buffer of this.#taken) {
      this.#run?.arrays.delete(buffer);
      // What others may have seen must not become the memory of a later call.
      if (this.#run?.trusted) give(buffer);
    }
    this.#taken.length = 0;
  }
}
