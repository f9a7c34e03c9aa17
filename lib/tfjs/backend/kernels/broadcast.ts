/** Two shapes that broadcast, as the fewest dimensions that a strided loop needs. */
import { broadcast_util } from '@tensorflow/tfjs-core';

export interface Broadcast {
  /** Of the result. */
  resultShape: number[];
  /** Merged dimensions, at least one. */
  shape: number[];
  /** In elements, one a merged dimension; 0 broadcasts. */
  aStrides: number[];
  bStrides: number[];
}

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);

/** @throws TensorFlow.js' error where they do not broadcast */
export function broadcast(a: number[], b: number[]): Broadcast {
  if (sameShape(a, b)) {
    const size = a.reduce((x, y) => x * y, 1);
    return { resultShape: a, shape: [size], aStrides: [1], bStrides: [1] };
  }
  const resultShape = broadcast_util.assertAndGetBroadcastShape(a, b);
  const [shape, aStrides, bStrides]: [number[], number[], number[]] = [[], [], []];
  let [aRun, bRun] = [1, 1];
  for (let i = 1; i <= resultShape.length; i++) {
    const size = resultShape.at(-i)!;
    const aSize = a.at(-i) ?? 1;
    const bSize = b.at(-i) ?? 1;
    if (size === 1) continue;
    const aStride = aSize === 1 ? 0 : aRun;
    const bStride = bSize === 1 ? 0 : bRun;
    aRun *= aSize;
    bRun *= bSize;
    const inner = shape[0];
    if (inner !== undefined && aStrides[0]! * inner === aStride && bStrides[0]! * inner === bStride) {
      shape[0] = inner * size;
    } else {
      shape.unshift(size);
      aStrides.unshift(aStride);
      bStrides.unshift(bStride);
    }
  }
  if (shape.length === 0) return { resultShape, shape: [1], aStrides: [0], bStrides: [0] };
  return { resultShape, shape, aStrides, bStrides };
}
