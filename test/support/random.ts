/** Reproducible numbers for tests. */
import { randomSource } from '../../lib/layers/initializers.js';

export function uniform(size: number, seed: number, low = -1, high = 1): Float32Array {
  const next = randomSource(seed);
  return Float32Array.from({ length: size }, () => low + (high - low) * next());
}

/** 0 or 1, about `density` of them 1. */
export function randomMask(size: number, seed: number, density = 0.7): Uint8Array {
  const next = randomSource(seed);
  return Uint8Array.from({ length: size }, () => (next() < density ? 1 : 0));
}
