/**
 * Operands of the layers. Two kinds:
 *
 * - 'real': uniform numbers. Good for small shapes. Over hundreds of features the worst case of rounding grows
 *   far beyond the results (three products in a row, each with a bound some 10 times its value), so that being
 *   within it proves little.
 * - 'grid': inputs and kernels are small multiples of powers of two. Then float32 computes every linear layer on
 *   the input without any error, in whatever order, and the bound has to cover only what follows. What rounds,
 *   the 'real' operands of the small shape have shown.
 */
import { randomSource, uniform } from './random.mjs';

function multiples(size, seed, steps, step) {
  const random = randomSource(seed);
  return Float32Array.from({ length: size }, () => (Math.floor(random() * (2 * steps + 1)) - steps) * step);
}

/** The power of two nearest to x. */
function nearestPower(x) {
  return 2 ** Math.round(Math.log2(x));
}

/** -amplitude to amplitude; in steps of a half of it on the grid. */
export function layerInput(kind, size, seed, amplitude) {
  if (kind === 'real') return uniform(size, seed, amplitude);
  return multiples(size, seed, 2, nearestPower(amplitude) / 2);
}

/** How many products an output of this kernel sums. */
function summed(name, shape) {
  if (name === 'attention_output/kernel') return shape[0] * shape[1];
  return name === 'dense_2/kernel' ? shape.at(-2) : shape[0];
}

/** Of a size that keeps the products' results of order 1. Biases are not 0, so that a lost one shows. */
export function layerWeight(kind, name, shape, seed) {
  const size = shape.reduce((a, b) => a * b, 1);
  // Not operands of a product with the input: any number will do.
  if (name === 'random/kernel') return uniform(size, seed, 2);
  if (name === 'mixing/logits') return uniform(size, seed);
  if (name.endsWith('/bias')) {
    return kind === 'real' ? uniform(size, seed, 0.5) : multiples(size, seed, 2, 0.25);
  }
  const amplitude = Math.sqrt(3 / summed(name, shape));
  if (kind === 'real') return uniform(size, seed, amplitude);
  return multiples(size, seed, 1, nearestPower(amplitude));
}
