// Summaries of samples. The median, because one interrupted sample must not move the figure.

/** Linear interpolation between the two nearest of the ascending values. */
function quantile(ascending, share) {
  const position = (ascending.length - 1) * share;
  const below = Math.floor(position);
  const above = Math.min(below + 1, ascending.length - 1);
  return ascending[below] + (ascending[above] - ascending[below]) * (position - below);
}

/**
 * @param values one number a sample, at least one
 * @returns spread is the interquartile range, in the unit of the values
 */
export function summarize(values) {
  const ascending = Float64Array.from(values).sort();
  return {
    median: quantile(ascending, 0.5),
    low: ascending[0],
    high: ascending.at(-1),
    spread: quantile(ascending, 0.75) - quantile(ascending, 0.25),
  };
}

export function median(values) {
  return summarize(values).median;
}
