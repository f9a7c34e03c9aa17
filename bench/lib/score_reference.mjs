// Float64 logits of one query row, per score function, with the error that float32 may make.
import { empty, SLACK, U } from './reference.mjs';

/**
 * x w + bias for the rows of one sequence, with its error bound.
 * @param x [rows, features]; w [features, columns]; bias [columns]
 * @param exact the operands are such that float32 makes no error at all (see operands.mjs)
 */
export function linearRows(x, w, bias, exact) {
  const columns = bias.length;
  const features = w.length / columns;
  const rows = x.length / features;
  const out = empty(rows * columns);
  for (let i = 0; i < rows; i++) {
    const value = out.value.subarray(i * columns, (i + 1) * columns);
    const bound = out.bound.subarray(i * columns, (i + 1) * columns);
    value.set(bias);
    for (let f = 0; f < features; f++) {
      const a = x[i * features + f];
      for (let c = 0; c < columns; c++) value[c] += a * w[f * columns + c];
    }
    if (exact) continue;
    for (let c = 0; c < columns; c++) bound[c] = Math.abs(bias[c]);
    for (let f = 0; f < features; f++) {
      const a = Math.abs(x[i * features + f]);
      for (let c = 0; c < columns; c++) bound[c] += a * Math.abs(w[f * columns + c]);
    }
    for (let c = 0; c < columns; c++) bound[c] *= (features + 2) * U * SLACK;
  }
  return out;
}

/** scale q k_j^T for every j. q and k are {value, bound}, `from(j)` the place of k_j, all `depth` long. */
function products(q, start, k, from, depth, scale, keys) {
  const out = { ...empty(keys), magnitude: new Float64Array(keys) };
  for (let j = 0; j < keys; j++) {
    const at = from(j);
    let carried = 0;
    for (let c = 0; c < depth; c++) {
      const [a, b] = [q.value[start + c], k.value[at + c]];
      const [ea, eb] = [q.bound[start + c], k.bound[at + c]];
      out.value[j] += a * b * scale;
      out.magnitude[j] += Math.abs(a * b) * scale;
      carried += (Math.abs(a) * eb + Math.abs(b) * ea + ea * eb) * scale;
    }
    // The products, their sum, the scale and its own rounding.
    out.bound[j] = (depth + 3) * U * SLACK * out.magnitude[j] + carried;
  }
  return out;
}

const exactly = (value) => ({ value, bound: new Float64Array(value.length) });

/** What all rows of a sequence share, by score function. */
const PREPARE = {
  'dot-product': ({ weights, exact }, x) => ({
    query: linearRows(x, weights['query/kernel'], weights['query/bias'], exact),
    key: linearRows(x, weights['key/kernel'], weights['key/bias'], exact),
  }),
  'plain-dot-product': (_, x) => ({ x: exactly(x) }),
  random: () => ({}),
  dense: ({ weights, exact }, x) => {
    const hidden = linearRows(x, weights['dense_1/kernel'], weights['dense_1/bias'], exact);
    // ReLU does not enlarge an error.
    return { hidden: { value: hidden.value.map((v) => Math.max(0, v)), bound: hidden.bound } };
  },
};

/** Logits of row i in head h: {value, magnitude, bound} of [length]. */
const ROW = {
  'dot-product'({ length, heads, dim }, { query, key }, i, h) {
    const at = (j) => (j * heads + h) * dim;
    return products(query, at(i), key, at, dim, 1 / Math.sqrt(dim), length);
  },

  'plain-dot-product'({ length, features }, { x }, i) {
    return products(x, i * features, x, (j) => j * features, features, 1, length);
  },

  random({ length, weights }, _shared, i, h) {
    const from = (h * length + i) * length;
    const value = Float64Array.from(weights['random/kernel'].subarray(from, from + length));
    return { value, magnitude: value.map(Math.abs), bound: new Float64Array(length) };
  },

  dense({ length, heads, dim, weights }, { hidden }, i, h) {
    const from = h * dim * length;
    const kernel = weights['dense_2/kernel'].subarray(from, from + dim * length);
    const value = Float64Array.from(weights['dense_2/bias'].subarray(h * length, (h + 1) * length));
    const magnitude = value.map(Math.abs);
    const bound = new Float64Array(length);
    for (let c = 0; c < dim; c++) {
      const [a, error] = [hidden.value, hidden.bound].map((part) => part[(i * heads + h) * dim + c]);
      for (let j = 0; j < length; j++) {
        const b = kernel[c * length + j];
        value[j] += a * b;
        magnitude[j] += Math.abs(a * b);
        bound[j] += error * Math.abs(b);
      }
    }
    return { value, magnitude, bound: bound.map((e, j) => e + (dim + 2) * U * SLACK * magnitude[j]) };
  },
};

/**
 * @param problem see layer_reference.mjs; x the rows of one sequence
 * @returns a function (i, h) that gives the logits of query row i in head h, the mixture sum_s mix_s S_s
 */
export function logitsOf(problem, x) {
  const { scores, mix, length } = problem;
  const shared = scores.map((name) => PREPARE[name](problem, x));
  return (i, h) => {
    const parts = scores.map((name, s) => ROW[name](problem, shared[s], i, h));
    if (parts.length === 1) return parts[0];
    const out = empty(length);
    for (const [s, part] of parts.entries()) {
      for (let j = 0; j < length; j++) {
        out.value[j] += mix[s] * part.value[j];
        out.bound[j] += mix[s] * (part.bound[j] + (parts.length + 2) * U * part.magnitude[j]);
      }
    }
    return out;
  };
}
