/**
 * From which size on a native kernel is worth its call, a microsecond. Below it the kernel of tfjs-backend-cpu runs. The
 * flag of TensorFlow.js' environment is there for tests, which set it to 0 so that nothing but native kernels run.
 */
import { env } from '@tensorflow/tfjs-core';

const FLAG = 'SYNTHETIC_NATIVE_SIZE';
/** Elements whose addition in JavaScript takes as long as the call. */
const DEFAULT_SIZE = 256;

env().registerFlag(FLAG, () => DEFAULT_SIZE);

/** @param work how many additions of JavaScript the kernel of tfjs-backend-cpu is worth */
export function worthNative(work: number): boolean {
  return work >= (env().get(FLAG) as number);
}
