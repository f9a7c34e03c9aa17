// TensorFlow.js on this package's backend; whose layers register the gradients, too.
import tf from '@tensorflow/tfjs-core';
import { BACKEND_NAME } from '../../dist/tfjs/index.js';

export async function startTensorflow() {
  if (!(await tf.setBackend(BACKEND_NAME))) throw new Error(`backend ${BACKEND_NAME} does not start`);
}

export { tf };
