import { ScoreKind } from '../../../native/codes.js';
import { tf } from '../../tensorflow.js';
import { maskedLogits } from '../masked_operations.js';
import { project, splitHeads } from '../project.js';
import type { ScoreOperation } from './score_operation.js';

/** Operands: query [batch, queries, heads * keyDim], key [batch, keys, heads * keyDim]. */
export const dotProduct: ScoreOperation = {
  linear: [0],
  operands: ({ query, key, read, sizes: { batch, queries, keys } }) => [
    tf.reshape(project(query.rows, read, 'query'), [batch, queries, -1]),
    tf.reshape(project(key.rows, read, 'key'), [batch, keys, -1]),
  ],
  compose([query, key], { batch, heads, queries, keys }, allowed) {
    const scale = 1 / Math.sqrt(query!.shape[2]! / heads);
    // The factor on the query: fewer numbers than the logits.
    const scaled = splitHeads(tf.mul(query!, scale), batch, queries, heads);
    return maskedLogits(scaled, splitHeads(key!, batch, keys, heads), allowed) as tf.Tensor4D;
  },
  source([query, key], { heads, queries, keys }) {
    const width = query!.shape[2]!;
    const depth = width / heads;
    return {
      options: {
        kind: ScoreKind.product,
        weight: 1 / Math.sqrt(depth),
        depth,
        left: query!.data,
        leftStrides: [queries * width, depth, width],
        right: key!.data,
        rightStrides: [keys * width, depth, width],
      },
    };
  },
  gradient({ work, operands: [query, key], sizes, logits, seen }) {
    const { batch, heads, queries, keys } = sizes;
    const depth = query!.shape[2]! / heads;
    const weight = 1 / Math.sqrt(depth);
    const rows = { batch, heads, columns: depth };
    const of = { batch: batch * heads, n: depth, weight, seen };
    const q = work.headsFirst(query!.data, { ...rows, length: queries });
    const k = work.headsFirst(key!.data, { ...rows, length: keys });
    const dQuery = work.product(logits, k, { ...of, m: queries, k: keys });
    const dKey = work.product(logits, q, { ...of, m: keys, k: queries, transposeA: true });
    return [
      work.headsLast(dQuery, { ...rows, length: queries }),
      work.headsLast(dKey, { ...rows, length: keys }),
    ];
  },
};
