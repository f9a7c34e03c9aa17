/**
 * Float64 references with error bounds. Each gives for every element the exact value (to double precision) and
 * how far a float32 implementation may be from it, derived from the operands' magnitudes (Higham, Accuracy and
 * Stability of Numerical Algorithms, ch. 3): a sum of n products errs by at most n u sum |a_i b_i|.
 */
import { expect } from '@jest/globals';

/** Unit roundoff of float32. */
export const U = 2 ** -24;
/** Where float32 turns denormal: results smaller than this may be flushed to zero. */
const TINY = 2 ** -126;

export interface Bounded {
  value: Float64Array;
  bound: Float64Array;
}

export function bounded(size: number): Bounded {
  return { value: new Float64Array(size), bound: new Float64Array(size) };
}

export function expectWithin(actual: ArrayLike<number>, expected: Bounded, what = ''): void {
  expect(actual.length).toBe(expected.value.length);
  let worst = -1;
  let ratio = 1;
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i]! - expected.value[i]!);
    const allowed = expected.bound[i]! + TINY;
    // Written so that NaN fails.
    if (!(error <= allowed * ratio)) {
      worst = i;
      ratio = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / allowed;
    }
  }
  if (worst >= 0) {
    throw new Error(
      `${what} element ${worst}: expected ${expected.value[worst]} within ${expected.bound[worst]} but received ` +
        `${actual[worst]} (${ratio.toFixed(2)} times the bound)`,
    );
  }
}

/** erf by its Maclaurin series, and by the continued fraction of erfc beyond 3. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 3) {
    let term = a;
    let sum = a;
    for (let n = 1; Math.abs(term) > 1e-18 * sum; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
}

export type ActivationName = 'none' | 'relu' | 'gelu' | 'geluTanh' | 'silu';

export function activate(name: ActivationName, x: number): number {
  if (name === 'relu') return Math.max(0, x);
  if (name === 'gelu') return (x / 2) * (1 + erf(x / Math.SQRT2));
  if (name === 'silu') return x / (1 + Math.exp(-x));
  if (name === 'geluTanh') return (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
  return x;
}

/** Absolute error that the activation itself may add; its slope is below 1.13. */
export function activationBound(name: ActivationName, x: number, bound: number): number {
  if (name === 'none') return bound;
  if (name === 'relu') return bound;
  return 1.13 * bound + 1e-6 * Math.max(1, Math.abs(x));
}

export interface MatmulReference {
  m: number;
  n: number;
  k: number;
  a: (i: number, p: number) => number;
  b: (p: number, j: number) => number;
  bias?: ArrayLike<number> | undefined;
  residual?: ArrayLike<number> | undefined;
  activation?: ActivationName | undefined;
}

export function matmulReference(r: MatmulReference): Bounded {
  const out = bounded(r.m * r.n);
  const name = r.activation ?? 'none';
  for (let i = 0; i < r.m; i++) {
    for (let j = 0; j < r.n; j++) {
      let sum = r.bias?.[j] ?? 0;
      let magnitude = Math.abs(sum);
      for (let p = 0; p < r.k; p++) {
        const product = r.a(i, p) * r.b(p, j);
        sum += product;
        magnitude += Math.abs(product);
      }
      let bound = (r.k + 2) * U * magnitude;
      bound = activationBound(name, sum, bound);
      let value = activate(name, sum);
      if (r.residual) {
        value += r.residual[i * r.n + j]!;
        bound += U * (Math.abs(value) + Math.abs(r.residual[i * r.n + j]!));
      }
      out.value[i * r.n + j] = value;
      out.bound[i * r.n + j] = bound + U * Math.abs(value);
    }
  }
  return out;
}

/**
 * One row of softmax(scale x) over the positions that `allowed` lets through.
 * @param logitBound absolute error that the logits (already scaled) may carry
 */
export function softmaxRow(
  x: ArrayLike<number>,
  scale: number,
  allowed: (j: number) => boolean,
  logitBound = 0,
): Bounded {
  const n = x.length;
  const out = bounded(n);
  let max = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < n; j++) if (allowed(j)) max = Math.max(max, x[j]! * scale);
  if (max === Number.NEGATIVE_INFINITY) return out;
  let sum = 0;
  for (let j = 0; j < n; j++) if (allowed(j)) sum += Math.exp(x[j]! * scale - max);
  for (let j = 0; j < n; j++) {
    if (!allowed(j)) continue;
    const argument = x[j]! * scale - max;
    out.value[j] = Math.exp(argument) / sum;
    // The argument is rounded twice, the exponential errs by 1.5 ULP, the sum by its length, the scaling by 2.
    // Errors of arguments act on the term and on the sum; a term far below the sum errs by its own argument.
    const relative = (3 * Math.abs(argument) + n + 16) * U + 2 * logitBound;
    out.bound[j] = out.value[j]! * Math.expm1(relative) + 3e-39;
  }
  return out;
}
