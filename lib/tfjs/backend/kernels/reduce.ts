/** Sums, means and extremes over axes. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { ReduceOp } from '../../../native/codes.js';
import { addon } from '../../../native/load.js';
import { worthNative } from '../native_size.js';
import { axesOf, isFloat, type Kernel, sizeOf } from './kernel.js';
import { deferMean } from './normal.js';

/** Axes that follow each other, [first, after last]. */
function runsOf(axes: number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const axis of axes) {
    const last = runs.at(-1);
    if (last?.[1] === axis) last[1]++;
    else runs.push([axis, axis + 1]);
  }
  return runs;
}

const kernel =
  (op: number, attribute = 'axis'): Kernel =>
  ({ backend, inputs, attrs }) => {
    const x = inputs.x as TensorInfo;
    const rank = x.shape.length;
    const axes = axesOf(attrs[attribute], rank);
    const size = sizeOf(x.shape);
    if (!isFloat(x) || !axes || axes.length === 0 || size === 0 || !worthNative(size)) return undefined;
    if (op === ReduceOp.mean && attrs.keepDims && axes.length === 1 && axes[0] === rank - 1) {
      const deferred = deferMean(backend, x);
      if (deferred) return deferred;
    }
    // One pass a run of axes, the last first: what lies before it keeps its place.
    const shape = [...x.shape];
    let values = backend.floats(x);
    let own = false;
    for (const [from, to] of runsOf(axes).reverse()) {
      const outer = sizeOf(shape.slice(0, from));
      const inner = sizeOf(shape.slice(to));
      const out = backend.allocate(outer * inner);
      addon().reduce({ op, x: values, out, outer, size: sizeOf(shape.slice(from, to)), inner });
      if (own) backend.recycle(values);
      [values, own] = [out, true];
      shape.fill(1, from, to);
    }
    const kept = attrs.keepDims ? shape : shape.filter((_, i) => !axes.includes(i));
    return backend.wrap(kept, values);
  };

export const REDUCE_KERNELS: Record<string, Kernel> = {
  Max: kernel(ReduceOp.max, 'reductionIndices'),
  Mean: kernel(ReduceOp.mean),
  Min: kernel(ReduceOp.min),
  Sum: kernel(ReduceOp.sum),
};
