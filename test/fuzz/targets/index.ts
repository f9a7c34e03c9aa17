/** Every target, in the order in which they run. */
import type { Target } from '../target.js';
import { kernelsTarget } from './kernels.js';
import { layersTarget } from './layers.js';
import { modelsTarget } from './models.js';
import { serverTarget } from './server.js';
import { tokenizersTarget } from './tokenizers.js';

export const TARGETS: readonly Target[] = [
  modelsTarget,
  kernelsTarget,
  layersTarget,
  serverTarget,
  tokenizersTarget,
];
