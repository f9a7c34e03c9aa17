/** Every kernel that this backend does itself, by tfjs-core's name. */
import { BATCH_NORM_KERNELS } from './batch_norm.js';
import { BINARY_KERNELS } from './binary.js';
import { BLOCK_KERNELS } from './blocks.js';
import { CAST_KERNELS } from './cast.js';
import { FILL_KERNELS } from './fill.js';
import { GATHER_KERNELS } from './gather.js';
import type { Kernel } from './kernel.js';
import { MATMUL_KERNELS } from './matmul.js';
import { REDUCE_KERNELS } from './reduce.js';
import { SOFTMAX_KERNELS } from './softmax.js';
import { TRANSPOSE_KERNELS } from './transpose.js';
import { UNARY_KERNELS } from './unary.js';

export type { Call, Kernel } from './kernel.js';

export const KERNELS: Record<string, Kernel> = {
  ...BATCH_NORM_KERNELS,
  ...BINARY_KERNELS,
  ...BLOCK_KERNELS,
  ...CAST_KERNELS,
  ...FILL_KERNELS,
  ...GATHER_KERNELS,
  ...MATMUL_KERNELS,
  ...REDUCE_KERNELS,
  ...SOFTMAX_KERNELS,
  ...TRANSPOSE_KERNELS,
  ...UNARY_KERNELS,
};
