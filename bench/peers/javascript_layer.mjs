/**
 * Attention layers as one writes them by hand for inference: projections over all tokens at once, then head by head
 * where the projections have left them, [batch, length, heads, dim], so that nothing is transposed.
 */
import { contextRow, logitsRow, matmul, softmaxRow } from './javascript_loops.mjs';

/** A linear layer over all tokens: a function of x that gives the same array every time. */
function linear({ batch, length }, inputs, name) {
  const [kernel, bias] = [inputs[`${name}/kernel`], inputs[`${name}/bias`]];
  const rows = batch * length;
  const columns = bias.length;
  const out = new Float32Array(rows * columns);
  return (x) => {
    matmul(x, kernel, out, rows, columns, kernel.length / columns);
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[i * columns + j] += bias[j];
    return out;
  };
}

/** By score function: a function of x and the values, giving one that writes the context of sequence b, head h. */
const CONTEXT = {
  'dot-product'(item, inputs, context) {
    const [query, key] = ['query', 'key'].map((name) => linear(item, inputs, name));
    const { length, dim, heads } = item;
    const sizes = { length, dim, scale: 1 / Math.sqrt(dim), step: heads * dim };
    const weights = new Float32Array(length);
    return (x, values) => {
      const [q, k] = [query(x), key(x)];
      return (b, h) => {
        const first = (b * length * heads + h) * dim;
        for (let i = 0; i < length; i++) {
          const at = first + i * sizes.step;
          logitsRow(sizes, q, at, k, first, weights);
          softmaxRow(weights, weights, 0, length);
          contextRow(sizes, weights, 0, values, first, context, at);
        }
      };
    };
  },

  random(item, inputs, context) {
    const { length, dim, heads } = item;
    const sizes = { length, dim, step: heads * dim };
    // The weights of attention depend on no input.
    const kernel = inputs['random/kernel'];
    const weights = new Float32Array(kernel.length);
    for (let row = 0; row < heads * length; row++) softmaxRow(kernel, weights, row * length, length);
    return (_x, values) => (b, h) => {
      const first = (b * length * heads + h) * dim;
      for (let i = 0; i < length; i++) {
        const from = (h * length + i) * length;
        contextRow(sizes, weights, from, values, first, context, first + i * sizes.step);
      }
    };
  },
};

/** @returns a function without arguments, one call of the layer */
export function prepareLayer(item, inputs) {
  const [score] = item.scores;
  if (item.scores.length > 1 || !CONTEXT[score]) throw new Error(`has no ${item.scores.join(' + ')} scores`);
  const { batch, length, heads, dim } = item;
  const [value, output] = ['value', 'attention_output'].map((name) => linear(item, inputs, name));
  const context = new Float32Array(batch * length * heads * dim);
  const attend = CONTEXT[score](item, inputs, context);
  return () => {
    const head = attend(inputs.x, value(inputs.x));
    for (let b = 0; b < batch; b++) for (let h = 0; h < heads; h++) head(b, h);
    return output(context);
  };
}
