/** Copies of strided parts of an array: slices and permuted tensors. */
import type { AnyTypedArray } from './tensor_types.js';

/** Writes the elements at `offset + sum(index_i * strides_i)` to `out` in row-major order of `sizes`. */
export function gather(
  data: AnyTypedArray,
  out: AnyTypedArray,
  offset: number,
  sizes: readonly number[],
  strides: readonly number[],
): void {
  const last = sizes.length - 1;
  const [from, to] = [data as Float64Array, out as Float64Array];
  let at = 0;
  const visit = (axis: number, begin: number): void => {
    const [size, stride] = [sizes[axis]!, strides[axis]!];
    if (axis < last) {
      for (let i = 0; i < size; i++) visit(axis + 1, begin + i * stride);
    } else if (stride === 1) {
      to.set(from.subarray(begin, begin + size), at);
      at += size;
    } else {
      for (let i = 0; i < size; i++) to[at++] = from[begin + i * stride]!;
    }
  };
  if (last < 0) to[0] = from[offset]!;
  else visit(0, offset);
}
