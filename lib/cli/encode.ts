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
import { checkRanges, embeddingRanges, quantizedWidth } from '../models/heads/quantize.js';
import { type EncoderDType, PRECISIONS, type Precision, type TextEncoder } from '../models/types.js';
import { ByteCounter } from './byte_counter.js';
import {
  checkOptions,
  type EncodeCommandOptions,
  encoderOptions,
  inputsOf,
  needsRanges,
} from './encode_options.js';
import { type FindModel, findModel } from './find_model.js';
import { type Input, openInput } from './input.js';
import { InputDigest } from './input_digest.js';
import { ID_LINE } from './input_format.js';
import { guardInterrupts, type InterruptGuard } from './interrupt.js';
import { journalPath } from './journal.js';
import { namingRecord, namingRecords } from './naming_records.js';
import { createFormat, lockOutput, type OutputFormat, openOutput } from './output.js';
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
  const outputFormat = checkOptions(options);
  const input = await openInput(inputsOf(options), options.output, options);
  await new EncodeRun(options, around, outputFormat, input).perform();
}

/** One run of the command, from locks to the closing line. */
class EncodeRun {
  readonly #options: EncodeCommandOptions;
  readonly #around: EncodeSurroundings;
  readonly #format: OutputFormat;
  readonly #input: Input;
  readonly #precision: Precision;
  readonly #guard: InterruptGuard;
  #lock: OutputLock | undefined;
  #writer: RowWriter | undefined;
  #resumable: ResumableOutput | undefined;
  #progress: Progress | undefined;
  /** Of this run and of those that it goes on from. */
  #tokens = 0;
  /** Ranges that were taken from the first texts, and stand beside the output. */
  #calibrated: Float32Array | undefined;

  constructor(options: EncodeCommandOptions, around: EncodeSurroundings, format: OutputFormat, input: Input) {
    this.#options = options;
    this.#around = around;
    this.#format = format;
    this.#input = input;
    this.#precision = options.precision ?? 'float32';
    this.#guard = guardInterrupts(
      // What can be resumed stays, and gets a last checkpoint if there is time.
      () => {
        if (!options.resume) this.#writer?.abortSync();
      },
      options.resume ? 'the same command goes on from the last checkpoint' : undefined,
    );
    // A read that waits for input would keep the process from ending.
    this.#guard.signal.addEventListener('abort', () => input.destroy(), { once: true });
  }

  async perform(): Promise<void> {
    const { signal } = this.#guard;
    try {
      await this.#encode();
    } catch (error) {
      this.#progress?.stop();
      // What has been written until now need not be done again.
      await this.#resumable?.checkpoint(this.#tokens).catch(() => {});
      await this.#writer?.abort();
      throw signal.aborted ? signal.reason : error;
    } finally {
      this.#input.destroy();
      this.#lock?.release();
      this.#guard.release();
    }
  }

  #say(sentence: string): void {
    if (!this.#options.quiet) this.#around.stderr.write(`${sentence}\n`);
  }

  async #encode(): Promise<void> {
    const { signal } = this.#guard;
    await this.#takeLock();
    const directory = await findModel(this.#options, this.#around.findModel, this.#around.stderr, signal);
    const run = this.#options.resume
      ? await ResumableRun.find(this.#options, directory, this.#format)
      : undefined;
    if (run?.isComplete) {
      this.#say(`${this.#options.output} is complete: ${count(run.checkpoint!.rows)} texts`);
      return;
    }
    const encoder = await load(this.#options, directory, this.#around, signal, (text) => this.#say(text));
    const dimensions = encoder.embeddingLength(encoderOptions(this.#options));
    const { records, ranges } = await this.#findRanges(encoder, dimensions, run);
    const writer = await this.#openWriter(records, dimensions, run);
    signal.throwIfAborted();
    await this.#write(encoder, writer, dimensions, ranges, run);
    encoder.dispose();
  }

  async #takeLock(): Promise<void> {
    const { output, resume } = this.#options;
    await checkRangesOption(this.#options);
    this.#lock = await lockOutput(output, filesBeside(this.#options));
    if (resume && !this.#lock.isExclusive) {
      this.#say(`${output}: the file system has no locks, so make sure that no other run writes this output`);
    }
  }

  /** The ranges of an 8-bit precision: given, those of an earlier run, or of the first texts; and all records. */
  async #findRanges(
    encoder: TextEncoder,
    dimensions: number,
    run: ResumableRun | undefined,
  ): Promise<{ records: Records; ranges?: Float32Array }> {
    const records = this.#input.records();
    const { ranges: path } = this.#options;
    if (path !== undefined) return { records, ranges: await readRanges(path, dimensions) };
    if (!needsRanges(this.#precision)) return { records };
    if (run?.checkpoint?.ranges) {
      const ranges = Float32Array.from(run.checkpoint.ranges);
      this.#calibrated = ranges;
      return { records, ranges };
    }
    // The first ones of the whole input, whatever the shard, so that all shards have the same.
    const first = await peekTexts(records, CALIBRATION_TEXTS);
    if (first.texts.length === 0) return { records: first.records };
    const calibrating = encoder.encode(first.texts, {
      ...encoderOptions(this.#options),
      signal: this.#guard.signal,
    });
    const { data } = await calibrating.catch((error: unknown) => {
      throw namingRecord(error, (index) => index + 1);
    });
    const ranges = checkRanges('calibration', embeddingRanges(data, dimensions), dimensions);
    this.#calibrated = ranges;
    return { records: first.records, ranges };
  }

  /** @returns the records that the writer's rows are made of, and the writer */
  async #openWriter(
    records: Records,
    dimensions: number,
    run: ResumableRun | undefined,
  ): Promise<{ records: Records; rows: RowWriter }> {
    const { id, output, shard } = this.#options;
    const { blockRows } = this.#around;
    const layout: RowLayout = {
      columns: quantizedWidth(dimensions, this.#precision),
      type: PRECISIONS[this.#precision].numbers,
      id: id === undefined ? undefined : this.#input.idType,
      ...(blockRows === undefined ? {} : { blockRows }),
    };
    const format = await createFormat(output, this.#format, layout, run?.position);
    if (run === undefined) {
      this.#writer = await openOutput(output, format);
      return { records, rows: this.#writer };
    }
    const digest = new InputDigest(run.inputMark);
    const watched = digest.watch(records, recordsOf(run.position?.rows ?? 0, shard));
    this.#resumable = await run.open(format, this.#calibrated, digest, this.#guard.signal);
    this.#writer = this.#resumable.writer;
    return { records: watched, rows: this.#writer };
  }

  async #write(
    encoder: TextEncoder,
    { records, rows }: { records: Records; rows: RowWriter },
    dimensions: number,
    ranges: Float32Array | undefined,
    run: ResumableRun | undefined,
  ): Promise<void> {
    const { id, shard, quiet = false, output } = this.#options;
    const { signal } = this.#guard;
    const before: Counts = {
      texts: run?.position?.rows ?? 0,
      tokens: run?.position === undefined ? 0 : run.checkpoint!.tokens,
      bytes: 0,
    };
    if (before.texts > 0) this.#say(`going on after ${count(before.texts)} texts`);
    const progress = createProgress(this.#around.stderr, this.#input.size, quiet, before);
    this.#progress = progress;
    const start = performance.now();
    const done: Counts = { ...before };
    this.#tokens = before.tokens;
    const bytes = new ByteCounter(before.texts);
    const selection = new Selection({ shard, skip: before.texts, numbered: id === ID_LINE });
    const texts = selectedTexts(records, selection, (taken) => bytes.mark(taken, this.#input.position()));
    const batches = encoder.encodeStream(texts, {
      ...encoderOptions(this.#options),
      precision: this.#precision,
      ...(ranges === undefined ? {} : { ranges: { data: ranges, shape: [2, dimensions] } }),
      signal,
    });
    for await (const batch of namingRecords(batches, selection)) {
      await rows.write(batch.embeddings, id === undefined ? undefined : selection.ids(batch.texts));
      // What was skipped on the way here belongs to what an earlier run has done.
      if (done.texts === before.texts) before.bytes = bytes.done(done.texts);
      done.texts += batch.texts;
      this.#tokens = done.tokens += batch.tokens;
      done.bytes = bytes.done(done.texts);
      await this.#resumable?.checkpointIfDue(this.#tokens);
      progress.update(done);
    }
    signal.throwIfAborted();
    await this.#close(rows);
    progress.stop();
    const made = { texts: done.texts - before.texts, tokens: done.tokens - before.tokens, bytes: done.bytes };
    this.#say(closingLine(made, (performance.now() - start) / 1000, output));
  }

  async #close(rows: RowWriter): Promise<void> {
    const alone = this.#calibrated === undefined || this.#resumable !== undefined;
    if (alone) await rows.close();
    else await closeWithRanges(rows, this.#calibrated!);
  }
}

type Records = AsyncGenerator<RecordBatch, void, undefined>;

/** @param mark is told of every batch how many of its texts were taken */
async function* selectedTexts(
  records: Records,
  selection: Selection,
  mark: (taken: number) => void,
): AsyncGenerator<string[]> {
  for await (const batch of records) {
    const taken = selection.take(batch);
    mark(taken.length);
    if (taken.length > 0) yield taken;
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
