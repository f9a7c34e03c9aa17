/** The work of `synthetic-attention encode`: records in, embeddings out, streamed in bounded memory. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { ArgumentError, expectation } from '../errors.js';
import { isSameFile } from '../formats/input_file.js';
import type { OutputLock } from '../formats/output_lock.js';
import type { RecordBatch } from '../formats/record_batch.js';
import type { RowLayout } from '../formats/row_format.js';
import type { RowWriter } from '../formats/row_writer.js';
import { checkRanges, embeddingRanges, quantizedWidth, quantizeRows } from '../models/heads/quantize.js';
import { type EncoderDType, PRECISIONS, type TextEncoder } from '../models/types.js';
import { ByteCounter } from './byte_counter.js';
import {
  checkOptions,
  type EncodeCommandOptions,
  encoderOptions,
  inputsOf,
  needsRanges,
} from './encode_options.js';
import { type FindModel, findModel } from './find_model.js';
import { openInput } from './input.js';
import { InputDigest } from './input_digest.js';
import { ID_LINE } from './input_format.js';
import { guardInterrupts } from './interrupt.js';
import { journalPath } from './journal.js';
import { namingRecord, namingRecords } from './naming_records.js';
import { createFormat, lockOutput, openOutput } from './output.js';
import { type Counts, count, createProgress, type Progress } from './progress.js';
import { CALIBRATION_TEXTS, peekTexts, rangesPath, readRanges, writeRanges } from './ranges.js';
import { type ResumableOutput, ResumableRun, recordsOf } from './resume.js';
import { Selection } from './selection.js';

export type { EncodeCommandOptions } from './encode_options.js';

/** What the command takes from outside, so that it can be run without a process of its own. */
export interface EncodeSurroundings {
  /** From --model, a directory or a name, to a directory. */
  findModel: FindModel;
  loadEncoder(directory: string, options: { dtype?: EncoderDType }): Promise<TextEncoder>;
  stderr: NodeJS.WriteStream;
  /** Rows of a row group or record batch. */
  blockRows?: number;
}

/** @throws SyntheticAttentionError with one sentence; Interruption on a signal; nothing is left of the output then */
export async function runEncode(options: EncodeCommandOptions, around: EncodeSurroundings): Promise<void> {
  const { stderr } = around;
  const { quiet = false, precision = 'float32', output } = options;
  const say = (sentence: string): void => {
    if (!quiet) stderr.write(`${sentence}\n`);
  };
  const outputFormat = checkOptions(options);
  const input = await openInput(inputsOf(options), output, options);
  let lock: OutputLock | undefined;
  let writer: RowWriter | undefined;
  let resumable: ResumableOutput | undefined;
  let progress: Progress | undefined;
  let tokens = 0;
  const guard = guardInterrupts(
    // What can be resumed stays, and gets a last checkpoint if there is time.
    () => {
      if (!options.resume) writer?.abortSync();
    },
    options.resume ? 'the same command goes on from the last checkpoint' : undefined,
  );
  // A read that waits for input would keep the process from ending.
  guard.signal.addEventListener('abort', () => input.destroy(), { once: true });
  try {
    await checkRangesOption(options);
    lock = await lockOutput(output, filesBeside(options));
    if (options.resume && !lock.isExclusive) {
      say(`${output}: the file system has no locks, so make sure that no other run writes this output`);
    }
    const directory = await findModel(options, around.findModel, around.stderr, guard.signal);
    const run = options.resume ? await ResumableRun.find(options, directory, outputFormat) : undefined;
    if (run?.isComplete) {
      say(`${output} is complete: ${count(run.checkpoint!.rows)} texts`);
      return;
    }
    const encoder = await load(options, directory, around, guard.signal, say);
    const encoding = encoderOptions(options);
    // Poolings and truncation change the length, and only the encoder knows how.
    const dimensions =
      encoder.embeddingLength?.(encoding) ?? (await encoder.encode('', encoding)).shape.at(-1)!;

    let records: AsyncGenerator<RecordBatch, void, undefined> = input.records();
    let ranges: Float32Array | undefined;
    let calibrated: Float32Array | undefined;
    if (options.ranges !== undefined) ranges = await readRanges(options.ranges, dimensions);
    else if (needsRanges(precision)) {
      if (run?.checkpoint?.ranges) calibrated = Float32Array.from(run.checkpoint.ranges);
      else {
        // The first ones of the whole input, whatever the shard, so that all shards have the same.
        const first = await peekTexts(records, CALIBRATION_TEXTS);
        records = first.records;
        if (first.texts.length > 0) {
          const calibrating = encoder.encode(first.texts, { ...encoding, signal: guard.signal });
          const { data } = await calibrating.catch((error: unknown) => {
            throw namingRecord(error, (index) => index + 1);
          });
          calibrated = checkRanges('calibration', embeddingRanges(data, dimensions), dimensions);
        }
      }
      ranges = calibrated;
    }

    const layout: RowLayout = {
      columns: quantizedWidth(dimensions, precision),
      type: PRECISIONS[precision].numbers,
      id: options.id === undefined ? undefined : input.idType,
      ...(around.blockRows === undefined ? {} : { blockRows: around.blockRows }),
    };
    const format = await createFormat(output, outputFormat, layout, run?.position);
    if (run !== undefined) {
      const digest = new InputDigest(run.inputMark);
      records = digest.watch(records, recordsOf(run.position?.rows ?? 0, options.shard));
      resumable = await run.open(format, calibrated, digest, guard.signal);
      writer = resumable.writer;
    } else writer = await openOutput(output, format);
    guard.signal.throwIfAborted();

    const before: Counts = {
      texts: run?.position?.rows ?? 0,
      tokens: run?.position === undefined ? 0 : run.checkpoint!.tokens,
      bytes: 0,
    };
    if (before.texts > 0) say(`going on after ${count(before.texts)} texts`);
    progress = createProgress(stderr, input.size, quiet, before);
    const start = performance.now();
    const done: Counts = { ...before };
    tokens = before.tokens;
    const bytes = new ByteCounter(before.texts);
    const selection = new Selection({
      shard: options.shard,
      skip: before.texts,
      numbered: options.id === ID_LINE,
    });
    async function* texts(): AsyncGenerator<string[]> {
      for await (const batch of records) {
        const taken = selection.take(batch);
        bytes.mark(taken.length, input.position());
        if (taken.length > 0) yield taken;
      }
    }
    const batches = encoder.encodeStream(texts(), { ...encoding, signal: guard.signal });
    for await (const batch of namingRecords(batches, selection)) {
      const values = quantizeRows(batch.embeddings, dimensions, precision, ranges);
      await writer.write(values, options.id === undefined ? undefined : selection.ids(batch.texts));
      // What was skipped on the way here belongs to what an earlier run has done.
      if (done.texts === before.texts) before.bytes = bytes.done(done.texts);
      done.texts += batch.texts;
      tokens = done.tokens += batch.tokens;
      done.bytes = bytes.done(done.texts);
      await resumable?.checkpointIfDue(tokens);
      progress.update(done);
    }
    guard.signal.throwIfAborted();
    if (calibrated !== undefined && resumable === undefined) await closeWithRanges(writer, calibrated);
    else await writer.close();
    progress.stop();
    const made: Counts = {
      texts: done.texts - before.texts,
      tokens: done.tokens - before.tokens,
      bytes: done.bytes,
    };
    say(closingLine(made, (performance.now() - start) / 1000, output));
    encoder.dispose();
  } catch (error) {
    progress?.stop();
    // What has been written until now need not be done again.
    await resumable?.checkpoint(tokens).catch(() => {});
    await writer?.abort();
    throw guard.signal.aborted ? guard.signal.reason : error;
  } finally {
    input.destroy();
    lock?.release();
    guard.release();
  }
}

function filesBeside({ output, resume = false, precision = 'float32', ranges }: EncodeCommandOptions) {
  return [
    { path: journalPath(output), isWritten: resume },
    { path: rangesPath(output), isWritten: needsRanges(precision) && ranges === undefined },
  ];
}

/** @throws ArgumentError if the output would replace the ranges that it is made with */
async function checkRangesOption({ ranges, output }: EncodeCommandOptions): Promise<void> {
  if (ranges !== undefined && (await isSameFile(ranges, output))) {
    throw new ArgumentError(expectation('--output', 'another file than the ranges', output, 'conflict'));
  }
}

/** Ranges and output appear together, or both of an earlier run stay. */
async function closeWithRanges(writer: RowWriter, ranges: Float32Array): Promise<void> {
  const path = rangesPath(writer.path);
  const isNew = !existsSync(path);
  try {
    await writer.close(() => writeRanges(path, ranges));
  } catch (error) {
    if (isNew) await rm(path, { force: true });
    throw error;
  }
}

async function load(
  { model, dtype }: EncodeCommandOptions,
  directory: string,
  around: EncodeSurroundings,
  signal: AbortSignal,
  say: (sentence: string) => void,
): Promise<TextEncoder> {
  const start = performance.now();
  const encoder = await around.loadEncoder(directory, dtype === undefined ? {} : { dtype });
  signal.throwIfAborted();
  const seconds = ((performance.now() - start) / 1000).toFixed(2);
  const limits = `${encoder.dimensions} dimensions, up to ${encoder.maxLength} tokens a text`;
  say(`loaded ${basename(model)} in ${seconds} s (${limits})`);
  return encoder;
}

function closingLine({ texts, tokens }: Counts, seconds: number, output: string): string {
  const rate = (n: number) => count(seconds > 0 ? n / seconds : 0);
  const where = output === '-' ? 'standard output' : output;
  return (
    `encoded ${count(texts)} texts (${count(tokens)} tokens) in ${seconds.toFixed(1)} s: ` +
    `${rate(texts)} texts/s, ${rate(tokens)} tokens/s -> ${where}`
  );
}
