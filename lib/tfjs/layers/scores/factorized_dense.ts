import { ScoreKind } from '../../../native/codes.js';
import { tf } from '../../tensorflow.js';
import { outerGradient } from '../fused/outer_gradient.js';
import { project, splitHeads } from '../project.js';
import { eachHead } from './each_head.js';
import type { ScoreInputs, ScoreOperation } from './score_operation.js';

/** A or B of every token, [batch, heads, queries, columns]. */
function factor(hidden: tf.Tensor4D, name: string, { read, sizes }: ScoreInputs): tf.Tensor {
  const { batch, heads } = sizes;
  const whole = read(`${name}/kernel`)!;
  const columns = whole.shape.at(-1)!;
  const kernel = eachHead(whole, 3, heads, columns);
  const written = tf.broadcastTo(tf.expandDims(kernel, 0), [batch, ...kernel.shape]);
  const rows = tf.matMul(hidden, written as tf.Tensor4D);
  const bias = read(`${name}/bias`);
  return bias ? tf.add(rows, tf.reshape(eachHead(bias, 2, heads, columns), [1, heads, 1, columns])) : rows;
}

/** Operands: A [batch, heads, queries, a] and B [batch, heads, queries, b]; logits_j = A[j mod a] * B[floor(j / a)]. */
export const factorizedDense: ScoreOperation = {
  linear: [0],
  operands(inputs) {
    const { batch, heads, queries } = inputs.sizes;
    const rows = project(inputs.query.rows, inputs.read, 'factorized_dense_1', { activation: 'relu' });
    const hidden = splitHeads(rows, batch, queries, heads);
    return [factor(hidden, 'factorized_dense_a', inputs), factor(hidden, 'factorized_dense_b', inputs)];
  },
  compose([left, right], { batch, heads, queries, keys }) {
    const [a, b] = [left!.shape[3]!, right!.shape[3]!];
    const every = tf.mul(tf.expandDims(left!, 3), tf.expandDims(right!, 4));
    const logits = tf.reshape(every, [batch, heads, queries, a * b]) as tf.Tensor4D;
    return keys === a * b
      ? logits
      : (tf.slice(logits, [0, 0, 0, 0], [batch, heads, queries, keys]) as tf.Tensor4D);
  },
  source([left, right], { heads, queries }) {
    const [a, b] = [left!.shape[3]!, right!.shape[3]!];
    return {
      options: {
        kind: ScoreKind.outer,
        weight: 1,
        depth: a,
        left: left!.data,
        leftStrides: [heads * queries * a, queries * a, a],
        right: right!.data,
        rightStrides: [heads * queries * b, queries * b, b],
      },
    };
  },
  gradient: ({ work, operands: [left, right], sizes: { keys }, logits }) =>
    outerGradient(work, logits, left!.data, right!.data, [keys, left!.shape[3]!, right!.shape[3]!]),
};
