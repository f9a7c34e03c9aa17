// What the runs of each variant come to.
import { VARIANTS } from './variants.mjs';

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** Of a sample: divided by n - 1; undefined for one value. */
function deviation(values) {
  if (values.length < 2) return undefined;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (values.length - 1));
}

/**
 * @param results of results.mjs
 * @returns rows in the order of the variants: {variant, seeds, accuracy, deviation, low, high, bySource, parameters,
 *   training?, inference?, attention?}; rates in tokens a second
 */
export function summarizeVariants({ runs, speed }) {
  return VARIANTS.filter((variant) => runs.some((run) => run.variant === variant)).map((variant) => {
    const own = runs.filter((run) => run.variant === variant);
    const accuracies = own.map(({ accuracy }) => accuracy);
    const timed = speed?.find((entry) => entry.variant === variant);
    const sources = Object.keys(own[0].bySource);
    return {
      variant,
      seeds: own.length,
      accuracy: mean(accuracies),
      deviation: deviation(accuracies),
      low: Math.min(...accuracies),
      high: Math.max(...accuracies),
      bySource: Object.fromEntries(sources.map((s) => [s, mean(own.map(({ bySource }) => bySource[s]))])),
      parameters: own[0].parameters,
      ...(timed
        ? {
            training: timed.training.median,
            inference: timed.model.median,
            attention: timed.attention.median,
          }
        : {}),
    };
  });
}
