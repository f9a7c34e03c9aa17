/**
 * A transformer block as people write it in TensorFlow.js, with no thought of a backend: batched products over heads,
 * layer norms and GELU made of elementwise operations.
 */

/** Weights by name, with their shapes. */
export function blockWeights({ features, hidden }) {
  const linear = (name, inputs, outputs) => [
    { name: `${name}/kernel`, shape: [inputs, outputs] },
    { name: `${name}/bias`, shape: [outputs] },
  ];
  const norm = (name) => ['gamma', 'beta'].map((part) => ({ name: `${name}/${part}`, shape: [features] }));
  return [
    ...['query', 'key', 'value', 'output'].flatMap((name) => linear(name, features, features)),
    ...norm('attention_norm'),
    ...linear('up', features, hidden),
    ...linear('down', hidden, features),
    ...norm('output_norm'),
  ];
}

/** @param x [batch, length, features] */
export function transformerBlock(tf, { batch, length, features, heads }, weights, x) {
  const dim = features / heads;
  const linear = (name, input) =>
    tf.add(tf.matMul(input, weights[`${name}/kernel`]), weights[`${name}/bias`]);
  const norm = (name, input) => {
    const centered = tf.sub(input, tf.mean(input, -1, true));
    const variance = tf.mean(tf.square(centered), -1, true);
    const normal = tf.mul(centered, tf.rsqrt(tf.add(variance, 1e-5)));
    return tf.add(tf.mul(normal, weights[`${name}/gamma`]), weights[`${name}/beta`]);
  };
  const gelu = (input) => tf.mul(tf.mul(input, 0.5), tf.add(tf.erf(tf.mul(input, Math.SQRT1_2)), 1));
  const split = (input) => tf.transpose(tf.reshape(input, [batch, length, heads, dim]), [0, 2, 1, 3]);

  const rows = tf.reshape(x, [batch * length, features]);
  const [query, key, value] = ['query', 'key', 'value'].map((name) => split(linear(name, rows)));
  const logits = tf.mul(tf.matMul(query, key, false, true), 1 / Math.sqrt(dim));
  const context = tf.matMul(tf.softmax(logits), value);
  const merged = tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [batch * length, features]);
  const attended = norm('attention_norm', tf.add(rows, linear('output', merged)));
  const grown = linear('down', gelu(linear('up', attended)));
  return tf.reshape(norm('output_norm', tf.add(attended, grown)), [batch, length, features]);
}
