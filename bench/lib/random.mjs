// Reproducible operands: the same numbers in every process and every run.

/** Uniform numbers in [0, 1) by a 32-bit xorshift-multiply mix of a counter. */
export function randomSource(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** Uniform in [-amplitude, amplitude]. */
export function uniform(size, seed, amplitude = 1) {
  const random = randomSource(seed);
  return Float32Array.from({ length: size }, () => (2 * random() - 1) * amplitude);
}
