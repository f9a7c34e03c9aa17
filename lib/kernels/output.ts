/** The `out` option that kernels share: memory to write into instead of a new tensor. */

import { types } from 'node:util';
import { ArgumentError, expectation } from '../errors.js';
import { allocateFloats } from '../tensor/allocate.js';
import { checkSameShape, type Shape } from '../tensor/shape.js';
import { checkTensor, Tensor, type TensorLike } from '../tensor/tensor.js';
import { owned } from './own_arrays.js';

export interface OutputOption {
  /** Written and returned instead of a new tensor; must have the result's shape. */
  out?: TensorLike;
}

/** A new tensor, which the caller gets when the call has ended. */
export function resultTensor(shape: Shape): Tensor {
  return new Tensor(owned(allocateFloats(shape)), shape);
}

export function outputTensor(out: TensorLike | undefined, shape: Shape): Tensor {
  if (out === undefined) return resultTensor(shape);
  const view = checkTensor('out', out);
  checkSameShape('out', view.shape, shape);
  return isPlain(out, view.data) ? out : new Tensor(view.data, view.shape);
}

/** Whether reading `data` of this tensor gives the checked array again: a getter or a Proxy may give another one. */
function isPlain(out: TensorLike, data: Float32Array): out is Tensor {
  if (!(out instanceof Tensor) || types.isProxy(out)) return false;
  return Object.getOwnPropertyDescriptor(out, 'data')?.value === data;
}

/** Memory that an operation reads: a typed array, or null where it has none. */
type Operand = ArrayBufferView | null | undefined;

/** Whether two arrays share bytes. */
function overlap(a: ArrayBufferView, b: ArrayBufferView): boolean {
  return (
    a.buffer === b.buffer &&
    a.byteOffset < b.byteOffset + b.byteLength &&
    b.byteOffset < a.byteOffset + a.byteLength
  );
}

/** `out` must share no memory with these inputs: kernels read them while they write it. */
export function checkApart(out: ArrayBufferView, inputs: Readonly<Record<string, Operand>>): void {
  for (const name in inputs) {
    const input = inputs[name];
    if (input && overlap(out, input)) {
      throw new ArgumentError(expectation('out', 'memory of its own', `memory shared with ${name}`));
    }
  }
}

/** As `checkApart`, but `out` may be the whole of the input: the kernel then works in place. */
export function checkApartOrSame(out: ArrayBufferView, name: string, input: ArrayBufferView): void {
  if (out.buffer !== input.buffer) return;
  const same =
    out.buffer === input.buffer && out.byteOffset === input.byteOffset && out.byteLength === input.byteLength;
  if (!same) checkApart(out, { [name]: input });
}
