/**
 * Attention layers made of TensorFlow.js' operations: a product of matrices for a projection over all tokens, heads
 * moved to the front for attention and back.
 */
import tf from '@tensorflow/tfjs-core';
import { attentionByHead, batchedAttention } from './tfjs_attention.mjs';

/** Biases lie flat from the start: a bias that was reshaped is refused by the fused product of the wasm backend. */
export function layerShape({ name, shape }) {
  return name.endsWith('/bias') ? [shape.reduce((a, b) => a * b, 1)] : shape;
}

/** x [rows, features] to [rows, columns]; weights have an axis a head, which lies flat here. */
function linear(tensors, name, x) {
  const [kernel, bias] = [tensors[`${name}/kernel`], tensors[`${name}/bias`]];
  return tf.fused.matMul({ a: x, b: tf.reshape(kernel, [-1, bias.size]), bias });
}

/** One product of [length, length] and [length, batch * dim] a head, see attentionByHead. */
function weightedByHead({ batch, heads, length, dim }, weights, v) {
  const values = tf.unstack(tf.reshape(tf.transpose(v, [1, 2, 0, 3]), [heads, length, batch * dim]));
  const outputs = tf.unstack(weights).map((weight, h) => tf.matMul(weight, values[h]));
  return tf.transpose(tf.reshape(tf.stack(outputs), [heads, length, batch, dim]), [2, 0, 1, 3]);
}

const weightedBatched = (_item, weights, v) => tf.matMul(tf.expandDims(weights, 0), v);

/**
 * By score function, the ways to get the context [batch, heads, length, dim] of values of that shape; `project`
 * gives a projection of x in it.
 */
const CONTEXTS = {
  'dot-product': [batchedAttention, attentionByHead].map((form) => (item, _tensors, project, v) => {
    const scale = 1 / Math.sqrt(item.dim);
    return form({ ...item, scale }, project('query'), project('key'), v);
  }),

  // The softmax is made in every call, since R is a weight that may be trained: a hundredth of the layer's time.
  random: [weightedBatched, weightedByHead].map(
    (form) => (item, tensors, _project, v) => form(item, tf.softmax(tensors['random/kernel']), v),
  ),
};

/** @returns the ways to write the layer, functions of its tensors by name */
export function layerForms(item) {
  const { batch, length, features, heads, dim, scores } = item;
  const contexts = CONTEXTS[scores[0]];
  if (scores.length > 1 || !contexts) throw new Error(`has no ${scores.join(' + ')} scores`);
  const toFront = (x) => tf.transpose(tf.reshape(x, [batch, length, heads, dim]), [0, 2, 1, 3]);
  return contexts.map((contextOf) => (tensors) => {
    const x = tf.reshape(tensors.x, [batch * length, features]);
    const project = (name) => toFront(linear(tensors, name, x));
    const context = contextOf(item, tensors, project, project('value'));
    const rows = tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [batch * length, heads * dim]);
    return linear(tensors, 'attention_output', rows);
  });
}
