import { ScoreKind } from '../../../native/codes.js';
import { addon } from '../../../native/load.js';
import { tf } from '../../tensorflow.js';
import { project, splitHeads } from '../project.js';
import { eachHead } from './each_head.js';
import type { ScoreOperation } from './score_operation.js';

/** Operands: hidden [batch, queries, heads * hiddenDim], W2 [heads, hiddenDim, keys], b2 [heads, keys] or none. */
export const dense: ScoreOperation = {
  linear: [0, 2],
  operands({ query, read, sizes: { batch, heads, queries, keys } }) {
    const hidden = project(query.rows, read, 'dense_1', { activation: 'relu' });
    const kernel = eachHead(read('dense_2/kernel')!, 3, heads, keys);
    const bias = read('dense_2/bias');
    return [
      tf.reshape(hidden, [batch, queries, -1]),
      kernel,
      ...(bias ? [eachHead(bias, 2, heads, keys)] : []),
    ];
  },
  compose([hidden, kernel, bias], { batch, heads, queries, keys }) {
    const depth = kernel!.shape[1]!;
    // Written out for the batch: TensorFlow.js has no gradient of a product whose leading axes broadcast.
    const written = tf.broadcastTo(tf.expandDims(kernel!, 0), [batch, heads, depth, keys]);
    const logits = tf.matMul(splitHeads(hidden!, batch, queries, heads), written);
    return (bias ? tf.add(logits, tf.reshape(bias, [1, heads, 1, keys])) : logits) as tf.Tensor4D;
  },
  source([hidden, kernel, bias], { heads, queries, keys }) {
    const width = hidden!.shape[2]!;
    const depth = width / heads;
    const { PackedMatrix } = addon();
    const panels = new PackedMatrix({
      data: kernel!.data,
      count: heads,
      k: depth,
      n: keys,
      batchStride: depth * keys,
      rowStride: keys,
      columnStride: 1,
    });
    return {
      options: {
        kind: ScoreKind.panels,
        weight: 1,
        depth,
        left: hidden!.data,
        leftStrides: [queries * width, depth, width],
        panels,
        ...(bias ? { bias: bias.data, biasHeadStride: keys } : {}),
      },
      dispose: () => panels.dispose(),
    };
  },
  gradient({ work, operands: [hidden, kernel, bias], sizes, logits, batchSum }) {
    const { batch, heads, queries, keys } = sizes;
    const depth = kernel!.shape[1]!;
    const rows = { batch, heads, columns: depth, length: queries };
    const h = work.headsFirst(hidden!.data, rows);
    const dHidden = work.product(logits, kernel!.data, {
      batch: batch * heads,
      m: queries,
      k: keys,
      n: depth,
      transposeB: true,
      repeatB: heads,
    });
    const each = work.product(h, logits, {
      batch: batch * heads,
      m: depth,
      k: queries,
      n: keys,
      transposeA: true,
    });
    const dKernel = work.sumOver(each, 1, batch, heads * depth * keys);
    const dBias = bias ? [work.sumOver(batchSum(), heads, queries, keys)] : [];
    return [work.headsLast(dHidden, rows), dKernel, ...dBias];
  },
};
