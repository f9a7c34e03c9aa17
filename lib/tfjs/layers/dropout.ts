/** Dropout that a seed and a count of calls determine, on any backend: what was stopped can be resumed. */
import { randomSource } from '../../layers/initializers.js';

/** How many different numbers one half of a random word can be. */
const HALF = 2 ** 16;

/**
 * `size` numbers, 0 with probability `rate` (to 2^-17) and 1 / (1 - rate) otherwise. xorshift32, two numbers a word:
 * the tensors are as large as the attention weights, and TensorFlow.js' own generator takes longer than the attention.
 */
export function dropoutMask(size: number, rate: number, seed: number, call: number): Float32Array {
  const threshold = Math.round(rate * HALF);
  const kept = 1 / (1 - rate);
  const next = randomSource(seed + Math.imul(call, 0x632be5ab));
  next();
  let state = Math.floor(next() * 2 ** 32) | 1;
  const mask = new Float32Array(size);
  for (let i = 0; i < size; i += 2) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    mask[i] = (state & 0xffff) < threshold ? 0 : kept;
    if (i + 1 < size) mask[i + 1] = state >>> 16 < threshold ? 0 : kept;
  }
  return mask;
}
