/** Kernels that the layers that learn add to the backend 'synthetic', beside those of TensorFlow.js. */
import { BACKEND_NAME, type SyntheticBackend } from '../../backend/synthetic_backend.js';
import { tf } from '../../tensorflow.js';

export type Inputs = Record<string, tf.TensorInfo>;

/** @param Attributes what a kernel is called with besides tensors */
export type OwnKernel<Attributes> = (
  backend: SyntheticBackend,
  inputs: Inputs,
  attributes: Attributes,
) => tf.TensorInfo | tf.TensorInfo[];

/** Makes the kernels known; once is enough. */
export function registerOwnKernels<Attributes>(kernels: Record<string, OwnKernel<Attributes>>): void {
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, BACKEND_NAME)) continue;
    tf.registerKernel({
      kernelName,
      backendName: BACKEND_NAME,
      kernelFunc: ({ inputs, backend, attrs }) =>
        kernel(backend as SyntheticBackend, inputs as Inputs, attrs as unknown as Attributes),
    });
  }
}
