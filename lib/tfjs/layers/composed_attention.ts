/** Attention of plain TensorFlow.js operations: for every backend, and for the softmax with a gradient of its own. */
import { tf } from '../tensorflow.js';
import type { AttentionCall, AttentionResult, AttentionTensors } from './attention_call.js';
import { mergeHeads, splitHeads } from './project.js';
import { SCORES } from './scores/index.js';

/** So far below any logit that its exponential is 0, and still finite: a row of nothing else has no NaN. */
const MASKED = -1e30;

/** 1 where the causal rule and the window let a query attend a key, [1, 1, queries, keys]; undefined for everywhere. */
function band({ causal, slidingWindow, sizes: { queries, keys } }: AttentionCall): tf.Tensor | undefined {
  if (!causal && slidingWindow === null) return undefined;
  const reach = slidingWindow ?? Number.POSITIVE_INFINITY;
  const allowed = new Float32Array(queries * keys);
  for (let i = 0; i < queries; i++) {
    for (let j = 0; j < keys; j++) {
      const inside = Math.abs(i - j) < reach && (!causal || j <= i);
      allowed[i * keys + j] = inside ? 1 : 0;
    }
  }
  return tf.tensor(allowed, [1, 1, queries, keys]);
}

function allowedPairs(call: AttentionCall): tf.Tensor | undefined {
  const inside = band(call);
  if (call.mask === null) return inside;
  const { data, shape } = call.mask;
  const leading = Array.from({ length: 4 - shape.length }, () => 1);
  const mask = tf.tensor(
    Float32Array.from(data, (x) => (x === 0 ? 0 : 1)),
    [...leading, ...shape],
  );
  return inside ? tf.mul(mask, inside) : mask;
}

function logits({ scores, sizes }: AttentionCall, { operands, mix }: AttentionTensors): tf.Tensor {
  const factors = mix && tf.unstack(mix);
  const each = scores.map((name, i) => {
    const own = SCORES[name].compose(operands[i]!, sizes);
    return factors ? tf.mul(own, factors[i]!) : own;
  });
  return each.reduce((a, b) => tf.add(a, b));
}

/** softmax of the logits where they are allowed, 0 elsewhere: a row without any is 0. */
function maskedSoftmax(x: tf.Tensor, allowed: tf.Tensor | undefined): tf.Tensor {
  if (allowed === undefined) return tf.softmax(x);
  const below = tf.mul(tf.sub(1, allowed), MASKED);
  return tf.mul(tf.softmax(tf.add(x, below)), allowed);
}

export function composedAttention(call: AttentionCall, tensors: AttentionTensors): AttentionResult {
  const { batch, heads, queries, keys } = call.sizes;
  const whole: [number, number, number, number] = [batch, heads, queries, keys];
  const softmax = maskedSoftmax(logits(call, tensors), allowedPairs(call));
  // Scores that no input changes have one softmax for all of the batch.
  const weights = tf.broadcastTo(softmax, whole);
  const used = call.dropout ? tf.mul(weights, tf.tensor(call.dropout, whole)) : weights;
  const context = tf.matMul(used, splitHeads(tensors.value, batch, keys, heads));
  return { context: mergeHeads(context as tf.Tensor4D), weights };
}
