/** Axes in another order, as numpy.transpose: a copy in row-major order. */
import { allocateBytes, allocateFloats } from './allocate.js';
import type { Shape } from './shape.js';

/** Elements of `data` [shape] in the order of the axes [shape[order[0]], shape[order[1]], ...]. */
export function permute<A extends Float32Array | Uint8Array>(
  data: A,
  shape: Shape,
  order: readonly number[],
): { data: A; shape: number[] } {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  const to = order.map((axis) => shape[axis]!);
  const step = order.map((axis) => strides[axis]!);
  const out = (data instanceof Float32Array ? allocateFloats(shape) : allocateBytes(shape)) as A;
  const index = new Array<number>(to.length).fill(0);
  let from = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = data[from]!;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      from += step[axis]!;
      if (++index[axis]! < to[axis]!) break;
      from -= step[axis]! * to[axis]!;
      index[axis] = 0;
    }
  }
  return { data: out, shape: to };
}

/** The order that undoes `order`. */
export function inverseOrder(order: readonly number[]): number[] {
  const inverse = new Array<number>(order.length);
  order.forEach((axis, i) => {
    inverse[axis] = i;
  });
  return inverse;
}
