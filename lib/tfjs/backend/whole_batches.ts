/**
 * Products whose batches broadcast: the kernels of tfjs-backend-cpu take the last matrix of the smaller batch again and
 * again, which is right only where that batch is one matrix. Given whole batches they have nothing to broadcast. A batch of
 * no matrices is one matrix to them.
 */
import { broadcast_util, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { matrixIndices } from '../../kernels/product_plan.js';
import { type Call, sizeOf } from './kernels/kernel.js';
import type { SyntheticBackend } from './synthetic_backend.js';

type Numbers = Float32Array | Int32Array | Uint8Array;

/** A tensor [...batch, rows, columns] of the matrices of `info`; undefined where it is that already, or is one matrix. */
function expanded(backend: SyntheticBackend, info: TensorInfo, batch: number[]): TensorInfo | undefined {
  const own = info.shape.slice(0, -2);
  if (sizeOf(own) === sizeOf(batch) || sizeOf(own) === 1) return undefined;
  const values = backend.peek(info) as Numbers;
  const shape = [...batch, ...info.shape.slice(-2)];
  const matrix = sizeOf(info.shape.slice(-2));
  const whole = new (values.constructor as new (size: number) => Numbers)(sizeOf(shape));
  for (const [i, from] of matrixIndices(own, batch).entries()) {
    whole.set(values.subarray(from * matrix, (from + 1) * matrix), i * matrix);
  }
  return { dataId: backend.write(whole, shape, info.dtype), shape, dtype: info.dtype };
}

/** The product where it has no elements; undefined where it has some, or where the matrices do not fit. */
function emptyProduct({ backend, inputs, attrs }: Call, batch: number[]): TensorInfo | undefined {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  const [m, k] = attrs.transposeA ? a.shape.slice(-2).reverse() : a.shape.slice(-2);
  const [inner, n] = attrs.transposeB ? b.shape.slice(-2).reverse() : b.shape.slice(-2);
  const shape = [...batch, m!, n!];
  if (k !== inner || sizeOf(shape) !== 0) return undefined;
  return backend.makeTensorInfo(shape, a.dtype, util.getTypedArrayFromDType(a.dtype as 'float32', 0));
}

/** `kernel`, a product of matrices of tfjs-backend-cpu, right for all batches that broadcast. */
export function withWholeBatches(kernel: KernelFunc): KernelFunc {
  return (call) => {
    const { backend, inputs } = call as unknown as Call;
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    // Complex numbers are refused by the kernel, in its own words.
    if (a.dtype === 'complex64' || b.dtype === 'complex64') return kernel(call);
    const batch = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const empty = emptyProduct(call as unknown as Call, batch);
    if (empty) return empty;
    const [wholeA, wholeB] = [expanded(backend, a, batch), expanded(backend, b, batch)];
    try {
      return kernel({ ...call, inputs: { ...inputs, a: wholeA ?? a, b: wholeB ?? b } });
    } finally {
      for (const whole of [wholeA, wholeB]) if (whole) backend.disposeData(whole.dataId);
    }
  };
}
