/** A model that serves: an encoder, and the batcher that its requests share. */

import {
  ArgumentError,
  expectation,
  FileError,
  NonFiniteError,
  type SyntheticAttentionError,
} from '../errors.js';
import type { Explanation } from '../explain/explanation.js';
import { Encoder, type EncoderLoadOptions } from '../models/encoder.js';
import { inTurns } from '../models/feed/in_turns.js';
import type { OutputValue, PoolingMode, TextCut, TokenizedText } from '../models/types.js';
import { Batcher, type BatcherOptions, type BatcherState, type Timings } from './batcher.js';
import { UNREADABLE_WEIGHTS } from './errors.js';
import { BackendError, SequenceFailure } from './failures.js';
import { finishRow } from './rows.js';
import { type EmbedInput, sequencesOf } from './sequences.js';
import { Turns } from './turns.js';

export type BatchLimits = Omit<BatcherOptions<Float32Array>, 'run' | 'now' | 'schedule'>;

export interface ModelOptions extends EncoderLoadOptions, BatchLimits {
  /** Instead of the one the model directory names. */
  pooling?: PoolingMode;
}

export interface EmbedOptions {
  /** As of Encoder.encode. */
  normalize?: boolean | undefined;
  /** Leading numbers of an embedding to keep, at most `dimensions` of the model; by default all. */
  dimensions?: number | undefined;
  /** One of the model's prompts, put before every text; by default the model's default, if it has one. */
  promptName?: string | undefined;
  /** At which end what is too long is cut off, by default the right one; 'nowhere': it is refused. */
  cut?: TextCut | undefined;
  /** 'token': of each text the states of all its tokens, [tokens, hidden]; nothing else applies to these. */
  outputValue?: OutputValue | undefined;
}

export interface EmbedTimings extends Timings {
  tokenizationMs: number;
}

export interface Embedded {
  /** One for each item of the input. Views of larger arrays: not to be changed. */
  rows: Float32Array[];
  /** Numbers of an embedding; with outputValue 'token' those of one token. */
  dimensions: number;
  /** That the model has read, special tokens included. */
  tokens: number;
  timings: EmbedTimings;
}

export interface Counters {
  /** All that came. */
  requests: number;
  /** Those that did not end well, for any reason. */
  failures: number;
  /** Of those that did. */
  texts: number;
  tokens: number;
}

/** How a batch is run; requests that differ in this do not share one. */
interface BatchKind {
  outputValue: OutputValue;
  normalize: boolean;
  /** Whose tokens the pooling leaves out. */
  promptName: string | null;
}

export class Model {
  /** Numbers of an embedding. */
  readonly dimensions: number;
  private readonly batcher: Batcher<Float32Array>;
  private readonly turns: Turns;
  private readonly counts: Counters = { requests: 0, failures: 0, texts: 0, tokens: 0 };
  private checking: Promise<number> | undefined;
  private explaining: Promise<unknown> = Promise.resolve();

  private constructor(
    /** What requests call it. */
    readonly id: string,
    readonly encoder: Encoder,
    private readonly pooling: PoolingMode | undefined,
    private readonly width: number,
    limits: BatchLimits,
  ) {
    this.dimensions = Math.min(encoder.truncateDim ?? width, width);
    this.batcher = new Batcher({ ...limits, run: (sequences, key) => this.run(sequences, key) });
    this.turns = new Turns(() => this.batcher.state.batches > 0);
  }

  /**
   * @param model a directory or a name, as of Encoder.load
   * @param id what requests call it
   */
  static async load(id: string, model: string, options: ModelOptions = {}): Promise<Model> {
    const { pooling, maxBatchTokens, maxBatchMs, maxQueueTokens, maxConcurrentRequests, onBatch, ...load } =
      options;
    const given = { maxBatchTokens, maxBatchMs, maxQueueTokens, maxConcurrentRequests, onBatch };
    const limits = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const encoder = await Encoder.load(model, load);
    try {
      // The first run fills what later ones find filled. Whether it has a result, readiness() tells.
      const sequence = Int32Array.from(encoder.tokenize(['ready'])[0]!);
      const options = { ...(pooling && { pooling }), truncateDim: ALL };
      await encodeRows(encoder, [sequence], options);
      return new Model(id, encoder, pooling, encoder.embeddingLength(options), limits);
    } catch (error) {
      encoder.dispose();
      throw error;
    }
  }

  get state(): BatcherState {
    return this.batcher.state;
  }

  get counters(): Readonly<Counters> {
    return this.counts;
  }

  /**
   * @param signal aborting rejects with its reason, and nothing is computed that has not begun
   * @throws ArgumentError; OverloadedError, ClosedError, BackendError of ./failures.js; NonFiniteError, FileError of
   *   the first of its texts that has no result
   */
  async embed(input: EmbedInput, options: EmbedOptions = {}, signal?: AbortSignal): Promise<Embedded> {
    this.counts.requests++;
    try {
      const result = await this.embedded(input, options, signal);
      this.counts.texts += result.rows.length;
      this.counts.tokens += result.tokens;
      return result;
    } catch (error) {
      this.counts.failures++;
      throw error;
    }
  }

  /**
   * Milliseconds that one text takes beside what is going on; calls that come meanwhile share it.
   * @throws BackendError
   */
  readiness(): Promise<number> {
    this.checking ??= this.check().finally(() => {
      this.checking = undefined;
    });
    return this.checking;
  }

  /** One at a time: the weights of a long text take many MiB. */
  async explain(text: string, options: { title?: string } = {}, signal?: AbortSignal): Promise<Explanation> {
    const place = this.batcher.enter();
    try {
      const before = this.explaining;
      const result = before.then(async () => {
        signal?.throwIfAborted();
        try {
          return await this.encoder.explain(text, options);
        } catch (error) {
          throw namedInRequest(error, 0);
        }
      });
      this.explaining = result.catch(() => {});
      return await result;
    } finally {
      place.release();
    }
  }

  /**
   * Ids of texts, and whether they are more than the model reads.
   * @param most ids after which the rest is not looked at, where nothing is cut
   */
  async tokenize(
    texts: readonly string[],
    cut: TextCut,
    signal?: AbortSignal,
    most = Number.POSITIVE_INFINITY,
  ): Promise<TokenizedText[]> {
    const { encoder } = this;
    function* steps() {
      const all: TokenizedText[] = [];
      let count = 0;
      for (const text of texts) {
        const read = yield* encoder.tokenizeSteps(text, cut, most);
        all.push(read);
        count += read.ids.length;
        if (count >= most) break;
        yield;
      }
      return all;
    }
    return this.inTurns(steps(), signal);
  }

  /** Other work in steps, in turn with the tokenization of requests. */
  async inTurns<T>(steps: Generator<void, T, void>, signal?: AbortSignal): Promise<T> {
    const place = this.batcher.enter();
    try {
      return await this.turns.run(steps, signal);
    } finally {
      place.release();
    }
  }

  /** Nothing is taken from now on. */
  close(): void {
    this.batcher.close();
  }

  /** When nothing that was taken is left to do. */
  drain(): Promise<void> {
    return this.batcher.drain();
  }

  dispose(): void {
    this.close();
    this.encoder.dispose();
  }

  private async embedded(
    input: EmbedInput,
    options: EmbedOptions,
    signal: AbortSignal | undefined,
  ): Promise<Embedded> {
    const { encoder } = this;
    const { promptName, normalize, cut = 'right', outputValue = 'sentence' } = options;
    const texts = typeof input[0] === 'string';
    const prompt = texts ? encoder.promptText(promptName === undefined ? {} : { promptName }) : '';
    const kept = this.checkDimensions(options.dimensions);
    const kind: BatchKind = {
      outputValue,
      normalize: outputValue === 'sentence' && (normalize ?? encoder.normalizes),
      promptName:
        prompt === '' || encoder.poolsPrompt ? null : (promptName ?? encoder.defaultPromptName ?? null),
    };
    const place = this.batcher.enter();
    try {
      const start = performance.now();
      const sequences = await this.turns.run(sequencesOf(encoder, input, { prompt, cut }), signal);
      const tokenizationMs = performance.now() - start;
      const key = JSON.stringify(kind);
      const { rows, timings } = await this.batcher.submit(sequences, { key, signal, place });
      const tokens = sequences.reduce((sum, sequence) => sum + sequence.length, 0);
      const whole = { tokens, timings: { tokenizationMs, ...timings } };
      if (outputValue === 'token') {
        return { rows, dimensions: tokens === 0 ? 0 : totalLength(rows) / tokens, ...whole };
      }
      const finished: Float32Array[] = [];
      const finish = (i: number): void => {
        finished.push(finishRow(rows[i]!, kept, normalize === true));
      };
      await inTurns(rows.length, ROWS, finish, signal);
      return { rows: finished, dimensions: kept, ...whole };
    } finally {
      place.release();
    }
  }

  private checkDimensions(value: number | undefined): number {
    if (value === undefined) return this.dimensions;
    if (!Number.isInteger(value) || value < 1 || value > this.width) {
      throw new ArgumentError(
        expectation('dimensions', `an integer from 1 to ${this.width}`, JSON.stringify(value), 'range'),
      );
    }
    return value;
  }

  private run(sequences: readonly Int32Array[], key: string): Promise<(Float32Array | SequenceFailure)[]> {
    const { promptName, ...kind } = JSON.parse(key) as BatchKind;
    return encodeRows(this.encoder, sequences, {
      ...kind,
      ...(this.pooling && { pooling: this.pooling }),
      ...(promptName !== null && { promptName }),
      truncateDim: ALL,
    });
  }

  private async check(): Promise<number> {
    const start = performance.now();
    try {
      const sequence = Int32Array.from(this.encoder.tokenize(['ready'])[0]!);
      const [row] = await encodeRows(this.encoder, [sequence], {});
      if (row instanceof SequenceFailure) throw row.reason(0);
      if (!row!.every(Number.isFinite)) {
        throw new BackendError(expectation('embedding', 'finite numbers', 'others'));
      }
    } catch (error) {
      const { message } = error as Error;
      throw new BackendError(error instanceof FileError ? UNREADABLE_WEIGHTS : message, { cause: error });
    }
    return performance.now() - start;
  }
}

/** Rows that are finished between two looks at the clock. */
const ROWS = 64;
/** More than any embedding has. */
const ALL = Number.MAX_SAFE_INTEGER;

/** One native job; of each sequence its part of what comes out, or why it has none. */
async function encodeRows(
  encoder: Encoder,
  sequences: readonly Int32Array[],
  options: Parameters<Encoder['encodeTokens']>[1] & object,
): Promise<(Float32Array | SequenceFailure)[]> {
  const offsets = new Int32Array(sequences.length + 1);
  for (const [i, sequence] of sequences.entries()) offsets[i + 1] = offsets[i]! + sequence.length;
  const ids = new Int32Array(offsets.at(-1)!);
  for (const [i, sequence] of sequences.entries()) ids.set(sequence, offsets[i]!);
  const failures = new Map<number, SequenceFailure>();
  const onFailure = (i: number, error: SyntheticAttentionError): void => {
    failures.set(i, new SequenceFailure((index) => namedInRequest(error, index)));
  };
  const out = await encoder.encodeTokens({ ids, offsets }, { ...options, onFailure });
  const tokens = options.outputValue === 'token';
  const width = out.length / Math.max(1, tokens ? ids.length : sequences.length);
  return sequences.map((_, i) => {
    const failure = failures.get(i);
    if (failure !== undefined) return failure;
    const [begin, end] = tokens ? [offsets[i]!, offsets[i + 1]!] : [i, i + 1];
    return out.subarray(begin * width, end * width);
  });
}

/** @param name what the request calls its texts */
export function notFiniteSentence(name: string, index: number): string {
  return `${name}[${index}]: the model gives numbers that are not finite (NaN or an infinity) for this text`;
}

/** The error of one text of a batch, as the request knows the text. */
function namedInRequest<T>(error: T, index: number): T | NonFiniteError {
  if (!(error instanceof NonFiniteError)) return error;
  return new NonFiniteError(notFiniteSentence('input', index), index, { cause: error });
}

function totalLength(rows: readonly Float32Array[]): number {
  return rows.reduce((sum, row) => sum + row.length, 0);
}
