/**
 * A training step of a classifier of sequences: a block around a MixtureSynthesizer (random and dot-product scores) of
 * this package, which is made of plain TensorFlow.js operations on other backends, as everything else here is on all. No
 * layers of tfjs-layers: on WebAssembly its dense layers do not take sequences, and its layer normalisation has a
 * gradient of thousands of operations, on any backend.
 */
import { mixtureSynthesizer } from '../../dist/tfjs/index.js';

/** @param make (shape, index) => array, what weights start from */
export function makeTraining(tf, sizes, x, labels, make) {
  const { batch, length, features, heads, hidden, classes } = sizes;
  const dim = features / heads;
  let made = 0;
  const weight = (shape, value) =>
    tf.tidy(() =>
      tf.variable(value === undefined ? tf.tensor(make(shape, made++), shape) : tf.fill(shape, value)),
    );
  const linear = (inputs, outputs) => ({ kernel: weight([inputs, outputs]), bias: weight([outputs], 0) });
  const norm = () => ({ gamma: weight([features], 1), beta: weight([features], 0) });
  const model = {
    firstNorm: norm(),
    up: linear(features, hidden),
    down: linear(hidden, features),
    secondNorm: norm(),
    output: linear(features, classes),
  };
  const attention = mixtureSynthesizer({
    scores: ['random', 'dot-product'],
    numHeads: heads,
    keyDim: dim,
    valueDim: dim,
    maxLength: length,
  });
  attention.apply(x).dispose();
  attention.setWeights(attention.getWeights().map(({ shape }) => tf.tensor(make(shape, made++), shape)));

  const dense = (input, { kernel, bias }) => tf.add(tf.matMul(input, kernel), bias);
  const normalize = (input, { gamma, beta }) => {
    const centered = tf.sub(input, tf.mean(input, -1, true));
    const deviation = tf.sqrt(tf.add(tf.mean(tf.square(centered), -1, true), 1e-5));
    return tf.add(tf.mul(tf.div(centered, deviation), gamma), beta);
  };
  const loss = () => {
    const attended = tf.add(x, attention.apply(x, { training: true }));
    const first = normalize(tf.reshape(attended, [batch * length, features]), model.firstNorm);
    const grown = dense(tf.relu(dense(first, model.up)), model.down);
    const second = normalize(tf.add(first, grown), model.secondNorm);
    const pooled = tf.mean(tf.reshape(second, [batch, length, features]), 1);
    return tf.losses.softmaxCrossEntropy(labels, dense(pooled, model.output));
  };
  const optimizer = tf.train.adam(1e-3);
  /** Forward, gradients and Adam. */
  return () => optimizer.minimize(loss, true);
}
