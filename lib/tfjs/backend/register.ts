/** Registers the backend with TensorFlow.js: kernels of its own over those of tfjs-backend-cpu. */
import '@tensorflow/tfjs-backend-cpu';
import {
  getKernelsForBackend,
  type KernelConfig,
  type KernelFunc,
  registerBackend,
  registerKernel,
} from '@tensorflow/tfjs-core';
import { type Call, KERNELS, type Kernel } from './kernels/index.js';
import { BACKEND_NAME, SyntheticBackend } from './synthetic_backend.js';
import { registerTileGradient } from './tile_gradient.js';
import { withWholeBatches } from './whole_batches.js';

/**
 * What TensorFlow.js starts with where nobody sets a backend: rather this than tfjs-backend-cpu (1), which comes along,
 * and what tfjs-node (3) is when both are there stays as it was.
 */
const PRIORITY = 2;

const PRODUCTS: ReadonlySet<string> = new Set(['BatchMatMul', '_FusedMatMul']);

function over(native: Kernel, inherited: KernelFunc): KernelFunc {
  return (call) => native(call as unknown as Call) ?? inherited(call);
}

function kernelOf(config: KernelConfig): KernelConfig {
  const native = Object.hasOwn(KERNELS, config.kernelName) ? KERNELS[config.kernelName] : undefined;
  const inherited = PRODUCTS.has(config.kernelName) ? withWholeBatches(config.kernelFunc) : config.kernelFunc;
  const kernelFunc = native ? over(native, inherited) : inherited;
  return { ...config, backendName: BACKEND_NAME, kernelFunc };
}

/** Once, however often the module is loaded: TensorFlow.js is one for all copies of it. */
export function registerSynthetic(): void {
  if (!registerBackend(BACKEND_NAME, () => new SyntheticBackend(), PRIORITY)) return;
  for (const config of getKernelsForBackend('cpu')) registerKernel(kernelOf(config));
  registerTileGradient();
}
