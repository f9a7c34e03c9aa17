/** Copies between strided places, of any type: what slices, paddings, repetitions and concatenations are made of. */
import type { TypedArray } from '@tensorflow/tfjs-core';

/** Where the elements of a block lie in an array. */
export interface Place {
  values: TypedArray;
  offset: number;
  /** In elements, one a dimension of the block. */
  strides: readonly number[];
}

/** So short runs are quicker by element than by `set`. */
const SHORT = 24;

/** Both places without dimensions of 1, and those merged that are contiguous in both. */
function merge(shape: readonly number[], from: Place, to: Place): [number[], number[], number[]] {
  const [sizes, fromStrides, toStrides]: [number[], number[], number[]] = [[], [], []];
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i]!;
    const [mine, theirs] = [from.strides[i]!, to.strides[i]!];
    const inner = sizes[0];
    if (size === 1) continue;
    if (inner !== undefined && fromStrides[0]! * inner === mine && toStrides[0]! * inner === theirs) {
      sizes[0] = inner * size;
    } else {
      sizes.unshift(size);
      fromStrides.unshift(mine);
      toStrides.unshift(theirs);
    }
  }
  return [sizes, fromStrides, toStrides];
}

/** Copies a block of `shape`; a stride of 0 in `from` repeats. */
export function copyBlock(shape: readonly number[], from: Place, to: Place): void {
  if (shape.includes(0)) return;
  const [sizes, fromStrides, toStrides] = merge(shape, from, to);
  const depth = sizes.length - 1;
  const [x, y] = [from.values, to.values];
  const run = depth < 0 ? 1 : sizes[depth]!;
  const fromStep = depth < 0 ? 1 : fromStrides[depth]!;
  const toStep = depth < 0 ? 1 : toStrides[depth]!;
  const whole = fromStep === 1 && toStep === 1 && run >= SHORT;

  const copy = (i: number, fromOffset: number, toOffset: number): void => {
    if (i < depth) {
      for (let j = 0; j < sizes[i]!; j++) {
        copy(i + 1, fromOffset + j * fromStrides[i]!, toOffset + j * toStrides[i]!);
      }
    } else if (whole) {
      y.set(x.subarray(fromOffset, fromOffset + run), toOffset);
    } else {
      for (let j = 0; j < run; j++) y[toOffset + j * toStep] = x[fromOffset + j * fromStep]!;
    }
  };
  copy(0, from.offset, to.offset);
}
