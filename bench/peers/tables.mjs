// What bench:peers prints: one table a work item, one for a series of sizes.
import { number, table } from '../lib/report.mjs';

/** How many times as fast ours is. */
function ratio(ours, theirs) {
  return ours && theirs.median ? `${number(ours.median / theirs.median)}x` : '';
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
