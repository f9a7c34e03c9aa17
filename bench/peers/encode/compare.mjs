/**
 * This package's encoder beside others, every contender in a process of its own in every round. A process loads the
 * model, encodes one text, then all; what it encoded while it was timed is compared with ours in float32. The limit
 * of the cores alternates with them like a contender.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flopsOf, transformerFolder } from '../../lib/model_work.mjs';
import { fail } from '../../lib/options.mjs';
import { multiplyAddPeak } from '../../lib/peak.mjs';
import { median, summarize } from '../../lib/statistics.mjs';
import { tokenizerOf } from '../../lib/token_sequences.mjs';
import { exchangeFolder, readFloats } from '../exchange.mjs';
import { runContender } from '../processes.mjs';
import { timeAll } from '../rounds.mjs';
import { CONTENDERS } from './contenders.mjs';
import { likeness, readNpyRows, wrongness } from './likeness.mjs';
import { requirements } from './requirements.mjs';

const [OURS, OURS_INT8] = CONTENDERS;
const LIMIT = { name: 'FMA limit' };
/** The one work item of rounds.mjs. */
const ITEM = { id: 'encode' };
const here = fileURLToPath(new URL('.', import.meta.url));
const WORKERS = { node: join(here, 'worker.mjs'), python: join(here, 'python_worker.py') };

/** What else a reply tells, by its key. */
const FIGURES = {
  first: { case: 'first embedding', unit: 'ms', scale: 1 },
  p99: { case: 'event-loop delay p99', unit: 'ms', scale: 1 },
  resident: { case: 'resident memory', unit: 'MiB', scale: 2 ** -20 },
};

/**
 * One contender in one process.
 * @param task see worker.mjs; without `output` only the first embedding is made
 */
export function encodeOnce(contender, task, python) {
  const { options } = contender;
  return runContender(contender, { ...task, options, timed: task.output !== undefined }, python, WORKERS);
}

/** Measures the peak of all threads; or {reason}. */
async function peakMeter(isa, threads) {
  try {
    return await multiplyAddPeak(isa, threads, (expected, received) => {
      throw new Error(`expected ${expected} but received ${received}`);
    });
  } catch (error) {
    return { reason: error.message };
  }
}

/** A judge of replies: the first of ours in float32 is what all others are held against. */
function judgeOf(dimensions) {
  let ours;
  return (contender, did, embeddings) => {
    ours ??= embeddings;
    const cosines = likeness(embeddings, ours, dimensions);
    // A version that does not know the option gives the very numbers of float32.
    if (contender === OURS_INT8 && embeddings.every((x, i) => x === ours[i])) {
      return { reason: 'not available: the embeddings are those of float32' };
    }
    return { ...did, ...cosines, wrong: wrongness(embeddings, ours, cosines) };
  };
}

function resultsOf({ run: { contender }, rounds, reason }, isa, tokens, flops) {
  const wrong = rounds.find((did) => did.wrong)?.wrong;
  const { version, tier, lowest } = rounds[0] ?? {};
  const common = { contender: contender.name, version, tier };
  if (rounds.length === 0) return [{ ...common, unit: 'tokens/s', reason }];
  if (contender === LIMIT) {
    const peak = median(rounds.map((did) => did.peak));
    const rates = rounds.map((did) => (did.peak * 1e9 * tokens) / flops);
    return [{ ...common, tier: isa, unit: 'tokens/s', ...summarize(rates), peak }];
  }
  const rate = summarize(rounds.map((did) => tokens / did.seconds));
  const cosines = lowest !== undefined && {
    lowestCosine: Math.min(...rounds.map((did) => did.lowest)),
    meanCosine: Math.min(...rounds.map((did) => did.mean)),
  };
  const figures = Object.entries(FIGURES)
    .filter(([key]) => rounds[0][key] !== undefined)
    .map(([key, { scale, ...what }]) => ({
      ...common,
      ...what,
      ...summarize(rounds.map((did) => did[key] * scale)),
    }));
  return [{ ...common, unit: 'tokens/s', ...rate, ...cosines, reason: reason ?? wrong }, ...figures];
}

/**
 * @param only parts of contenders' names, or undefined for all
 * @param reference .npy file with known embeddings of the first texts, or undefined
 * @returns {results, tokens, flops, known}: results as in report.mjs, with lowestCosine and meanCosine (those of the
 *   worst round); a contender with wrong results has figures and a reason; known is the likeness of ours to the
 *   reference
 */
export async function compareEncoders({ model, work, texts, threads, rounds, only, python, isa, reference }) {
  const { maxLength, hidden: dimensions } = work;
  const tokenize = tokenizerOf(model, maxLength);
  const lengths = texts.map((text) => tokenize(text).length);
  const [tokens, flops] = [lengths.reduce((sum, length) => sum + length, 0), flopsOf(work, lengths)];
  const expected = reference && readNpyRows(reference, dimensions);
  const { folders, missing } = requirements({ model: transformerFolder(model), maxLength, python });
  const peak = await peakMeter(isa, threads);
  const entries = [...CONTENDERS, LIMIT]
    .filter(
      ({ name }, i) => i === 0 || !only || name === LIMIT.name || only.some((part) => name.includes(part)),
    )
    .map((contender) => ({
      run: { contender },
      item: ITEM,
      rounds: [],
      reason: contender === LIMIT ? peak.reason : missing(contender.needs),
    }));

  const folder = exchangeFolder();
  const output = join(folder, 'embeddings.f32');
  const task = { folder, threads, model, ...folders, maxLength, dimensions, texts, output };
  const judge = judgeOf(dimensions);
  let known;
  const perform = ({ contender }) => {
    if (contender === LIMIT) return { items: { encode: { peak: peak() } } };
    console.error(`encoding by ${contender.name}`);
    const did = encodeOnce(contender, task, python);
    if (did.reason) return did;
    const embeddings = readFloats(output);
    if (contender === OURS && expected) known ??= likeness(embeddings, expected, dimensions);
    return { items: { encode: judge(contender, did, embeddings) } };
  };
  timeAll({ entries, rounds, perform });
  const [{ run, reason }] = entries;
  if (reason) fail(`${run.contender.name} to encode`, reason, 1);
  return { results: entries.flatMap((entry) => resultsOf(entry, isa, tokens, flops)), tokens, flops, known };
}
