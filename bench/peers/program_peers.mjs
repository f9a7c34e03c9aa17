/**
 * Programs of TensorFlow.js on this package's backend beside its other ones, a process each. TensorFlow.js' own
 * JavaScript (tfjs-cpu), which adds up in float64, says what is right.
 */
import { summarize } from '../lib/statistics.mjs';
import { exchangeFolder, outputFile, readFloats } from './exchange.mjs';
import { runContender } from './processes.mjs';
import { checkAll, timeAll } from './rounds.mjs';

const ROUNDS = 3;
/**
 * Of the largest number: some thousand roundings of 2^-24 follow each other, and what Adam makes of a gradient near 0 is
 * its sign.
 */
const TOLERANCE = 1e-4;

const contender = (name, backend) => ({ name, backend, module: './tfjs_program.mjs', does: ['program'] });
const OURS = contender('ours', 'synthetic');
const REFERENCE = contender('tfjs-cpu', 'cpu');
const WASM = contender('tfjs-wasm', 'wasm');

const BLOCK = { batch: 8, length: 128, features: 384, heads: 12, hidden: 1536 };
const TRAINING = { batch: 32, length: 128, features: 128, heads: 4, hidden: 512, classes: 2 };
const shapeName = ({ batch, length, features }) => `${batch}x${length}x${features}`;

export const PROGRAM_CASES = [
  { id: 'block', program: 'block', name: `transformer block, tfjs program ${shapeName(BLOCK)}`, ...BLOCK },
  {
    id: 'training',
    program: 'training',
    name: `training step, MixtureSynthesizer ${shapeName(TRAINING)}`,
    ...TRAINING,
  },
].map((item) => ({ suite: 'programs', kind: 'program', case: item.name, inputs: [], ...item }));

function worstOf(expected, actual) {
  const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const bound = TOLERANCE * largest;
  let worst = { error: 0, bound, index: 0 };
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]) / bound;
    if (!(error <= worst.error)) worst = { error, bound, index: i };
  }
  return actual.length === expected.length ? worst : { error: Number.NaN, bound, index: actual.length };
}

/**
 * @param items of PROGRAM_CASES
 * @returns results as in report.mjs, in ms; ours first, with all threads
 */
export function comparePrograms({ items, threads, samples }) {
  const folder = exchangeFolder();
  const counts = [...new Set([threads, 1])];
  // The reference is checked first: the others are compared with it.
  const runs = [
    { contender: REFERENCE, threads: 1 },
    ...counts.map((count) => ({ contender: OURS, threads: count })),
    { contender: WASM, threads: 1 },
  ];
  const expected = new Map();

  const perform = (run, mode, own) =>
    runContender(run.contender, {
      mode,
      items: own,
      backend: run.contender.backend,
      threads: run.threads,
      samples: Math.ceil(samples / ROUNDS),
      folder,
    });

  function judge(run, item, did) {
    if (did.reason) return did;
    const actual = readFloats(outputFile(folder, item));
    if (run.contender === REFERENCE) {
      expected.set(item, actual);
      return { error: 0, bound: 0 };
    }
    if (!expected.has(item)) return { reason: `${REFERENCE.name} gave nothing to compare with` };
    const { error, bound, index } = worstOf(expected.get(item), actual);
    if (error <= 1) return { error, bound };
    return {
      reason: `wrong: ${error.toPrecision(3)} times the bound ${bound.toExponential(2)} at element ${index}`,
    };
  }

  const entries = checkAll({ runs, items, perform, judge });
  timeAll({ entries, rounds: ROUNDS, perform });
  const order = [OURS, WASM, REFERENCE];
  const place = ({ item, run }) => items.indexOf(item) * order.length + order.indexOf(run.contender);
  return entries
    .sort((a, b) => place(a) - place(b))
    .map(({ run, item, version, threads: used, tier, rounds, error, bound, reason }) => {
      const common = { suite: item.suite, case: item.case, contender: run.contender.name, version, tier };
      const own = { ...common, threads: used ?? run.threads, unit: 'ms' };
      if (reason) return { ...own, reason };
      return {
        ...own,
        ...summarize(rounds.flatMap(({ seconds }) => seconds.map((s) => s * 1e3))),
        error,
        bound,
      };
    });
}
