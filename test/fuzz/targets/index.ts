/** Every target, in the order in which they run. */
import type { Target } from '../target.js';
import { kernelsTarget } from './kernels.js';

export const TARGETS: readonly Target[] = [kernelsTarget];
