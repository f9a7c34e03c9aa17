import { ScoreKind } from '../../../native/codes.js';
import { tf } from '../../tensorflow.js';
import type { ScoreOperation } from './score_operation.js';

/** Operands: R1 [heads, queries, rank], R2 [heads, keys, rank]. */
export const factorizedRandom: ScoreOperation = {
  linear: [0],
  operands({ read, sizes: { heads, queries, keys } }) {
    const leading = (name: string, rows: number): tf.Tensor => {
      const whole = read(name) as tf.Tensor3D;
      const [, n, rank] = whole.shape;
      return rows === n ? whole : tf.slice(whole, [0, 0, 0], [heads, rows, rank]);
    };
    return [leading('factorized_random_1/kernel', queries), leading('factorized_random_2/kernel', keys)];
  },
  compose: ([left, right]) =>
    tf.expandDims(tf.matMul(left as tf.Tensor3D, right as tf.Tensor3D, false, true), 0),
  source([left, right], { queries, keys }) {
    const rank = left!.shape[2]!;
    return {
      options: {
        kind: ScoreKind.product,
        weight: 1,
        depth: rank,
        left: left!.data,
        leftStrides: [0, queries * rank, rank],
        right: right!.data,
        rightStrides: [0, keys * rank, rank],
      },
    };
  },
  gradient({ work, operands: [left, right], sizes: { heads, queries, keys }, batchSum }) {
    const sum = batchSum();
    const of = { batch: heads, n: left!.shape[2]! };
    return [
      work.product(sum, right!.data, { ...of, m: queries, k: keys }),
      work.product(sum, left!.data, { ...of, m: keys, k: queries, transposeA: true }),
    ];
  },
};
