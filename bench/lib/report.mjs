/**
 * Results as a table for people and as JSON for programs:
 *   {machine: {cpu, isa, threads, node, date, commit?}, results: [result]}
 * A result is {suite, case, contender, tier, threads, unit, median, low, high, spread, peak, ofPeak, error, bound};
 * what a benchmark does not measure is absent. spread is the interquartile range in `unit`; peak is in `unit` and
 * ofPeak a fraction of it; error is the largest error found in units of its bound, bound that bound (absolute).
 * A contender that could not take part has `reason` instead of figures.
 */
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fail } from './options.mjs';

export function number(value) {
  if (value === undefined || value === null) return '';
  const size = Math.abs(value);
  return value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4);
}

export function percent(share) {
  return share === undefined || share === null ? '' : `${(100 * share).toFixed(1)}%`;
}

/** @param align one of 'l', 'r' a column */
export function table(headers, rows, align) {
  const lines = [headers, ...rows].map((row) => row.map(String));
  const widths = headers.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const format = (line) =>
    line
      .map((cell, i) => (align[i] === 'r' ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return [format(lines[0]), widths.map((w) => '-'.repeat(w)).join('  '), ...lines.slice(1).map(format)].join(
    '\n',
  );
}

export function machineLine({ cpu, isa, threads, node, commit }) {
  return [cpu, isa && `tier ${isa}`, threads && `${threads} thread(s)`, `Node ${node}`, commit]
    .filter(Boolean)
    .join(', ');
}

export function resultTable(results) {
  return table(
    ['suite', 'case', 'median', 'low', 'high', 'spread', 'unit', 'of peak', 'error / bound'],
    results.map((r) => [
      r.suite,
      r.case,
      number(r.median),
      number(r.low),
      number(r.high),
      number(r.spread),
      r.unit,
      r.ofPeak === undefined ? '' : percent(r.ofPeak),
      number(r.error),
    ]),
    'llrrrrlrr',
  );
}

/** Does nothing without a file. */
export function writeReport(file, machine, results) {
  if (file === undefined) return;
  try {
    // Whole or not at all, where it is no device: hours may lie in the old one.
    const direct = statSync(file, { throwIfNoEntry: false })?.isFile() === false;
    const written = direct ? file : `${file}.${process.pid}.tmp`;
    try {
      writeFileSync(written, `${JSON.stringify({ machine, results }, null, 2)}\n`);
      if (!direct) renameSync(written, file);
    } catch (error) {
      if (!direct) rmSync(written, { force: true });
      throw error;
    }
  } catch (error) {
    fail('a writable file after --json', `${file} (${error.code})`, 1);
  }
}

/** A report, or the bare list of results that the native program writes. */
export function readReport(file) {
  if (!existsSync(file)) fail('a report', `${file}, which does not exist`);
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const { machine = {}, results } = Array.isArray(report) ? { results: report } : report;
    if (Array.isArray(results)) return { machine, results };
  } catch {
    // Told below: what is not JSON is not a report either.
  }
  return fail('a report {machine, results}', file);
}
