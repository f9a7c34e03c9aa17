/**
 * The gradient of `tile` as one sum. That of TensorFlow.js slices and adds once a repetition: thousands of operations for
 * a layer normalisation of tfjs-layers, which repeats its scale for every token.
 */
import {
  getGradient,
  type NamedAttrMap,
  registerGradient,
  reshape,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { syntheticBackend } from './synthetic_backend.js';

const KERNEL = 'Tile';

function sumRepetitions(dy: Tensor, shape: readonly number[], reps: readonly number[]): Tensor {
  const split: number[] = [];
  const repeated: number[] = [];
  shape.forEach((size, i) => {
    if (reps[i] !== 1) repeated.push(split.push(reps[i]!) - 1);
    split.push(size);
  });
  return reshape(sum(reshape(dy, split), repeated), [...shape]);
}

/** On this backend only; others keep the gradient that was there. */
export function registerTileGradient(): void {
  const original = getGradient(KERNEL);
  if (original === undefined) return;
  registerGradient({
    ...original,
    gradFunc: (dy, saved, attrs: NamedAttrMap) => {
      if (syntheticBackend() === undefined) return original.gradFunc(dy, saved, attrs);
      const [x] = saved as [Tensor];
      return { x: () => sumRepetitions(dy as Tensor, x.shape, attrs.reps as number[]) };
    },
  });
}
