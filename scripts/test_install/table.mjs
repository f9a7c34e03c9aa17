// The results as a table; why a row failed stands below it.

export function formatTable(results) {
  const cells = results.map((result) => [
    result.name,
    result.version ?? '',
    result.seconds === undefined ? '' : result.seconds.toFixed(1),
    result.packages === undefined ? '' : String(result.packages),
    result.megabytes === undefined ? '' : result.megabytes.toFixed(1),
    result.outcome === 'passed' || result.outcome.startsWith('skipped') ? result.outcome : 'FAILED',
  ]);
  const rows = [['installed by', 'version', 'seconds', 'packages', 'MB', 'result'], ...cells];
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );
  const failures = results
    .filter(({ outcome }) => outcome !== 'passed' && !outcome.startsWith('skipped'))
    .map(({ name, outcome }) => `--- ${name}:\n${outcome}`);
  return [...lines, ...failures].join('\n');
}
