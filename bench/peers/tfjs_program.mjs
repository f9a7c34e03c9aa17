/**
 * Programs of TensorFlow.js, the same file on every backend: this package's 'synthetic', WebAssembly and plain
 * JavaScript. tfjs-core is the one that this package takes, and its engine is one for all backends of a process.
 */
import { createRequire } from 'node:module';
import { info, setThreads } from '../../dist/index.js';
import { uniform } from '../lib/random.mjs';
import { blockWeights, transformerBlock } from './tfjs_block.mjs';
import { makeTraining } from './tfjs_training.mjs';

const require = createRequire(new URL('../../package.json', import.meta.url));
const tf = require('@tensorflow/tfjs-core');
// Registers the gradients.
require('@tensorflow/tfjs-layers');

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
/** Of the size that weights have: large ones make all logits alike large, and softmax a choice. */
const weightsOf = (shapes, amplitude) =>
  shapes.map(({ shape }, i) => tf.tensor(uniform(sizeOf(shape), 100 + i, amplitude), shape));

const PROGRAMS = {
  block(sizes) {
    const shapes = blockWeights(sizes);
    const tensors = weightsOf(shapes, 0.06);
    const weights = Object.fromEntries(shapes.map(({ name }, i) => [name, tensors[i]]));
    const shape = [sizes.batch, sizes.length, sizes.features];
    const x = tf.tensor(uniform(sizeOf(shape), 1), shape);
    let last;
    return {
      run() {
        last?.dispose();
        last = tf.tidy(() => transformerBlock(tf, sizes, weights, x));
        return last;
      },
      output: (result) => result.dataSync(),
    };
  },

  training(sizes) {
    const { batch, length, features, classes } = sizes;
    const shape = [batch, length, features];
    const x = tf.tensor(uniform(sizeOf(shape), 1), shape);
    const labels = tf.oneHot(
      tf.tensor1d(
        Array.from({ length: batch }, (_, i) => i % classes),
        'int32',
      ),
      classes,
    );
    const make = (weight, i) => uniform(sizeOf(weight), 100 + i, 0.1);
    const step = makeTraining(tf, sizes, x, labels, make);
    const losses = [];
    return {
      run() {
        const loss = step();
        // A step ends when its loss is there: nothing is put off.
        losses.push(loss.dataSync()[0]);
        loss.dispose();
        return losses;
      },
      /** What the first steps' gradients and Adam made of the model: its losses on the way. */
      output: () => Float32Array.from(losses),
    };
  },
};

export async function load({ backend, threads }) {
  tf.env().set('PROD', true);
  // The others came with this package's layers.
  if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend(backend))) throw new Error(`expected backend ${backend} but it did not start`);
  await tf.ready();
  const ours = backend === 'synthetic';
  if (ours) setThreads(threads);
  return {
    version: ours ? info().version : tf.version_core,
    threads: ours ? threads : 1,
    ...(ours && { tier: info().isa }),
    prepare: (item) => PROGRAMS[item.program](item),
  };
}
