/** Memory for results, whose sizes follow from shapes that callers chose. */
import { totalmem } from 'node:os';
import { MemoryError } from '../errors.js';
import { type Shape, shapeText, sizeOf } from './shape.js';

/** Sizes below are not compared with the memory of the machine: to ask for it takes longer than to make the array. */
const SMALL = 2 ** 26;

/** Such sizes are always to be had, and tensors of them are made by the thousand. */
const TINY = 2 ** 12;

function tooLarge(name: string, shape: Shape, bytes: number, cause?: unknown): MemoryError {
  const options = cause === undefined ? undefined : { cause };
  return new MemoryError(
    `out of memory: ${name} of shape ${shapeText(shape)} needs ${bytes} bytes, which cannot be had`,
    options,
  );
}

function allocate<A>(make: (size: number) => A, width: number, name: string, shape: Shape): A {
  const size = sizeOf(shape);
  // Pages are given when they are written, so that the system promises more than it has.
  if (!(size <= SMALL) && !(size * width <= totalmem())) throw tooLarge(name, shape, size * width);
  try {
    return make(size);
  } catch (cause) {
    throw tooLarge(name, shape, size * width, cause);
  }
}

/** Zeros for `shape`. @throws MemoryError where there is no memory for so many */
export function allocateFloats(shape: Shape, name = 'a result'): Float32Array<ArrayBuffer> {
  const size = sizeOf(shape);
  if (size <= TINY) return new Float32Array(size);
  return allocate((size) => new Float32Array(size), 4, name, shape);
}

/** A copy of `data` in memory of its own. @throws MemoryError where there is no memory for it */
export function copyFloats(data: Float32Array, name = 'a copy'): Float32Array<ArrayBuffer> {
  const copy = allocateFloats([data.length], name);
  copy.set(data);
  return copy;
}

interface ArrayClass<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): A;
}

/** Zeros for `shape` in an array of any class. @throws MemoryError where there is no memory for so many */
export function allocateArray<A>(ArrayOf: ArrayClass<A>, shape: Shape, name = 'a result'): A {
  return allocate((size) => new ArrayOf(size), ArrayOf.BYTES_PER_ELEMENT, name, shape);
}

/** Zeros for `shape`. @throws MemoryError where there is no memory for so many */
export function allocateBytes(shape: Shape, name = 'a mask'): Uint8Array<ArrayBuffer> {
  return allocate((size) => new Uint8Array(size), 1, name, shape);
}
