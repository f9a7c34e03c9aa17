/** Tensors of one number. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { isFloat, type Kernel, sizeOf } from './kernel.js';

const like =
  (value: number): Kernel =>
  ({ backend, inputs }) => {
    const x = inputs.x as TensorInfo;
    return isFloat(x) ? backend.wrap(x.shape, backend.allocate(sizeOf(x.shape)).fill(value)) : undefined;
  };

const fill: Kernel = ({ backend, attrs }) => {
  const { shape, value, dtype } = attrs as { shape: number[]; value: unknown; dtype: unknown };
  const float = typeof value === 'number' && (dtype ?? 'float32') === 'float32';
  return float ? backend.wrap(shape, backend.allocate(sizeOf(shape)).fill(value)) : undefined;
};

export const FILL_KERNELS: Record<string, Kernel> = {
  Fill: fill,
  OnesLike: like(1),
  ZerosLike: like(0),
};
