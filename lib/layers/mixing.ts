/** How the logits of several score functions become one: Tay et al., arXiv 2005.00743, section 3.3. */
import { ArgumentError, describe, expectation } from '../errors.js';
import type { WeightMap, WeightSpec } from './layer_types.js';

/**
 * 'learned': logits = sum_i alpha_i S_i, alpha = softmax(mixing/logits), which start at 0.
 * 'sum': logits = sum_i S_i.
 */
export type Mixing = 'learned' | 'sum';

function learns(mixing: Mixing, count: number): boolean {
  return count > 1 && mixing === 'learned';
}

export function mixingSpecs(mixing: Mixing, count: number): WeightSpec[] {
  return learns(mixing, count) ? [{ name: 'mixing/logits', shape: [count], initializer: 'zeros' }] : [];
}

/** alpha_i of each score function. */
export function mixingFactors(mixing: Mixing, count: number, weights: WeightMap): number[] {
  if (!learns(mixing, count)) return Array.from({ length: count }, () => 1);
  const { data } = weights.get('mixing/logits')!;
  const bad = data.find((logit) => !Number.isFinite(logit));
  if (bad !== undefined) {
    throw new ArgumentError(expectation('mixing/logits', 'finite numbers', describe(bad)));
  }
  return softmax(data);
}

/** In float64: of a handful of numbers. */
export function softmax(values: Float32Array): number[] {
  const top = Math.max(...values);
  const powers = Array.from(values, (a) => Math.exp(a - top));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / total);
}
