/**
 * Typed arrays that callers give. Those of another realm (a vm context) and of subclasses are taken as plain arrays of
 * this realm over the same memory: methods of a subclass are somebody else's code.
 */
import { types } from 'node:util';
import { ArgumentError, describe, expectation } from '../errors.js';

type TypedArray = Float32Array | Int32Array | Uint8Array;

/** Whether memory has been given away (by `postMessage` or `structuredClone` with `transfer`). */
export function isDetached(data: ArrayBufferView): boolean {
  if (data.byteLength > 0) return false;
  const { buffer } = data;
  const { detached } = buffer as { detached?: boolean };
  if (detached !== undefined) return detached;
  if (types.isSharedArrayBuffer(buffer) || buffer.byteLength > 0) return false;
  // Node 20 does not say it in any other way.
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

function checkMemory(name: string, data: TypedArray): void {
  // Native jobs keep the address of the data: memory that may shrink under them is refused.
  if ((data.buffer as { resizable?: boolean }).resizable) {
    throw new ArgumentError(expectation(name, 'memory of a fixed size', 'a resizable ArrayBuffer', 'buffer'));
  }
  checkAttached(name, data);
}

/** @throws ArgumentError where a getter of the caller's options has given away what was checked before */
export function checkAttached(name: string, data: ArrayBufferView): void {
  if (isDetached(data)) {
    throw new ArgumentError(
      `${name}: the memory of this array has been transferred and is not here any more`,
      { argument: name, reason: 'buffer' },
    );
  }
}

interface ArrayClass<A> {
  readonly prototype: A;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
}

function plain<A extends TypedArray>(ArrayOf: ArrayClass<A>, name: string, data: A): A {
  checkMemory(name, data);
  if (Object.getPrototypeOf(data) === ArrayOf.prototype) return data;
  return new ArrayOf(data.buffer, data.byteOffset, data.length);
}

/** @throws ArgumentError on another type, a resizable buffer and a detached one */
export function checkFloats(name: string, data: unknown): Float32Array {
  if (!types.isFloat32Array(data)) {
    throw new ArgumentError(expectation(name, 'a Float32Array', describe(data), 'type'));
  }
  return plain<Float32Array>(Float32Array, name, data);
}

/** @throws as `checkFloats` */
export function checkIntegers(name: string, data: unknown): Int32Array {
  if (!types.isInt32Array(data)) {
    throw new ArgumentError(expectation(name, 'an Int32Array', describe(data), 'type'));
  }
  return plain<Int32Array>(Int32Array, name, data);
}

/** @throws as `checkFloats` */
export function checkBytes(name: string, data: unknown): Uint8Array {
  if (!types.isUint8Array(data)) {
    throw new ArgumentError(expectation(name, 'a Uint8Array', describe(data), 'type'));
  }
  return plain<Uint8Array>(Uint8Array, name, data);
}
