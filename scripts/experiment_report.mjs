/**
 * The results of the experiment into docs/experiment.md, and their plot beside it.
 *   npm run experiment:report -- --results experiment.json
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, program } from './experiment/fail.mjs';
import { writeWhole } from './experiment/files.mjs';
import { findings, sampling } from './experiment/findings.mjs';
import { count, filled, markdownTable } from './experiment/markdown.mjs';
import { readOptions } from './experiment/options.mjs';
import { readResults } from './experiment/results.mjs';
import { scatterChart } from './experiment/scatter.mjs';
import { summarizeVariants } from './experiment/summary.mjs';

const OPTIONS = {
  results: { value: 'FILE', help: 'of experiment:reviews', fallback: 'experiment.json' },
  document: {
    value: 'FILE',
    help: 'whose results are replaced, by default docs/experiment.md; the plot is beside it',
  },
};

function machineText({ cpu, isa, threads, node, date }) {
  return `${cpu}, tier ${isa}, ${threads} thread${threads > 1 ? 's' : ''}, Node ${node.replace(/^v/, '')}, ${date}`;
}

function plot({ machine }, rows) {
  const points = rows.map(({ variant, accuracy, low, high, inference }) => ({
    name: variant,
    baseline: variant === 'V',
    x: inference / 1000,
    y: 100 * accuracy,
    low: 100 * low,
    high: 100 * high,
  }));
  return scatterChart({
    title: 'Sentiment of movie reviews: accuracy against speed',
    subtitle: `mean, lowest and highest seed; ${machineText(machine)}`,
    xLabel: 'inference, thousand tokens a second',
    yLabel: 'accuracy on the test split, %',
    points,
  });
}

async function main() {
  const options = readOptions('experiment:report', 'Writes the results into a document.', OPTIONS);
  const document = options.document ?? fileURLToPath(new URL('../docs/experiment.md', import.meta.url));
  const results = readResults(options.results);
  const rows = summarizeVariants(results);
  if (rows.length === 0) fail('results with runs', options.results);
  const { settings, data, machine } = results;
  const seeds = [...new Set(rows.map((row) => row.seeds))].sort().join(' to ');
  const image = document.replace(/(\.md)?$/, '.svg');
  const timed = rows.every(({ inference }) => inference !== undefined);
  const content = [
    `${seeds} seed${seeds === '1' ? '' : 's'} of ${count(settings.steps)} steps each; ${count(data.train)} reviews to train, ${count(data.validation)} to validate, ${count(data.test)} to test. ${machineText(machine)}.`,
    markdownTable(rows),
    timed ? `![Accuracy against speed](${basename(image)})` : '',
    sampling(rows, data.test),
    findings(rows),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
  if (timed) writeWhole(image, plot(results, rows));
  writeWhole(document, filled(readFileSync(document, 'utf8'), content));
}

await program(main);
