/** `synthetic-attention convert --synthesize`: texts in, a model with static heads and a report out. */
import { join } from 'node:path';
import { writeWhole } from '../formats/write_whole.js';
import {
  type SynthesisProgress,
  type SynthesizeOptions,
  synthesizeModel,
} from '../models/convert/synthesize/synthesize.js';
import { openInput } from './input.js';
import { tradeOffChart } from './trade_off_chart.js';
import { tradeOffTable } from './trade_off_table.js';

export interface SynthesizeCommandOptions
  extends Pick<SynthesizeOptions, 'calibration' | 'ranking' | 'dtype'> {
  model: string;
  output: string;
  input: string[];
  heads?: number[];
  share?: number[];
  texts?: number;
}

const DEFAULT_TEXTS = 5000;
const DEFAULT_SHARES: readonly number[] = [0.25];
const LOG_EVERY_MS = 5000;
const WORDS: Readonly<Record<SynthesisProgress['stage'], string>> = {
  read: 'read # texts',
  rank: 'tried # heads',
  measure: 'measured # models',
};

/** The first texts of the inputs; empty ones say nothing about attention. */
async function readTexts(
  inputs: readonly string[],
  output: string,
  limit: number,
  signal: AbortSignal,
): Promise<string[]> {
  const input = await openInput(inputs, output, {});
  const stop = () => input.destroy();
  signal.addEventListener('abort', stop);
  const texts: string[] = [];
  try {
    for await (const batch of input.records()) {
      signal.throwIfAborted();
      for (const text of batch.texts) if (text.trim() !== '') texts.push(text);
      if (texts.length >= limit) break;
    }
    signal.throwIfAborted();
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', stop);
    input.destroy();
  }
  return texts.slice(0, limit);
}

/** A line on stderr every few seconds. */
function logProgress(stderr: NodeJS.WritableStream): (progress: SynthesisProgress) => void {
  let last = performance.now();
  return ({ stage, done, total }) => {
    if (performance.now() - last < LOG_EVERY_MS) return;
    last = performance.now();
    stderr.write(`${WORDS[stage].replace('#', `${done} of ${total}`)}\n`);
  };
}

/** Beside the model, whole or not at all. */
async function writeReport(path: string, text: string): Promise<void> {
  await writeWhole(path, [new TextEncoder().encode(text)], { regular: true });
}

/** The table goes to stdout, everything else to stderr; numbers and plot stand beside the model as well. */
export async function runSynthesize(
  options: SynthesizeCommandOptions,
  stdout: NodeJS.WritableStream,
  stderr: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<void> {
  const { model, output, input, heads, share, texts: limit = DEFAULT_TEXTS } = options;
  const { calibration, ranking, dtype } = options;
  const texts = await readTexts(input, output, limit, signal);
  const result = await synthesizeModel(model, output, {
    texts,
    heads: heads ?? { shares: share ?? DEFAULT_SHARES },
    ...(calibration && { calibration }),
    ...(ranking && { ranking }),
    ...(dtype && { dtype }),
    signal,
    onProgress: logProgress(stderr),
  });
  await writeReport(join(output, 'synthesis.json'), `${JSON.stringify(result, null, 2)}\n`);
  await writeReport(join(output, 'synthesis.svg'), tradeOffChart(result));
  stdout.write(tradeOffTable(result));
  const replaced = result.points.at(-1)!.heads;
  stderr.write(
    `replaced ${replaced} of ${result.heads} heads by tables from ${result.texts} texts ` +
      `(of up to ${result.longest} tokens), measured on ${result.heldOut} others -> ${output}\n`,
  );
}
