// Random numbers that are functions of what they are for (seed, step, place): nothing has to be kept to go on with them.

/** One 32-bit number of any integers. */
export function mix(...parts) {
  let h = 0x9e3779b9;
  for (const part of parts) {
    h = Math.imul(h ^ (part >>> 0), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  // 0 is where xorshift stands still.
  return h >>> 0 || 1;
}

/** Integers from 0 to 2^32 - 1 (Marsaglia's xorshift32). */
export function integers(seed) {
  let x = seed | 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

/** A new order of the list, by Fisher and Yates. */
export function shuffled(list, seed) {
  const next = integers(seed);
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const j = next() % (i + 1);
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

/** Normal numbers, cut at two deviations. */
export function normal(size, deviation, seed) {
  const next = integers(seed);
  const uniform = () => (next() + 0.5) / 2 ** 32;
  return Float32Array.from({ length: size }, () => {
    for (;;) {
      const z = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
      if (Math.abs(z) <= 2) return z * deviation;
    }
  });
}

/** 0 with the probability `rate`, in steps of 2^-16, else 1 / (1 - rate): what dropout multiplies by. */
export function dropoutFactors(size, rate, seed) {
  const threshold = Math.round(rate * 2 ** 16);
  const kept = 2 ** 16 / (2 ** 16 - threshold);
  const factors = new Float32Array(size);
  // `integers` written out, and two numbers of each: millions are drawn in a step.
  let x = seed | 0 || 1;
  for (let i = 0; i < size; i += 2) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    factors[i] = (x & 0xffff) < threshold ? 0 : kept;
    if (i + 1 < size) factors[i + 1] = x >>> 16 < threshold ? 0 : kept;
  }
  return factors;
}
