// That the trained model and the one of inference layers are the same function.
import { evenBatches } from './batches.mjs';
import { tf } from './tensorflow.mjs';

/** Batches that are compared: the longest reviews and a few others. */
const COMPARED = 3;
/** Of a logit, some units: sums over features and positions that are taken in another order, in float32. */
const LARGEST_DIFFERENCE = 1e-3;

/** @returns the largest difference of a logit */
export function provesEqual({ variant, seed }, trained, native, reviews, { batch }) {
  let largest = 0;
  for (const even of evenBatches(reviews, batch).slice(-COMPARED)) {
    const expected = tf.tidy(() => trained.logits(even).dataSync());
    const received = native.logits(even);
    for (const [i, logit] of expected.entries()) {
      // Written so that NaN is refused too.
      const difference = Math.abs(logit - received[i]);
      if (!(difference <= LARGEST_DIFFERENCE)) {
        throw new Error(
          `${variant}, seed ${seed}: expected logit ${logit} but the native layers gave ${received[i]}`,
        );
      }
      largest = Math.max(largest, difference);
    }
  }
  return largest;
}
