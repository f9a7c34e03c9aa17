/** Softmax over the last axis, and its logarithm. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { worthNative } from '../native_size.js';
import { deferSoftmax, softmaxRows } from './attention.js';
import { scaled } from './deferred.js';
import { type Call, isFloat, type Kernel, sizeOf } from './kernel.js';

/** Exponentials and the passes of the kernel that is made of others. */
const COST = 8;

interface Rows {
  rows: number;
  columns: number;
}

function rowsOf({ inputs, attrs }: Call): Rows | undefined {
  const { shape } = inputs.logits as TensorInfo;
  const rank = shape.length;
  const dim = (attrs.dim as number | undefined) ?? (attrs.axis as number | undefined) ?? -1;
  const size = sizeOf(shape);
  const last = rank > 0 && (dim === -1 || dim === rank - 1);
  if (!isFloat(inputs.logits) || !last || size === 0 || !worthNative(size * COST)) return undefined;
  const columns = shape[rank - 1]!;
  return { rows: size / columns, columns };
}

const softmax: Kernel = (call) => {
  const rows = rowsOf(call);
  if (rows === undefined) return undefined;
  const { backend, inputs } = call;
  const { shape } = inputs.logits as TensorInfo;
  const { core, scale } = scaled(backend, inputs.logits!) ?? { core: undefined, scale: 1 };
  const deferred = core && deferSoftmax(backend, shape, core, scale);
  if (deferred) return deferred;
  const x = core ? core.array : backend.floats(inputs.logits!);
  const y = backend.allocate(x.length);
  softmaxRows(x, y, rows.columns, scale);
  return backend.wrap(shape, y);
};

export const SOFTMAX_KERNELS: Record<string, Kernel> = { Softmax: softmax };
