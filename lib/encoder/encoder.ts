/** Text encoder: a model directory in, embeddings out. */
import { ArgumentError, describe, expectation } from '../errors.js';
import { Explanation } from '../explain/explanation.js';
import { EncodeOutput } from '../native/addon.js';
import { addon } from '../native/load.js';
import { checkBoolean, checkPositiveInteger } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { loadArchitecture } from './architecture.js';
import type { LoadedModel } from './loaded_model.js';
import { type ModelDirectory, readModelDirectory } from './model_directory.js';
import { type TokenBatch, tokenBatches } from './token_batches.js';
import { Tokenizer } from './tokenize.js';
import type { EncodedBatch, EncodeOptions, PoolingMode, TextEncoder, TextSource } from './types.js';

/**
 * Tokens a native job: several chunks for each thread of an ordinary machine, small enough for results to come
 * steadily and for an abort to be felt soon.
 */
const JOB_TOKENS = 4096;
/** While one job is awaited the next one runs and a third is being tokenized. */
const JOBS_IN_FLIGHT = 2;

/** Rows for a job's embeddings. */
type Allocate = (texts: number) => Float32Array;

export class Encoder implements TextEncoder {
  readonly dimensions: number;
  readonly maxLength: number;
  readonly pooling: PoolingMode;
  /** Whether embeddings are scaled to unit length by default. */
  readonly normalizes: boolean;

  private constructor(
    private readonly model: LoadedModel,
    private readonly tokenizer: Tokenizer,
    directory: ModelDirectory,
  ) {
    this.dimensions = model.dimensions;
    this.maxLength = tokenizer.maxLength;
    this.pooling = directory.pooling;
    this.normalizes = directory.normalize;
  }

  /**
   * @param directory a sentence-transformers or Hugging Face model: config.json, model.safetensors,
   *   tokenizer.json; modules.json, 1_Pooling and sentence_bert_config.json where there are any
   * @throws ModelError, FormatError, FileError with one sentence each
   */
  static async load(directory: string): Promise<Encoder> {
    if (typeof directory !== 'string' || directory === '') {
      throw new ArgumentError(expectation('directory', 'a path', describe(directory)));
    }
    const found = await readModelDirectory(directory);
    const model = await loadArchitecture(found.transformer, found.config);
    try {
      const tokenizer = Tokenizer.create(found.tokenizer, found.tokenizerConfig, {
        maxLength: Math.min(found.maxLength ?? model.positions, model.positions),
        lowerCase: found.lowerCase,
      });
      return new Encoder(model, tokenizer, found);
    } catch (error) {
      model.handle.dispose();
      throw error;
    }
  }

  async encode(texts: string | readonly string[], options: EncodeOptions = {}): Promise<Tensor> {
    const single = typeof texts === 'string';
    if (!single && !Array.isArray(texts)) {
      throw new ArgumentError(expectation('texts', 'a string or an array of strings', describe(texts)));
    }
    const list = single ? [texts] : (texts as readonly string[]);
    const result = new Float32Array(list.length * this.dimensions);
    let rows = 0;
    // Jobs write straight into their rows of the result.
    const allocate: Allocate = (count) => {
      const begin = rows * this.dimensions;
      rows += count;
      return result.subarray(begin, rows * this.dimensions);
    };
    const batches = this.run([list], options, allocate, list.length);
    while (!(await batches.next()).done);
    return new Tensor(result, single ? [this.dimensions] : [list.length, this.dimensions]);
  }

  encodeStream(
    texts: TextSource,
    options: EncodeOptions = {},
  ): AsyncGenerator<EncodedBatch, void, undefined> {
    return this.run(texts, options, (count) => new Float32Array(count * this.dimensions), undefined);
  }

  /**
   * What the model attends to when it reads one text: the weights of every layer and head. `toHTML()` of the result
   * is a page to look at.
   */
  async explain(text: string, options: { title?: string } = {}): Promise<Explanation> {
    if (typeof text !== 'string') {
      throw new ArgumentError(expectation('text', 'a string', describe(text)));
    }
    const ids = this.tokenizer.encode(text);
    const { layers, heads, kinds } = this.model;
    const size = heads * ids.length * ids.length;
    const attention = new Float32Array(layers * size);
    await addon().encodeAsync({
      model: this.model.handle,
      ids: Int32Array.from(ids),
      offsets: Int32Array.of(0, ids.length),
      output: EncodeOutput[this.pooling],
      normalize: false,
      out: new Float32Array(this.dimensions),
      attention,
    });
    const explained = Array.from({ length: layers }, (_, i) => ({
      name: `layer ${i}`,
      kind: kinds[i]!,
      heads,
      queries: ids.length,
      keys: ids.length,
      parts: [{ name: 'attention', weights: attention.subarray(i * size, (i + 1) * size) }],
    }));
    const tokens = this.tokenizer.tokens(ids);
    return new Explanation(explained, { ...options, subtitle: text, queryTokens: tokens, keyTokens: tokens });
  }

  /** Frees native memory now instead of at garbage collection; jobs that run end first. */
  dispose(): void {
    this.model.handle.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private async *run(
    texts: TextSource,
    options: EncodeOptions,
    allocate: Allocate,
    total: number | undefined,
  ): AsyncGenerator<EncodedBatch, void, undefined> {
    const { signal, onProgress } = options;
    const normalize = checkBoolean('normalize', options.normalize ?? this.normalizes);
    const limit =
      options.batchSize === undefined
        ? Number.POSITIVE_INFINITY
        : checkPositiveInteger('batchSize', options.batchSize);
    signal?.throwIfAborted();
    const inFlight: Promise<EncodedBatch>[] = [];
    let done = 0;
    let tokens = 0;
    const next = async (): Promise<EncodedBatch> => {
      const batch = await abortable(inFlight.shift()!, signal);
      done += batch.texts;
      tokens += batch.tokens;
      onProgress?.({ texts: done, tokens, total });
      return batch;
    };
    let computing = 0;
    const limits = { tokens: JOB_TOKENS, texts: limit };
    const batches = tokenBatches(texts, this.tokenizer, limits, () => computing > 0);
    try {
      for (;;) {
        const batch = await abortable(batches.next(), signal);
        if (batch.done) break;
        const job = this.start(batch.value, normalize, allocate);
        computing++;
        // Awaited later, in order; a failure must not count as unhandled meanwhile.
        job.catch(() => {}).finally(() => computing--);
        inFlight.push(job);
        if (inFlight.length >= JOBS_IN_FLIGHT) yield await next();
      }
      while (inFlight.length > 0) yield await next();
    } finally {
      // Not awaited: a source that waits for input would hold up the error of an abort.
      batches.return().catch(() => {});
    }
  }

  private async start(batch: TokenBatch, normalize: boolean, allocate: Allocate): Promise<EncodedBatch> {
    const texts = batch.offsets.length - 1;
    const embeddings = allocate(texts);
    await addon().encodeAsync({
      model: this.model.handle,
      ids: batch.ids,
      offsets: batch.offsets,
      output: EncodeOutput[this.pooling],
      normalize,
      out: embeddings,
    });
    return { embeddings, texts, tokens: batch.ids.length };
  }
}

/** The promise, or the signal's reason as soon as it aborts. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
