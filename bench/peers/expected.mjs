/**
 * How far a contender's result may be from ours. Both are float32 results of the same operands, so each may be its
 * own bound away from the exact value: twice the bound. The bounds come from operand norms (Cauchy-Schwarz), since
 * sums of magnitudes for every element would cost as much as the work itself. Ours is held to float64 on some rows.
 */
import { attentionRow, matmulRow, SLACK, softmaxRow, U, worseOf, worstError } from '../lib/reference.mjs';

/** Roundings that an exponential of good quality may make, in units of u; ours makes 4. */
const EXP = 32;

function norm(x, from, count, step = 1) {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += x[from + i * step] ** 2;
  return Math.sqrt(sum);
}

function largestNorm(x, rows, columns, first = 0) {
  let largest = 0;
  for (let i = 0; i < rows; i++) largest = Math.max(largest, norm(x, (first + i) * columns, columns));
  return largest;
}

const BOUNDS = {
  matmul({ m, n, k }, { a, b }) {
    const columns = Float64Array.from({ length: n }, (_, j) => norm(b, j, k, n));
    const bound = new Float64Array(m * n);
    for (let i = 0; i < m; i++) {
      const row = norm(a, i * k, k) * (k + 1) * U * SLACK;
      for (let j = 0; j < n; j++) bound[i * n + j] = row * columns[j];
    }
    return bound;
  },

  softmax({ rows, columns }, { x }, ours) {
    const bound = new Float64Array(rows * columns);
    for (let r = 0; r < rows; r++) {
      const row = x.subarray(r * columns, (r + 1) * columns);
      const max = row.reduce((p, q) => Math.max(p, q));
      for (let j = 0; j < columns; j++) {
        const relative = (3 * (max - row[j]) + columns + EXP) * U;
        bound[r * columns + j] = ours[r * columns + j] * Math.expm1(relative) * SLACK;
      }
    }
    return bound;
  },

  attention({ batch, heads, length, dim, scale }, { q, k, v }) {
    const bound = new Float64Array(batch * heads * length * dim);
    for (let h = 0; h < batch * heads; h++) {
      const first = h * length;
      const key = largestNorm(k, length, dim, first);
      const largest = new Float64Array(dim);
      for (let j = 0; j < length; j++) {
        for (let c = 0; c < dim; c++) {
          largest[c] = Math.max(largest[c], Math.abs(v[(first + j) * dim + c]));
        }
      }
      for (let i = 0; i < length; i++) {
        const logit = scale * norm(q, (first + i) * dim, dim) * key;
        // Logits lie in [-logit, logit] and each errs by (dim + 3) u of that, which acts on its own weight and,
        // through the sum, on all.
        const relative = (6 * logit + length + EXP) * U + 2 * (dim + 3) * U * logit;
        const factor = (Math.expm1(relative) + (length + 2) * U) * SLACK;
        // The weights sum to 1, so a weighted sum of v is at most its largest element.
        for (let c = 0; c < dim; c++) bound[(first + i) * dim + c] = factor * largest[c];
      }
    }
    return bound;
  },
};

/** @returns {error, bound, index} of the worst element of `theirs` */
export function compare(item, inputs, ours, theirs) {
  if (theirs.length !== ours.length) return { error: Number.NaN, bound: 0, index: theirs.length };
  const bound = BOUNDS[item.kind](item, inputs, ours).map((b) => 2 * b);
  return worstError(theirs, { value: ours, bound });
}

const SAMPLED_ROWS = 7;

/** Some rows, the first and the last among them. */
function sampled(rows) {
  const step = Math.max(1, (rows - 1) / (SAMPLED_ROWS - 1));
  return [...new Set(Array.from({ length: SAMPLED_ROWS }, (_, i) => Math.round(i * step)))].filter(
    (i) => i < rows,
  );
}

const REFERENCES = {
  matmul: ({ m, n, k }, { a, b }) =>
    sampled(m).map((i) => [i * n, matmulRow(a.subarray(i * k, (i + 1) * k), b, n)]),

  softmax: ({ rows, columns }, { x }) =>
    sampled(rows).map((r) => [
      r * columns,
      softmaxRow(Float64Array.from(x.subarray(r * columns, (r + 1) * columns))),
    ]),

  attention: ({ batch, heads, length, dim, scale }, { q, k, v }) =>
    sampled(batch * heads * length).map((row) => {
      const first = Math.floor(row / length) * length * dim;
      const [keys, values] = [k, v].map((part) => part.subarray(first, first + length * dim));
      return [row * dim, attentionRow(q.subarray(row * dim, (row + 1) * dim), keys, values, dim, scale)];
    }),
};

/** Ours against float64. */
export function compareWithReference(item, inputs, ours) {
  const rows = REFERENCES[item.kind](item, inputs);
  return rows.map(([at, row]) => worstError(ours, row, at)).reduce(worseOf);
}
