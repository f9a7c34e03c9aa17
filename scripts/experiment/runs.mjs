// All runs of the experiment, each written as soon as it is there; a signal stops them after the step in hand.
import { Checkpoint } from './files.mjs';
import { createProgress } from './progress.mjs';
import { measureSpeed } from './speed.mjs';
import { startTensorflow } from './tensorflow.mjs';
import { train } from './train.mjs';
import { VARIANTS } from './variants.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM'];

/** @returns whether all are finished; false when a signal came first */
async function trainAll(runs, data, settings, { output, results, stop }) {
  const progress = createProgress(process.stderr, runs.length);
  for (const run of runs) {
    if (results.has(run)) {
      progress.skip();
      continue;
    }
    if (stop.requested) return false;
    const { variant, seed } = run;
    const identity = JSON.stringify({ run, settings, hash: data.hash });
    const checkpoint = new Checkpoint(`${output}.${variant}-${seed}.checkpoint`, identity);
    const result = await train(run, data, settings, { checkpoint, stop, progress });
    if (result === undefined) return false;
    results.add(result);
    checkpoint.remove();
    const [percent, minutes] = [(100 * result.accuracy).toFixed(2), (result.trainSeconds / 60).toFixed(1)];
    console.log(`${variant}, seed ${seed}: ${percent} % of the test split after ${minutes} minutes`);
  }
  return true;
}

/**
 * @param runs [{variant, seed}]
 * @param data {hash, words, reviews: {train, validation, test}}, of reviews the ids, label and source
 * @param results of results.mjs, kept in the file `output`
 * @param rounds how often each variant's training step and inference are timed
 * @returns whether all are finished
 */
export async function runAll(runs, data, settings, { output, results, rounds }) {
  await startTensorflow();
  const stop = { requested: false };
  const request = () => {
    stop.requested = true;
  };
  // Not once: npm passes on a Ctrl-C that the terminal has sent as well.
  for (const signal of SIGNALS) process.on(signal, request);
  const finished = await trainAll(runs, data, settings, { output, results, stop });
  if (!finished) return false;
  for (const signal of SIGNALS) process.off(signal, request);
  // Of earlier calls too: variants are compared that were timed in turn.
  const trained = VARIANTS.filter((name) => results.runs.some(({ variant }) => variant === name));
  results.speed = measureSpeed(trained, settings, data.words, rounds);
  return true;
}
