/**
 * Copies of a caller's arrays for an asynchronous call of several steps: between two of them JavaScript may write to the
 * arrays, transfer their buffers or detach them. (What one step reads, the addon copies.)
 */
import { types } from 'node:util';
import { MOST_AXES } from '../tensor/shape.js';
import { isDetached } from '../tensor/typed_array.js';
import { currentRun, type Run } from './own_arrays.js';
import { Scratch } from './scratch.js';

export class Copies {
  readonly #run: Run | undefined;
  readonly #scratch: Scratch;

  /** @param run the call that they are for; only an asynchronous one gets copies */
  constructor(run = currentRun()) {
    this.#run = run;
    this.#scratch = new Scratch(run);
  }

  of<A extends Float32Array | Uint8Array>(array: A): A {
    // An array that is refused by the check that follows comes back as it is: a copy would hide why.
    if (this.#run?.asynchronous !== true || isResizable(array) || isDetached(array)) return array;
    if (types.isFloat32Array(array)) {
      const copy = this.#scratch.array(array.length);
      copy.set(array);
      return copy as A;
    }
    const copy = Uint8Array.prototype.slice.call(array);
    this.#run.own(copy);
    return copy as A;
  }

  /**
   * A tensor or mask with its data copied, nested arrays copied, and the same of all options. What is none of these
   * comes back as it is: it is checked where it is used.
   */
  ofArgument<T>(value: T): T {
    if (Array.isArray(value)) return copyOfNested(value) as T;
    if (typeof value !== 'object' || value === null) return value;
    const { data } = value as { data?: unknown };
    if (!types.isFloat32Array(data) && !types.isUint8Array(data)) return value;
    const { shape, dims } = value as { shape?: unknown; dims?: unknown };
    const axes = shape ?? dims;
    return { data: this.of(data), shape: Array.isArray(axes) ? copyOfNested(axes) : axes } as T;
  }

  ofOptions<T extends object>(options: T): T {
    if (this.#run?.asynchronous !== true || typeof options !== 'object' || options === null) return options;
    const copies: Record<string, unknown> = {};
    for (const name in options) copies[name] = this.ofArgument(options[name]);
    return copies as T;
  }

  release(): void {
    this.#scratch.release();
  }
}

/**
 * A copy of nested booleans or numbers. An array that holds anything else, or nests deeper than a tensor has axes, comes
 * back as it is, at the first item that shows it: an array of 2^32 holes is as quickly refused as a short one. An array
 * that stands in several places is copied once, as few of them may stand for more items than memory holds.
 */
function copyOfNested(
  array: readonly unknown[],
  depth = 1,
  copies = new Map<unknown, readonly unknown[]>(),
): readonly unknown[] {
  const copy: unknown[] = [];
  for (const item of array) {
    if (Array.isArray(item) && depth < MOST_AXES) {
      const known = copies.get(item) ?? copyOfNested(item, depth + 1, copies);
      copies.set(item, known);
      copy.push(known);
    } else if (typeof item === 'boolean' || typeof item === 'number') copy.push(item);
    else return array;
  }
  return copy;
}

function isResizable({ buffer }: { buffer: ArrayBufferLike }): boolean {
  const { resizable, growable } = buffer as { resizable?: boolean; growable?: boolean };
  return resizable === true || growable === true;
}
