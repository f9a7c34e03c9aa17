/**
 * Float64 references with error bounds. A float32 sum of n products errs by at most n u sum |a_i b_i| (Higham,
 * Accuracy and Stability of Numerical Algorithms, ch. 3), however it is ordered; second-order terms, below n u of
 * that, are covered by SLACK.
 */

/** Unit roundoff of float32. */
export const U = 2 ** -24;
export const SLACK = 1.01;
/** Where float32 turns denormal: results below it may be flushed to zero. */
const TINY = 2 ** -126;

/**
 * The largest error in units of its bound; above 1 the result is wrong.
 * @param actual what float32 gave
 * @param expected {value, bound}, arrays of the same length
 * @param at index of the first element of `actual` that is compared
 */
export function worstError(actual, { value, bound }, at = 0) {
  let worst = { error: 0, bound: bound[0] ?? 0, index: at };
  for (let i = 0; i < value.length; i++) {
    const allowed = bound[i] + TINY;
    const error = Math.abs(actual[at + i] - value[i]) / allowed;
    // Written so that NaN is the worst of all, and stays it.
    if (!(error <= worst.error) && !Number.isNaN(worst.error))
      worst = { error, bound: allowed, index: at + i };
  }
  return worst;
}

export function worseOf(a, b) {
  return Number.isNaN(a.error) || a.error >= b.error ? a : b;
}

export function empty(size) {
  return { value: new Float64Array(size), bound: new Float64Array(size) };
}

/**
 * One row of a b.
 * @param a [k]; b [k, n]
 */
export function matmulRow(a, b, n) {
  const k = a.length;
  const out = empty(n);
  for (let p = 0; p < k; p++) {
    for (let j = 0; j < n; j++) {
      const product = a[p] * b[p * n + j];
      out.value[j] += product;
      out.bound[j] += Math.abs(product);
    }
  }
  for (let j = 0; j < n; j++) out.bound[j] *= (k + 1) * U * SLACK;
  return out;
}

/**
 * softmax of one row whose logits may err themselves.
 * @param logits [n]; logitBound [n] or undefined for exact logits
 */
export function softmaxRow(logits, logitBound) {
  const n = logits.length;
  const out = empty(n);
  const max = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const largestBound = logitBound ? logitBound.reduce((a, b) => Math.max(a, b), 0) : 0;
  let sum = 0;
  for (let j = 0; j < n; j++) sum += Math.exp(logits[j] - max);
  for (let j = 0; j < n; j++) {
    const argument = logits[j] - max;
    out.value[j] = Math.exp(argument) / sum;
    // The argument is rounded twice, the exponential may err by some ULP, the sum by its length. An error of a
    // logit acts on its own term and, at most as the largest of them all, on the sum.
    const relative = (3 * Math.abs(argument) + n + 16) * U + (logitBound?.[j] ?? 0) + largestBound;
    out.bound[j] = out.value[j] * Math.expm1(relative) * SLACK + TINY;
  }
  return out;
}

/**
 * sum_j w_j v_j for weights that may err.
 * @param weights {value, bound} of [rows]; v [rows, columns]
 */
export function weightedSum(weights, v, columns) {
  const rows = weights.value.length;
  const out = empty(columns);
  for (let j = 0; j < rows; j++) {
    const factor = weights.bound[j] + (rows + 2) * U * weights.value[j];
    for (let c = 0; c < columns; c++) {
      const x = v[j * columns + c];
      out.value[c] += weights.value[j] * x;
      out.bound[c] += factor * Math.abs(x);
    }
  }
  for (let c = 0; c < columns; c++) out.bound[c] *= SLACK;
  return out;
}

/**
 * One row of softmax(scale q k^T) v.
 * @param q [depth]; k [keys, depth]; v [keys, columns]
 */
export function attentionRow(q, k, v, columns, scale) {
  const depth = q.length;
  const keys = k.length / depth;
  const logits = empty(keys);
  for (let j = 0; j < keys; j++) {
    for (let p = 0; p < depth; p++) {
      const product = q[p] * k[j * depth + p] * scale;
      logits.value[j] += product;
      logits.bound[j] += Math.abs(product);
    }
    logits.bound[j] *= (depth + 3) * U * SLACK;
  }
  return weightedSum(softmaxRow(logits.value, logits.bound), v, columns);
}
