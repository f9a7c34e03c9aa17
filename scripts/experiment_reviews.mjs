/**
 * The Synthesizer paper's claim on movie reviews: every variant trained on this package's TensorFlow.js backend under one
 * budget. docs/experiment.md tells what it does; results are made into its table by scripts/experiment_report.mjs.
 *   npm run experiment:reviews -- --data movie-reviews.tsv.gz --output experiment.json
 * Stopped by Ctrl-C it keeps its state, and the same command goes on.
 */
import { describeMachine } from '../bench/lib/machine.mjs';
import { info } from '../dist/index.js';
import { readDataset } from './experiment/dataset.mjs';
import { fail, program } from './experiment/fail.mjs';
import { lockResults } from './experiment/lock.mjs';
import { listOf, positive, readOptions } from './experiment/options.mjs';
import { Results } from './experiment/results.mjs';
import { SETTINGS } from './experiment/settings.mjs';
import { VARIANTS } from './experiment/variants.mjs';
import { Vocabulary } from './experiment/vocabulary.mjs';

/** As of a process that a signal ended. */
const INTERRUPTED = 130;

const OPTIONS = {
  data: { value: 'FILE', help: 'label, source, text, tab-separated; also .gz' },
  output: {
    value: 'FILE',
    help: 'results, and beside them the state of a stopped run',
    fallback: 'experiment.json',
  },
  variants: { value: 'A,B', help: 'some of the variants', fallback: VARIANTS.join(), read: listOf(VARIANTS) },
  seeds: { value: 'N', help: 'runs of each variant', fallback: 3, read: positive },
  steps: { value: 'N', help: 'training steps of a run', fallback: SETTINGS.steps, read: positive },
  batch: { value: 'N', help: 'reviews of a step', fallback: SETTINGS.batch, read: positive },
  'evaluate-every': { value: 'N', help: 'steps', fallback: SETTINGS.evaluateEvery, read: positive },
  rounds: {
    value: 'N',
    help: 'calls by which training and inference are timed',
    fallback: 100,
    read: positive,
  },
};

function encoded(splits, vocabulary, maxLength) {
  const encode = ({ text, ...rest }) => ({ ...rest, ids: vocabulary.encode(text, maxLength) });
  return Object.fromEntries(Object.entries(splits).map(([name, rows]) => [name, rows.map(encode)]));
}

async function main() {
  const options = readOptions('experiment:reviews', 'Trains the Synthesizer variants on reviews.', OPTIONS);
  if (options.data === undefined) fail('--data FILE', 'none');
  const { hash, splits } = readDataset(options.data);
  lockResults(options.output);
  const { steps, batch } = options;
  const settings = { ...SETTINGS, steps, batch, evaluateEvery: options['evaluate-every'] };
  const vocabulary = new Vocabulary(
    splits.train.map(({ text }) => text),
    settings.vocabulary,
  );
  const words = vocabulary.size;
  const sizes = Object.fromEntries(Object.entries(splits).map(([name, rows]) => [name, rows.length]));
  const { isa, threads, cpu } = info();
  const results = new Results(options.output, {
    machine: describeMachine({ cpu, isa, threads }),
    settings,
    data: { hash, ...sizes, words },
  });
  const data = { hash, words, reviews: encoded(splits, vocabulary, settings.maxLength) };
  // Seeds outside: a table of all variants is there after a third of the time.
  const runs = Array.from({ length: options.seeds }, (_, seed) =>
    options.variants.map((variant) => ({ variant, seed })),
  ).flat();
  // Not imported above: TensorFlow.js takes longer to load than a wrong option should have to wait.
  const { runAll } = await import('./experiment/runs.mjs');
  const { output, rounds } = options;
  if (await runAll(runs, data, settings, { output, results, rounds })) return 0;
  console.error('stopped: the same command goes on from here');
  return INTERRUPTED;
}

await program(main);
