/** Attention of plain TensorFlow.js operations: for every backend, and for the softmax with a gradient of its own. */
import { expandMask } from '../../kernels/masks.js';
import { scoreDescriptor } from '../../layers/scores/registry.js';
import { tf } from '../tensorflow.js';
import type { AttentionCall, AttentionResult, AttentionTensors } from './attention_call.js';
import { keepAllowed, maskedProduct } from './masked_operations.js';
import { hidesKeys, pairsOf } from './pairs.js';
import { mergeHeads, splitHeads } from './project.js';
import { SCORES } from './scores/index.js';

/** The lowest number: its exponential is 0 beside that of any logit, and a row of nothing else has no NaN. */
const LOWEST = -3.4028234663852886e38;

/** [batch or 1, heads, queries, keys], bool; undefined for everywhere. */
function allowedPairs(call: AttentionCall): tf.Tensor | undefined {
  if (!hidesKeys(call)) return undefined;
  const { batch, heads, queries, keys } = call.sizes;
  const pairs = pairsOf(call);
  const shared =
    pairs.shape[0] === 1 && call.scores.every((name) => scoreDescriptor(name).looksAt === 'positions');
  const shape = [shared ? 1 : batch, heads, queries, keys];
  return tf.tensor(expandMask('attentionMask', pairs, shape).data, shape, 'bool');
}

function logits(
  { scores, sizes }: AttentionCall,
  { operands, mix }: AttentionTensors,
  allowed: tf.Tensor | undefined,
): tf.Tensor {
  const factors = mix && tf.unstack(mix);
  const each = scores.map((name, i) => {
    const own = SCORES[name].compose(operands[i]!, sizes, allowed);
    return factors ? tf.mul(own, factors[i]!) : own;
  });
  return each.reduce((a, b) => tf.add(a, b));
}

/** softmax of the logits where they are allowed, 0 elsewhere: a row without any is 0. */
function maskedSoftmax(x: tf.Tensor, allowed: tf.Tensor | undefined): tf.Tensor {
  if (allowed === undefined) return tf.softmax(x);
  return keepAllowed(allowed, tf.softmax(keepAllowed(allowed, x, LOWEST)), 0);
}

export function composedAttention(call: AttentionCall, tensors: AttentionTensors): AttentionResult {
  const { batch, heads, queries, keys } = call.sizes;
  const whole: [number, number, number, number] = [batch, heads, queries, keys];
  const allowed = allowedPairs(call);
  const softmax = maskedSoftmax(logits(call, tensors, allowed), allowed);
  // Scores that no input changes have one softmax for all of the batch.
  const weights = tf.broadcastTo(softmax, whole);
  const used = call.dropout ? tf.mul(weights, tf.tensor(call.dropout, whole)) : weights;
  const context = maskedProduct(used, splitHeads(tensors.value, batch, keys, heads), allowed);
  return { context: mergeHeads(context as tf.Tensor4D), weights };
}
