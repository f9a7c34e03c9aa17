/** (x - mean) / sqrt(variance + epsilon) * scale + offset: tfjs-layers' batch and layer normalisations end in it. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { BinaryOp, UnaryOp } from '../../../native/codes.js';
import { addon } from '../../../native/load.js';
import { worthNative } from '../native_size.js';
import { isFloat, type Kernel, sizeOf } from './kernel.js';

/** Additions that an element of it is worth. */
const COST = 8;

const batchNorm: Kernel = ({ backend, inputs, attrs }) => {
  const { x, mean, variance, scale, offset } = inputs as Record<string, TensorInfo | undefined>;
  const size = sizeOf(x!.shape);
  const others = [mean!, variance!, scale, offset].filter((info) => info !== undefined);
  // Each is repeated over x from its first element to its last, whatever its shape.
  const right = others.every(
    ({ shape }) => shape.length === mean!.shape.length && size % sizeOf(shape) === 0,
  );
  if (!isFloat(x, ...others) || !right || size === 0 || !worthNative(size * COST)) return undefined;
  const out = backend.allocate(size);
  const step = (op: number, a: Float32Array, b: Float32Array) => {
    const shape = [size / b.length, b.length];
    addon().binary({ op, a, b, out, shape, aStrides: [b.length, 1], bStrides: [0, 1] });
  };
  const values = backend.floats(variance!);
  const rsqrt = backend.allocate(values.length);
  const epsilon = Float32Array.of((attrs.varianceEpsilon as number | undefined) ?? 0.001);
  const shape = [values.length];
  addon().binary({
    op: BinaryOp.add,
    a: values,
    b: epsilon,
    out: rsqrt,
    shape,
    aStrides: [1],
    bStrides: [0],
  });
  addon().unary({ op: UnaryOp.rsqrt, x: rsqrt, out: rsqrt });
  step(BinaryOp.sub, backend.floats(x!), backend.floats(mean!));
  step(BinaryOp.mul, out, rsqrt);
  if (scale) step(BinaryOp.mul, out, backend.floats(scale));
  if (offset) step(BinaryOp.add, out, backend.floats(offset));
  backend.recycle(rsqrt);
  return backend.wrap(x!.shape, out);
};

export const BATCH_NORM_KERNELS: Record<string, Kernel> = { FusedBatchNorm: batchNorm };
