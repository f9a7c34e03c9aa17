import { tf } from '../../tensorflow.js';

/** The leading `columns` of a weight of one head or of `heads` heads, as one of `heads`. */
export function eachHead(weight: tf.Tensor, rank: number, heads: number, columns: number): tf.Tensor {
  const leading = weight.shape.slice(0, -1);
  const cut =
    weight.shape.at(-1) === columns
      ? weight
      : tf.slice(
          weight,
          weight.shape.map(() => 0),
          [...leading, columns],
        );
  return cut.rank === rank ? cut : tf.broadcastTo(tf.expandDims(cut, 0), [heads, ...cut.shape]);
}
