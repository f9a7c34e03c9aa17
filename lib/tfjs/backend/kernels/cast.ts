/** Changes of type between numbers. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Kernel } from './kernel.js';

/**
 * tfjs-backend-cpu leaves integers as they are when they become float32, and every kernel after it has to convert them
 * again.
 */
const cast: Kernel = ({ backend, inputs, attrs }) => {
  const x = inputs.x as TensorInfo;
  const values = backend.peek(x);
  const dtype = attrs.dtype as TensorInfo['dtype'];
  if (dtype === 'float32' && (values instanceof Int32Array || values instanceof Uint8Array)) {
    const out = backend.allocate(values.length);
    out.set(values);
    return backend.wrap(x.shape, out);
  }
  if (dtype === 'int32' && x.dtype === 'float32' && values instanceof Float32Array) {
    return backend.makeTensorInfo(x.shape, 'int32', new Int32Array(values));
  }
  return undefined;
};

/** Where the condition has the shape of what is chosen from. */
const select: Kernel = ({ backend, inputs }) => {
  const { condition, t, e } = inputs as { condition: TensorInfo; t: TensorInfo; e: TensorInfo };
  if (t.dtype !== 'float32' || e.dtype !== 'float32') return undefined;
  const chosen = backend.peek(condition);
  const [yes, no] = [backend.floats(t), backend.floats(e)];
  const same = chosen instanceof Uint8Array && chosen.length === yes.length && yes.length === no.length;
  if (!same) return undefined;
  const out = backend.allocate(yes.length);
  for (let i = 0; i < out.length; i++) out[i] = chosen[i] === 1 ? yes[i]! : no[i]!;
  return backend.wrap(t.shape, out);
};

export const CAST_KERNELS: Record<string, Kernel> = { Cast: cast, Select: select };
