// Dot-product attention made of TensorFlow.js' operations; q, k and v are [batch, heads, length, dim].
import tf from '@tensorflow/tfjs-core';

/** The query is scaled instead of the logits: it is smaller. */
export function batchedAttention({ scale }, q, k, v) {
  return tf.matMul(tf.softmax(tf.matMul(tf.mul(q, scale), k, false, true)), v);
}

/** Products of plain matrices only: the WebAssembly backend has its fast product for nothing else. */
export function attentionByHead({ batch, heads, length, dim, scale }, q, k, v) {
  const split = (x, rows, columns) => tf.unstack(tf.reshape(x, [batch * heads, rows, columns]));
  const queries = split(tf.mul(q, scale), length, dim);
  const keys = split(tf.transpose(k, [0, 1, 3, 2]), dim, length);
  const values = split(v, length, dim);
  const outputs = queries.map((query, h) => tf.matMul(tf.softmax(tf.matMul(query, keys[h])), values[h]));
  return tf.reshape(tf.stack(outputs), q.shape);
}
