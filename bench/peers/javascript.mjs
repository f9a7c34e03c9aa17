// Plain JavaScript over typed arrays: loops in the order of memory, nothing else to install.

/** Four rows of B at a time: C is read and written a quarter as often. */
function matmul(a, b, c, m, n, k) {
  c.fill(0);
  for (let i = 0; i < m; i++) {
    const row = c.subarray(i * n, (i + 1) * n);
    let p = 0;
    for (; p + 4 <= k; p += 4) {
      const [a0, a1, a2, a3] = [a[i * k + p], a[i * k + p + 1], a[i * k + p + 2], a[i * k + p + 3]];
      const at = p * n;
      for (let j = 0; j < n; j++) {
        row[j] += a0 * b[at + j] + a1 * b[at + n + j] + a2 * b[at + 2 * n + j] + a3 * b[at + 3 * n + j];
      }
    }
    for (; p < k; p++) {
      const a0 = a[i * k + p];
      for (let j = 0; j < n; j++) row[j] += a0 * b[p * n + j];
    }
  }
}

function softmaxRow(x, y, from, columns) {
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

function attention({ batch, heads, length, dim, scale }, { q, k, v }, logits, out) {
  for (let head = 0; head < batch * heads; head++) {
    const first = head * length * dim;
    for (let i = 0; i < length; i++) {
      const query = first + i * dim;
      for (let j = 0; j < length; j++) {
        const key = first + j * dim;
        let sum = 0;
        for (let c = 0; c < dim; c++) sum += q[query + c] * k[key + c];
        logits[j] = sum * scale;
      }
      softmaxRow(logits, logits, 0, length);
      const row = out.subarray(query, query + dim);
      row.fill(0);
      for (let j = 0; j < length; j++) {
        const weight = logits[j];
        const value = first + j * dim;
        for (let c = 0; c < dim; c++) row[c] += weight * v[value + c];
      }
    }
  }
}

export async function load() {
  return {
    version: process.version,
    threads: 1,
    prepare(item, inputs) {
      const output = (result) => result;
      if (item.kind === 'matmul') {
        const { m, n, k } = item;
        const c = new Float32Array(m * n);
        const run = () => {
          matmul(inputs.a, inputs.b, c, m, n, k);
          return c;
        };
        return { run, output };
      }
      if (item.kind === 'softmax') {
        const y = new Float32Array(item.rows * item.columns);
        const run = () => {
          for (let r = 0; r < item.rows; r++) softmaxRow(inputs.x, y, r * item.columns, item.columns);
          return y;
        };
        return { run, output };
      }
      const logits = new Float32Array(item.length);
      const out = new Float32Array(inputs.q.length);
      const run = () => {
        attention(item, inputs, logits, out);
        return out;
      };
      return { run, output };
    },
  };
}
