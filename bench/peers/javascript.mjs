// Plain JavaScript over typed arrays, nothing else to install.
import { prepareLayer } from './javascript_layer.mjs';
import { contextRow, logitsRow, matmul, softmaxRow } from './javascript_loops.mjs';

/** By kind of item: a function without arguments that does the work and gives its result. */
const PREPARE = {
  matmul({ m, n, k }, { a, b }) {
    const c = new Float32Array(m * n);
    return () => {
      matmul(a, b, c, m, n, k);
      return c;
    };
  },

  softmax({ rows, columns }, { x }) {
    const y = new Float32Array(rows * columns);
    return () => {
      for (let r = 0; r < rows; r++) softmaxRow(x, y, r * columns, columns);
      return y;
    };
  },

  attention({ batch, heads, length, dim, scale }, { q, k, v }) {
    const sizes = { length, dim, scale, step: dim };
    const weights = new Float32Array(length);
    const out = new Float32Array(q.length);
    return () => {
      for (let row = 0; row < batch * heads * length; row++) {
        const first = Math.floor(row / length) * length * dim;
        logitsRow(sizes, q, row * dim, k, first, weights);
        softmaxRow(weights, weights, 0, length);
        contextRow(sizes, weights, 0, v, first, out, row * dim);
      }
      return out;
    };
  },

  layer: prepareLayer,
};

export async function load() {
  return {
    version: process.version,
    threads: 1,
    prepare: (item, inputs) => ({ run: PREPARE[item.kind](item, inputs), output: (result) => result }),
  };
}
