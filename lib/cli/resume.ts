/** An output that a later run of the same command can go on with. */
import { info } from '../diagnostics.js';
import { finishResumable, ResumableFile } from '../formats/resumable_file.js';
import type { FormatPosition, RowFormat } from '../formats/row_format.js';
import { RowWriter } from '../formats/row_writer.js';
import { DEFAULT_CHECKPOINT, type EncodeCommandOptions, inputsOf } from './encode_options.js';
import { contentFingerprint, type Fingerprint, inputFingerprint, modelFingerprint } from './fingerprint.js';
import { type InputDigest, type InputMark, NOTHING } from './input_digest.js';
import { type Checkpoint, Journal } from './journal.js';
import type { OutputFormat } from './output.js';
import { rangesPath, writeRanges } from './ranges.js';
import type { Shard } from './selection.js';

/** What an earlier run has left. */
export class ResumableRun {
  readonly #output: string;
  readonly #journal: Journal;
  readonly #intervalMs: number;
  readonly #shard: Shard | undefined;
  /** Undefined: nothing is there. */
  readonly checkpoint: Checkpoint | undefined;
  /** The output is whole. */
  readonly isComplete: boolean;

  private constructor(
    options: EncodeCommandOptions,
    journal: Journal,
    checkpoint: Checkpoint | undefined,
    isComplete: boolean,
  ) {
    this.#output = options.output;
    this.#journal = journal;
    this.#shard = options.shard;
    this.#intervalMs = 1000 * (options.checkpoint ?? DEFAULT_CHECKPOINT);
    this.checkpoint = checkpoint;
    this.isComplete = isComplete;
  }

  /**
   * @param directory of the model
   * @throws FormatError if there is a journal of something else
   */
  static async find(
    options: EncodeCommandOptions,
    directory: string,
    format: OutputFormat,
  ): Promise<ResumableRun> {
    const { output } = options;
    const journal = new Journal(output, await fingerprintOf(options, directory, format));
    const content = await journal.read();
    if (content?.complete) {
      const isWhole = await finishResumable(output, content.complete);
      return new ResumableRun(options, journal, isWhole ? content : undefined, isWhole);
    }
    return new ResumableRun(options, journal, content, false);
  }

  /** Where the format is to go on. */
  get position(): FormatPosition | undefined {
    // Of a file that has not got its first bytes there is nothing to go on with.
    return this.checkpoint === undefined || this.checkpoint.bytes === 0 ? undefined : this.checkpoint;
  }

  /** The records that the input must begin with. */
  get inputMark(): InputMark | undefined {
    return this.position === undefined ? undefined : this.checkpoint!.input;
  }

  /**
   * @param ranges of the quantization, where they were calibrated
   * @param input which has the digest of what is read
   */
  async open(
    format: RowFormat,
    ranges: Float32Array | undefined,
    input: InputDigest,
    signal: AbortSignal,
  ): Promise<ResumableOutput> {
    const numbers = ranges === undefined ? null : [...ranges];
    const none = { rows: 0, tokens: 0, bytes: 0, partial: '', input: NOTHING, state: null };
    let last: Checkpoint = { ...(this.checkpoint ?? none), ranges: numbers };
    if (this.checkpoint === undefined) await ResumableFile.checkNew(this.#output);
    if (this.position === undefined) await this.#journal.write(last);
    const file = await ResumableFile.open(this.#output, {
      bytes: last.bytes,
      digest: last.partial,
      signal,
      beforeRename: async (mark) => {
        if (ranges !== undefined) await writeRanges(rangesPath(this.#output), ranges);
        await this.#journal.write({ ...last, state: null }, mark);
      },
    });
    const writer = new RowWriter(file, format, this.position === undefined);
    let lastTime = performance.now();
    const checkpoint = (tokens: number): Promise<void> =>
      writer.settled(async () => {
        await file.sync();
        const { rows } = format;
        lastTime = performance.now();
        // What the journal says holds, also where reading the input has failed before it came as far.
        if (rows === last.rows && file.bytes === last.bytes) return;
        last = {
          rows,
          tokens,
          bytes: file.bytes,
          partial: file.digest,
          input: input.markAt(recordsOf(rows, this.#shard)),
          state: format.state(),
          ranges: numbers,
        };
        await this.#journal.write(last);
        lastTime = performance.now();
      });
    return {
      writer,
      checkpoint,
      checkpointIfDue: async (tokens) => {
        if (performance.now() - lastTime >= this.#intervalMs) await checkpoint(tokens);
      },
    };
  }
}

/** The number of the record that the last of `rows` rows belongs to. */
export function recordsOf(rows: number, shard: Shard | undefined): number {
  return shard === undefined || rows === 0 ? rows : (rows - 1) * shard.count + shard.index;
}

export interface ResumableOutput {
  writer: RowWriter;
  /** @param tokens of the texts done so far, for the record */
  checkpoint(tokens: number): Promise<void>;
  checkpointIfDue(tokens: number): Promise<void>;
}

/** What the bytes of the output depend on. Threads and batch size are not among it, so that they may be changed. */
async function fingerprintOf(
  options: EncodeCommandOptions,
  directory: string,
  format: OutputFormat,
): Promise<Fingerprint> {
  const { version, isa, int8 } = info();
  const named: Record<string, unknown> = {
    '--format': format,
    '--input-format': options.inputFormat,
    '--field': options.field,
    '--column': options.column,
    '--header': options.header ?? true,
    '--id': options.id,
    '--dtype': options.dtype,
    '--normalize': options.normalize,
    '--truncate-dim': options.truncateDim,
    '--prompt': options.prompt,
    '--prompt-name': options.promptName,
    '--pooling': options.pooling,
    '--precision': options.precision,
    '--shard': options.shard && `${options.shard.index}/${options.shard.count}`,
    '--ranges': options.ranges && (await contentFingerprint(`--ranges ${options.ranges}`, options.ranges)),
  };
  return {
    version,
    'instruction set': `${isa} ${int8}`,
    ...Object.fromEntries(Object.entries(named).map(([name, value]) => [name, String(value)])),
    model: await modelFingerprint(directory, options.output),
    input: await inputFingerprint(inputsOf(options)),
  };
}
