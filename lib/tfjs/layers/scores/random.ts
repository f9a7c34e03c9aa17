import { ScoreKind } from '../../../native/codes.js';
import { tf } from '../../tensorflow.js';
import type { ScoreOperation } from './score_operation.js';

/** Operand: R [heads, queries, keys]. */
export const random: ScoreOperation = {
  linear: [0],
  operands({ read, sizes: { heads, queries, keys } }) {
    const whole = read('random/kernel') as tf.Tensor3D;
    const [, n] = whole.shape;
    return [queries === n && keys === n ? whole : tf.slice(whole, [0, 0, 0], [heads, queries, keys])];
  },
  compose: ([logits]) => tf.expandDims(logits!, 0),
  source: ([logits], { queries, keys }) => ({
    options: {
      kind: ScoreKind.matrix,
      weight: 1,
      left: logits!.data,
      leftStrides: [0, queries * keys, keys],
    },
  }),
  // A copy: gradients are scaled in place, and others may ask for the sum too.
  gradient: ({ work, batchSum }) => [work.copy(batchSum())],
};
