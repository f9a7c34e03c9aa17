// What bench:peers prints: one table a work item, one for a series of sizes; and the table of bench:layers.
import { number, percent, table } from '../lib/report.mjs';

/** How many times as fast ours is. */
function ratio(ours, theirs) {
  return ours?.median && theirs.median ? `${number(ours.median / theirs.median)}x` : '';
}

function itemTable(results) {
  const ours = results.find(({ contender, reason }) => contender === 'ours' && !reason);
  const { suite, case: name, unit } = results.find((r) => r.unit) ?? results[0];
  const rows = results.map((r) => [
    r.contender,
    r.version ?? '',
    r.threads ?? '',
    number(r.median),
    r.reason ? '' : `${number(r.low)}..${number(r.high)}`,
    ratio(ours, r),
    number(r.error),
    r.reason ?? '',
  ]);
  return [
    `${suite} ${name}, ${unit}`,
    table(
      [
        'contender',
        'version',
        'threads',
        'median',
        'low..high of rounds',
        'ours is',
        'error / bound',
        'skipped because',
      ],
      rows,
      'llrrrrrl',
    ),
  ].join('\n');
}

function seriesTable(suite, results) {
  const names = [...new Set(results.map((r) => r.contender))];
  const sizes = [...new Set(results.map((r) => r.case))];
  const cell = (contender, size) =>
    number(results.find((r) => r.contender === contender && r.case === size)?.median);
  const reasons = results.filter((r) => r.reason).map((r) => `${r.contender}: ${r.reason}`);
  return [
    `${suite}, ${results.find((r) => r.unit)?.unit}`,
    table(
      ['contender', ...sizes],
      names.map((name) => [name, ...sizes.map((size) => cell(name, size))]),
      `l${'r'.repeat(sizes.length)}`,
    ),
    ...new Set(reasons),
  ].join('\n');
}

export function peerTables(results) {
  const groups = new Map();
  for (const result of results) {
    const name = result.suite === 'matmul-size' ? result.suite : `${result.suite} ${result.case}`;
    groups.set(name, [...(groups.get(name) ?? []), result]);
  }
  return [...groups]
    .map(([name, group]) => (name === 'matmul-size' ? seriesTable(name, group) : itemTable(group)))
    .join('\n\n');
}

/**
 * Layers and contenders of one run. `times` is a contender's time in units of that of ours with all threads, the
 * first of a layer's results; the share is of the peak of as many threads as the contender has.
 */
export function layerTable(results) {
  const rows = results
    .filter(({ unit }) => unit === 'ms')
    .map((r) => {
      const same = (other) => ['case', 'contender', 'threads'].every((key) => other[key] === r[key]);
      const speed = results.find((other) => other.unit === 'GFLOP/s' && same(other));
      const ours = results.find((other) => other.case === r.case);
      return [
        r.case,
        r.contender,
        r.version ?? '',
        r.threads,
        number(r.median),
        r.reason ? '' : `${number(r.low)}..${number(r.high)}`,
        number(r.spread),
        ratio(r, ours),
        number(speed?.median),
        percent(speed?.ofPeak),
        number(r.error),
        r.reason ?? '',
      ];
    });
  const headers = ['layer', 'contender', 'version', 'threads', 'ms', 'low..high', 'spread', 'times'];
  const more = ['GFLOP/s', 'of peak', 'error / bound', 'skipped because'];
  return table([...headers, ...more], rows, 'lllrrrrrrrrl');
}
