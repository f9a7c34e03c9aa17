/** The `out` option that kernels share: memory to write into instead of a new tensor. */

import { checkSameShape, type Shape, sizeOf } from '../tensor/shape.js';
import { checkTensor, Tensor, type TensorLike } from '../tensor/tensor.js';
import { owned } from './own_arrays.js';

export interface OutputOption {
  /** Written and returned instead of a new tensor; must have the result's shape. */
  out?: TensorLike;
}

/** A new tensor, which the caller gets when the call has ended. */
export function resultTensor(shape: Shape): Tensor {
  return new Tensor(owned(new Float32Array(sizeOf(shape))), shape);
}

export function outputTensor(out: TensorLike | undefined, shape: Shape): Tensor {
  if (out === undefined) return resultTensor(shape);
  const view = checkTensor('out', out);
  checkSameShape('out', view.shape, shape);
  return out instanceof Tensor ? out : new Tensor(view.data, view.shape);
}
