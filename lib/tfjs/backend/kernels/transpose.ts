/** Axes in another order, for float32 and int32. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { addon } from '../../../native/load.js';
import { worthNative } from '../native_size.js';
import { type Kernel, sizeOf } from './kernel.js';

/** An element's way through JavaScript's arrays of indices, in additions. */
const COST = 16;
/** Of the native kernel. */
const MOST_DIMENSIONS = 6;

/** Without dimensions of 1, and those merged that stay neighbours; `shape` is of the input. */
function merge(shape: readonly number[], permutation: readonly number[]): [number[], number[]] {
  const groups: number[][] = [];
  for (const axis of permutation) {
    if (shape[axis] === 1) continue;
    const last = groups.at(-1);
    const from = last?.at(-1);
    const next = from === undefined ? -1 : shape.findIndex((size, i) => i > from && size !== 1);
    if (last && next === axis) last.push(axis);
    else groups.push([axis]);
  }
  const order = [...groups].sort((a, b) => a[0]! - b[0]!);
  return [
    order.map((group) => sizeOf(group.map((axis) => shape[axis]!))),
    groups.map((group) => order.indexOf(group)),
  ];
}

const transpose: Kernel = ({ backend, inputs, attrs }) => {
  const x = inputs.x as TensorInfo;
  const values = backend.peek(x);
  const size = sizeOf(x.shape);
  const float = x.dtype === 'float32' && values instanceof Float32Array;
  if (!float && !(x.dtype === 'int32' && values instanceof Int32Array)) return undefined;
  if (size === 0 || !worthNative(size * COST)) return undefined;
  const perm = attrs.perm as number[];
  const [shape, permutation] = merge(x.shape, perm);
  if (shape.length > MOST_DIMENSIONS) return undefined;
  const resultShape = perm.map((axis) => x.shape[axis]!);
  if (shape.length < 2) {
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: resultShape, dtype: x.dtype };
  }
  if (values instanceof Float32Array) {
    const out = backend.allocate(size);
    addon().transpose({ x: values, out, shape, permutation });
    return backend.wrap(resultShape, out);
  }
  const out = new Int32Array(size);
  addon().transpose({ x: values, out, shape, permutation });
  return backend.makeTensorInfo(resultShape, x.dtype, out);
};

export const TRANSPOSE_KERNELS: Record<string, Kernel> = { Transpose: transpose };
