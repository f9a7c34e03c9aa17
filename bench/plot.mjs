// Draws the rate of square products over their size as an SVG, from the JSON of bench:kernels and bench:peers.
//   npm run bench:plot -- --json kernels.json --json peers.json --output docs/matmul.svg
import { writeFileSync } from 'node:fs';
import { lineChart } from './lib/line_chart.mjs';
import { fail, readOptions } from './lib/options.mjs';
import { readReport } from './lib/report.mjs';

const SUITE = 'matmul-size';

const options = readOptions({
  command: 'bench:plot',
  summary: `Draws the suite ${SUITE} of reports.`,
  own: {
    json: { many: true, help: 'a report to read; may be given several times' },
    output: { value: 'FILE', help: 'the SVG to write' },
  },
});
if (options.json.length === 0 || !options.output) fail('--json FILE and --output FILE', 'not both of them');

const reports = options.json.map(readReport);
const results = reports
  .flatMap((report) => report.results)
  .filter(({ suite, median, unit }) => suite === SUITE && median > 0 && unit === 'GFLOP/s');
if (results.length === 0) fail(`results of suite ${SUITE} in ${options.json.join(', ')}`, 'none');

/** The native program times the kernel alone, B packed beforehand; bench:peers times calls from Node with a plain B. */
function label({ contender, tier }) {
  if (contender === 'synthetic-attention') return `kernel, ${tier} (B packed)`;
  return contender === 'ours' ? `synthetic-attention, ${tier}` : contender;
}

const series = new Map();
for (const result of results) {
  const name = label(result);
  const own = !(result.contender !== 'ours' && result.contender !== 'synthetic-attention');
  if (!series.has(name)) series.set(name, { name, own, points: new Map() });
  // The case is n, or n x n x n.
  series.get(name).points.set(Number.parseInt(result.case, 10), result.median);
}

/** Of the fastest tier: the ceiling of the chart. */
const peak = Math.max(0, ...results.map((result) => result.peak ?? 0)) || undefined;
const machine = reports.map((report) => report.machine).find(({ cpu }) => cpu) ?? {};
const threads = [...new Set(results.map((result) => result.threads))].filter((n) => n > 0);
const details = [
  machine.cpu,
  threads.length > 0 &&
    `${threads.sort((a, b) => a - b).join(' to ')} thread${threads.at(-1) > 1 ? 's' : ''}`,
  machine.node && `Node ${machine.node.replace(/^v/, '')}`,
  machine.date,
];
const svg = lineChart({
  title: 'Product of two n × n matrices, float32',
  subtitle: details.filter(Boolean).join(', '),
  xLabel: 'n',
  yLabel: 'GFLOP/s',
  series: [...series.values()].map(({ name, own, points }) => ({
    name,
    own,
    points: [...points].sort(([a], [b]) => a - b),
  })),
  level: peak && { name: `measured peak, ${peak.toFixed(0)} GFLOP/s`, value: peak },
});
writeFileSync(options.output, svg);
