// Loops over typed arrays in the order of memory, as they are written by hand.

/** Row i of C += a_ip times row p of B. */
function addRow(a, b, c, n, k, i, p) {
  const factor = a[i * k + p];
  for (let j = 0; j < n; j++) c[i * n + j] += factor * b[p * n + j];
}

/** Two rows of A by four of B at a time: C is read and written a quarter as often, and B read half as often. */
export function matmul(a, b, c, m, n, k) {
  c.fill(0);
  const pairs = m - (m % 2);
  const fours = k - (k % 4);
  for (let i = 0; i < pairs; i += 2) {
    const [upper, lower] = [i * n, (i + 1) * n];
    for (let p = 0; p < fours; p += 4) {
      const [first, second, at] = [i * k + p, (i + 1) * k + p, p * n];
      const [u0, u1, u2, u3] = [a[first], a[first + 1], a[first + 2], a[first + 3]];
      const [l0, l1, l2, l3] = [a[second], a[second + 1], a[second + 2], a[second + 3]];
      for (let j = 0; j < n; j++) {
        // Taken apart from an array these would halve the speed.
        const b0 = b[at + j];
        const b1 = b[at + n + j];
        const b2 = b[at + 2 * n + j];
        const b3 = b[at + 3 * n + j];
        c[upper + j] += u0 * b0 + u1 * b1 + u2 * b2 + u3 * b3;
        c[lower + j] += l0 * b0 + l1 * b1 + l2 * b2 + l3 * b3;
      }
    }
    for (let p = fours; p < k; p++) {
      addRow(a, b, c, n, k, i, p);
      addRow(a, b, c, n, k, i + 1, p);
    }
  }
  if (pairs < m) for (let p = 0; p < k; p++) addRow(a, b, c, n, k, pairs, p);
}

export function softmaxRow(x, y, from, columns) {
  let max = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < columns; j++) if (x[from + j] > max) max = x[from + j];
  let sum = 0;
  for (let j = 0; j < columns; j++) {
    const e = Math.exp(x[from + j] - max);
    y[from + j] = e;
    sum += e;
  }
  const scale = 1 / sum;
  for (let j = 0; j < columns; j++) y[from + j] *= scale;
}

/** logits[j] = scale q k_j^T; the query begins at `query`, the keys at `first`, `step` apart. */
export function logitsRow({ length, dim, scale, step }, q, query, k, first, logits) {
  for (let j = 0; j < length; j++) {
    const key = first + j * step;
    let sum = 0;
    for (let c = 0; c < dim; c++) sum += q[query + c] * k[key + c];
    logits[j] = sum * scale;
  }
}

/** out = sum_j w_j v_j; the weights begin at `from`, the values at `first`, `step` apart, the result at `to`. */
export function contextRow({ length, dim, step }, weights, from, v, first, out, to) {
  const row = out.subarray(to, to + dim);
  row.fill(0);
  for (let j = 0; j < length; j++) {
    const weight = weights[from + j];
    const value = first + j * step;
    for (let c = 0; c < dim; c++) row[c] += weight * v[value + c];
  }
}
