/**
 * Float64 reference of an attention layer, one output row at a time: softmax(mix_s S_s) (X W_v) W_o + b_o.
 *
 * A problem is {x, batch, length, features, heads, dim, scores, mix, weights, exact}: x [batch, length, features],
 * scores as in score_reference.mjs, weights by Keras' name. Without value/kernel the values are x itself, in one
 * head.
 */
import { empty, SLACK, softmaxRow, U, weightedSum } from './reference.mjs';
import { linearRows, logitsOf } from './score_reference.mjs';

/** sum_j a_j v_j for one head; v {value, bound} of [length, heads * dim]. */
function contextRow({ length, heads, dim }, v, attention, h) {
  const out = empty(dim);
  for (let j = 0; j < length; j++) {
    const a = attention.value[j];
    const factor = attention.bound[j] + (length + 2) * U * a;
    for (let c = 0; c < dim; c++) {
      const at = (j * heads + h) * dim + c;
      out.value[c] += a * v.value[at];
      out.bound[c] += factor * Math.abs(v.value[at]) + (a + attention.bound[j]) * v.bound[at];
    }
  }
  return out;
}

function outputRow({ features, heads, dim, weights }, contexts) {
  const kernel = weights['attention_output/kernel'];
  const bias = weights['attention_output/bias'];
  const rounding = (heads * dim + 2) * U;
  const out = empty(features);
  for (let f = 0; f < features; f++) {
    out.value[f] = bias[f];
    out.bound[f] = rounding * Math.abs(bias[f]);
  }
  for (const [h, context] of contexts.entries()) {
    for (let c = 0; c < dim; c++) {
      const factor = context.bound[c] + rounding * Math.abs(context.value[c]);
      for (let f = 0; f < features; f++) {
        const w = kernel[(h * dim + c) * features + f];
        out.value[f] += context.value[c] * w;
        out.bound[f] += factor * Math.abs(w) * SLACK;
      }
    }
  }
  return out;
}

/** Output rows of sequence b: a function of i that gives {value, bound} of [features]. */
export function sequenceReference(problem, b) {
  const { length, features, heads, weights, exact } = problem;
  const x = problem.x.subarray(b * length * features, (b + 1) * length * features);
  const logits = logitsOf(problem, x);
  const attention = (i, h) => {
    const { value, bound } = logits(i, h);
    return softmaxRow(value, bound);
  };
  if (weights['value/kernel'] === undefined) return (i) => weightedSum(attention(i, 0), x, features);
  const v = linearRows(x, weights['value/kernel'], weights['value/bias'], exact);
  return (i) =>
    outputRow(
      problem,
      Array.from({ length: heads }, (_, h) => contextRow(problem, v, attention(i, h), h)),
    );
}
