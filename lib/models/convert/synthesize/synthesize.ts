/**
 * A pretrained encoder whose most static heads attend by position alone, without training: docs/synthesize.md.
 *
 * The model reads texts once for the statistics of its heads. Heads are ranked by how little their attention depends on the
 * text, the first of them get tables of logits that are calibrated by the same statistics, and the result is held against
 * the original on texts that neither saw.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, describe, expectation } from '../../../errors.js';
import { checkOptions, optionNames, readSignal } from '../../../options.js';
import { loadArchitecture } from '../../architectures/registry.js';
import { writeDirectory } from '../../directory/whole_directory.js';
import { Encoder } from '../../encoder.js';
import type { EncoderDType } from '../../types.js';
import { checkOutput, checkPath, convertModel } from '../convert.js';
import type { AttentionStatistics } from './attention_statistics.js';
import { CALIBRATIONS, type Calibration, calibrate } from './calibrate.js';
import { headEffects } from './effects.js';
import { type DotEncoder, readDotEncoder } from './expressible.js';
import { meanState } from './mean_state.js';
import { observe } from './observe.js';
import { divergence, type HeadMeasure, RANKINGS, type Ranking, ranked, staticShare } from './rank.js';
import { compareSpeed, type Kept, kept, type Speed, timedBatches, tokenBatch } from './trade_off.js';
import { type SynthesizerPlan, writeSynthesizer } from './write_model.js';

export interface SynthesizeOptions {
  /** Every fifth is held out. */
  texts: readonly string[];
  /** Numbers of heads to replace, of all layers together; all are measured, the last is written. */
  heads: readonly number[] | { shares: readonly number[] };
  /** Default 'likelihood'. */
  calibration?: Calibration;
  /** Default 'effect'. */
  ranking?: Ranking;
  /** How weights are stored and multiplied; by default as in the original. */
  dtype?: EncoderDType;
  signal?: AbortSignal;
  onProgress?: (progress: SynthesisProgress) => void;
}

const OPTIONS = optionNames<keyof SynthesizeOptions>()(
  'texts',
  'heads',
  'calibration',
  'ranking',
  'dtype',
  'signal',
  'onProgress',
);

export interface SynthesisProgress {
  stage: 'read' | 'rank' | 'measure';
  done: number;
  total: number;
}

export interface TradeOffPoint extends Kept, Speed {
  /** Heads replaced. */
  heads: number;
}

export interface Synthesis {
  /** Heads of all layers. */
  heads: number;
  /** Texts for the statistics, and texts that everything is measured on. */
  texts: number;
  heldOut: number;
  /** Tokens of the longest text that was read. */
  longest: number;
  /** Of every head, the most static first. */
  measures: readonly HeadMeasure[];
  points: readonly TradeOffPoint[];
}

const HELD_OUT = 5;
/** Of the texts that were read, those that show the effect of each head. */
const EFFECT_TEXTS = 128;
/** Those for the middle of embeddings. */
const SHIFT_TEXTS = 1024;
/** Fewer texts say nothing about a percentile. */
const LEAST_TEXTS = 10;

function oneOf<T extends string>(subject: string, values: readonly T[], value: T): T {
  if (values.includes(value)) return value;
  throw new ArgumentError(expectation(subject, `one of ${values.join(', ')}`, describe(value)));
}

function checkTexts(texts: readonly string[]): void {
  if (!Array.isArray(texts) || texts.length < LEAST_TEXTS) {
    const received = Array.isArray(texts) ? String(texts.length) : describe(texts);
    throw new ArgumentError(expectation('texts', `at least ${LEAST_TEXTS} texts`, received));
  }
  const wrong = texts.findIndex((text) => typeof text !== 'string');
  if (wrong >= 0) throw new ArgumentError(expectation(`texts[${wrong}]`, 'a string', describe(texts[wrong])));
}

/** Numbers of heads, each once, from what the caller names. */
function headCounts(from: SynthesizeOptions['heads'], all: number): number[] {
  const shares = Array.isArray(from) ? undefined : (from as { shares?: readonly number[] })?.shares;
  const list = shares ?? from;
  if (!Array.isArray(list) || list.length === 0) {
    throw new ArgumentError(expectation('heads', 'one or more numbers of heads', describe(list)));
  }
  const counts = (list as readonly number[]).map((n) => {
    if (shares !== undefined) {
      if (typeof n === 'number' && n > 0 && n <= 1) return Math.max(1, Math.round(n * all));
      throw new ArgumentError(expectation('shares', 'numbers above 0, at most 1', describe(n)));
    }
    if (Number.isSafeInteger(n) && n >= 1 && n <= all) return n;
    throw new ArgumentError(expectation('heads', `integers from 1 to ${all}`, describe(n)));
  });
  return counts.filter((n, i) => counts.lastIndexOf(n) === i);
}

/** What the ranking and the tables come from. */
interface Observed {
  encoder: DotEncoder;
  statistics: AttentionStatistics;
  positions: number;
  calibration: Calibration;
}

function measureHeads(observed: Observed): { measures: HeadMeasure[]; tables: Float32Array[] } {
  const { encoder, statistics, positions, calibration } = observed;
  const { heads } = encoder.config;
  const tables = Array.from({ length: statistics.heads }, (_, h) =>
    calibrate(statistics, h, positions, calibration),
  );
  const measures = tables.map((table, h) => ({
    layer: Math.floor(h / heads),
    head: h % heads,
    staticShare: staticShare(statistics, h),
    divergence: divergence(statistics, h, table),
  }));
  return { measures, tables };
}

/**
 * Writes `output`, a copy of a model directory in which some heads attend by position alone.
 * @throws ModelError for encoders that are not BERT's kin, FormatError, FileError, ArgumentError; nothing is left of the
 *   output then
 */
export async function synthesizeModel(
  directory: string,
  output: string,
  options: SynthesizeOptions,
): Promise<Synthesis> {
  checkOptions('synthesizeModel', OPTIONS, options ?? null);
  const { texts, dtype } = options;
  const signal = readSignal(options.signal);
  const calibration = oneOf('calibration', CALIBRATIONS, options.calibration ?? 'likelihood');
  const ranking = oneOf('ranking', RANKINGS, options.ranking ?? 'effect');
  checkPath('directory', directory);
  checkPath('output', output);
  checkTexts(texts);
  signal?.throwIfAborted();
  const encoder = await readDotEncoder(directory);
  const all = encoder.layers.length * encoder.config.heads;
  const counts = headCounts(options.heads, all);
  await checkOutput(directory, output);
  using original = await Encoder.load(directory);
  const seen = texts.filter((_, i) => i % HELD_OUT !== HELD_OUT - 1);
  const heldOut = texts.filter((_, i) => i % HELD_OUT === HELD_OUT - 1);
  const progress = (stage: SynthesisProgress['stage'], total: number) => (done: number) =>
    options.onProgress?.({ stage, done, total });

  const model = await loadArchitecture(encoder.directory.transformer, encoder.directory.config);
  const ids = original.tokenize(seen);
  const statistics = await observe(model, ids, progress('read', seen.length), signal).finally(() =>
    model.dispose(),
  );
  const positions = Math.min(encoder.config.positions, original.maxLength);
  const { measures, tables } = measureHeads({ encoder, statistics, positions, calibration });
  if (ranking === 'effect') {
    const batch = tokenBatch(ids.slice(0, EFFECT_TEXTS));
    const setting = { encoder, tables, positions };
    const effects = await headEffects(setting, batch, progress('rank', all), signal);
    measures.forEach((measure, h) => {
      measure.effect = effects[h]!;
    });
  }
  const order = ranked(measures, ranking);
  const plan = (count: number, shift?: Float32Array): SynthesizerPlan => {
    const chosen = order.slice(0, count);
    return {
      statics: encoder.layers.map((_, i) =>
        chosen
          .filter(({ layer }) => layer === i)
          .map(({ head }) => head)
          .sort((a, b) => a - b),
      ),
      positions,
      table: (layer, head) => tables[layer * encoder.config.heads + head]!,
      shift,
    };
  };
  const shifting = seen.slice(0, SHIFT_TEXTS);
  const pooling = encoder.directory.pooling.modes[0]!;
  const middle = await meanState(directory, shifting, pooling, signal);
  let shift: Float32Array | undefined;
  const points: TradeOffPoint[] = [];
  const compared = await comparison(original, directory, heldOut, dtype, signal);
  const folder = await mkdtemp(join(tmpdir(), 'synthetic-attention-'));
  try {
    for (const [i, count] of counts.entries()) {
      const candidate = join(folder, String(count));
      const write = (to: string) => writeSynthesizer(directory, encoder, plan(count, shift), to, signal);
      shift = undefined;
      await writeDirectory(candidate, write);
      const moved = await meanState(candidate, shifting, pooling, signal);
      shift = Float32Array.from(middle, (x, d) => x - moved[d]!);
      await rm(candidate, { recursive: true });
      await writeDirectory(candidate, write);
      points.push({ heads: count, ...(await compared.measure(candidate)) });
      if (i + 1 < counts.length) await rm(candidate, { recursive: true });
      progress('measure', counts.length)(i + 1);
    }
    const last = counts.at(-1)!;
    if (dtype === 'int8')
      await convertModel(join(folder, String(last)), output, { dtype, ...(signal && { signal }) });
    else
      await writeDirectory(output, (to) =>
        writeSynthesizer(directory, encoder, plan(last, shift), to, signal),
      );
  } finally {
    compared.dispose();
    await rm(folder, { recursive: true, force: true });
  }
  return {
    heads: all,
    texts: seen.length,
    heldOut: heldOut.length,
    longest: statistics.length,
    measures: order,
    points,
  };
}

/** Held-out texts through the original, to hold candidates against. */
async function comparison(
  original: Encoder,
  directory: string,
  heldOut: readonly string[],
  dtype: EncoderDType | undefined,
  signal: AbortSignal | undefined,
) {
  const loading = dtype === undefined ? {} : { dtype };
  const aborting = signal && { signal };
  const expected = await original.encode(heldOut, { ...aborting });
  const batches = timedBatches(original.tokenize(heldOut));
  const rival = await Encoder.load(directory, loading);
  return {
    async measure(candidate: string): Promise<Kept & Speed> {
      using encoder = await Encoder.load(candidate, loading);
      const actual = await encoder.encode(heldOut, { ...aborting });
      return {
        ...kept(actual.data, expected.data, heldOut.length),
        ...(await compareSpeed(encoder, rival, batches, signal)),
      };
    },
    dispose: () => rival.dispose(),
  };
}
