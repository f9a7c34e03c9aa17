/** Text encoder: a model directory in, embeddings out. */
import { ArgumentError, describe, disposed, expectation } from '../errors.js';
import { Explanation } from '../explain/explanation.js';
import { HUB_OPTIONS } from '../hub/options.js';
import { DEFAULT_MODEL } from '../hub/packaged.js';
import { type HubOptions, resolveModel } from '../hub/resolve.js';
import { allItems, checkOptions, optionNames, readSignal } from '../options.js';
import { allocateBytes, allocateFloats } from '../tensor/allocate.js';
import { checkBoolean, checkPositiveInteger } from '../tensor/shape.js';
import { Tensor, type TensorLike } from '../tensor/tensor.js';
import type { LoadedModel } from './architectures/loaded_model.js';
import { openArchitecture } from './architectures/registry.js';
import { type ModelDirectory, readModelDirectory } from './directory/model_directory.js';
import type { TokenBatch } from './feed/batch.js';
import { checkTokenBatch } from './feed/check_batch.js';
import { reportFailures, throwFailure } from './feed/encode_job.js';
import { runJobs } from './feed/jobs.js';
import { checkTokenizerWorkers, type TokenizerWorkers, TokenWorkers } from './feed/worker_pool.js';
import { explainedLayers } from './heads/attention_weights.js';
import {
  checkPooling,
  disposeSteps,
  embed,
  type HeadPlan,
  headWidth,
  loadSteps,
  type Step,
  tokenStates,
  withoutLastNormalize,
} from './heads/head.js';
import { checkPrecision, givenRanges, quantizedWidth, quantizeRows, usesRanges } from './heads/quantize.js';
import { checkSimilarity, similarity } from './search/similarity.js';
import { drain } from './tokenizer/steps.js';
import { Tokenizer } from './tokenizer/tokenizer.js';
import {
  type AnyEncodeOptions,
  ENCODER_DTYPES,
  type EncodedBatch,
  type EncodeOptions,
  type EncoderDType,
  OUTPUT_VALUES,
  type PoolingMode,
  PRECISIONS,
  type Precision,
  type QuantizedEmbeddings,
  type QuantizedEncodeOptions,
  type QuantizedPrecision,
  type SimilarityName,
  TEXT_CUTS,
  type TextCut,
  type TextEncoder,
  type TextSource,
  type TokenEncodeOptions,
  type TokenizedText,
  type TokensEncodeOptions,
} from './types.js';

export interface EncoderLoadOptions extends HubOptions {
  /** How weights are kept and multiplied; by default as they are stored. */
  dtype?: EncoderDType;
  /** false: only the transformer of the directory counts, with mean pooling and nothing behind it. */
  modules?: boolean;
  /** Keep this many leading numbers of every embedding; by default what the directory says, or all. */
  truncateDim?: number;
  /** Of `similarity`; by default what the directory says, or 'cosine'. */
  similarity?: SimilarityName;
  /**
   * Threads that tokenize beside the event loop. 'auto', the default: none, until native jobs are seen to wait for
   * tokens while cores are to spare.
   */
  tokenizerWorkers?: TokenizerWorkers;
  /** Called when the files are found right, and threads of their own begin with the weights: time for other work. */
  onWeights?: () => void;
}

/** Names of the options of `Encoder.load`. */
export const LOAD_OPTIONS = optionNames<keyof EncoderLoadOptions>()(
  ...([...HUB_OPTIONS] as (keyof HubOptions)[]),
  'dtype',
  'modules',
  'truncateDim',
  'similarity',
  'tokenizerWorkers',
  'onWeights',
);
const PROMPT = ['prompt', 'promptName'] as const;
const PROMPT_OPTIONS = optionNames<(typeof PROMPT)[number]>()(...PROMPT);
const TOKENS = [...PROMPT, 'pooling', 'normalize', 'truncateDim', 'outputValue'] as const;
const TOKENS_OPTIONS = optionNames<keyof TokensEncodeOptions>()(...TOKENS, 'onFailure');
const ENCODE_OPTIONS = optionNames<keyof AnyEncodeOptions>()(
  ...TOKENS,
  'batchSize',
  'precision',
  'ranges',
  'signal',
  'onProgress',
);
const EXPLAIN_OPTIONS = optionNames<'title'>()('title');

/** Rows for a job's embeddings. */
type Allocate = (texts: number) => Float32Array;

/** A call's options, checked. */
interface Plan {
  prompt: string;
  head: HeadPlan;
  precision: Precision;
  ranges: Float32Array | undefined;
}

interface Parts {
  model: LoadedModel;
  steps: readonly Step[];
  tokenizer: Tokenizer;
  workers: TokenWorkers;
  directory: ModelDirectory;
}

export class Encoder implements TextEncoder {
  /** Length of one embedding. */
  readonly dimensions: number;
  readonly maxLength: number;
  /** Token ids are below it. */
  readonly vocabularySize: number;
  /** Several are put one after the other. */
  readonly pooling: PoolingMode | readonly PoolingMode[];
  /** Whether embeddings are scaled to unit length by default. */
  readonly normalizes: boolean;
  /** Texts that `promptName` names. */
  readonly prompts: Readonly<Record<string, string>>;
  readonly defaultPromptName: string | undefined;
  /** Whether an average over tokens takes in those of the prompt. */
  readonly poolsPrompt: boolean;
  readonly truncateDim: number | undefined;
  /** Of the weights in memory. */
  readonly dtype: EncoderDType;
  readonly similarityName: SimilarityName;
  private ended = false;

  private constructor(
    private readonly parts: Parts,
    options: { truncateDim: number | undefined; similarity: SimilarityName | undefined },
  ) {
    const { model, steps, tokenizer, directory } = parts;
    const { modes } = directory.pooling;
    const width = headWidth(model.dimensions, modes, steps);
    this.poolsPrompt = directory.pooling.includePrompt;
    this.truncateDim = options.truncateDim ?? directory.truncateDim;
    this.dimensions = Math.min(this.truncateDim ?? width, width);
    this.maxLength = tokenizer.maxLength;
    this.dtype = model.dtype;
    this.vocabularySize = model.vocabulary;
    this.pooling = modes.length === 1 ? modes[0]! : modes;
    this.normalizes = steps.at(-1) === 'normalize';
    this.prompts = Object.freeze(Object.fromEntries(directory.prompts.texts));
    this.defaultPromptName = directory.prompts.defaultName;
    this.similarityName = options.similarity ?? directory.similarity;
  }

  /**
   * @param model a directory, or a name at the Hugging Face hub that is looked for in its cache and fetched when
   *   needed; by default 'synthesizer-mini', which comes with the package. A sentence-transformers or transformers model: config.json, model.safetensors, tokenizer.json;
   *   modules.json and the folders it names, config_sentence_transformers.json and sentence_bert_config.json where
   *   there are any
   * @throws ModelError, FormatError, FileError with one sentence each
   */
  static async load(model: string = DEFAULT_MODEL, options: EncoderLoadOptions = {}): Promise<Encoder> {
    checkLoadOptions(options);
    const {
      dtype,
      modules = true,
      truncateDim,
      similarity: name,
      tokenizerWorkers,
      onWeights,
      ...hub
    } = options;
    const found = await readModelDirectory(await resolveModel(model, hub), { modules });
    const opened = await openArchitecture(found.transformer, found.config);
    const loading = opened.load(dtype);
    loading.catch(() => {});
    onWeights?.();
    let steps: Step[] = [];
    try {
      // While the weights are packed, this thread makes the tokenizer.
      const tokenizing = {
        maxLength: Math.min(found.maxLength ?? opened.positions, opened.positions),
        lowerCase: found.lowerCase,
      };
      const tokenizer = Tokenizer.create(found.tokenizer, tokenizing);
      const loaded = await loading;
      steps = await loadSteps(found, loaded.dimensions);
      const workers = new TokenWorkers(tokenizer, found.tokenizer, tokenizing, {
        workers: tokenizerWorkers ?? 'auto',
      });
      return new Encoder(
        { model: loaded, steps, tokenizer, workers, directory: found },
        { truncateDim, similarity: name },
      );
    } catch (error) {
      disposeSteps(steps);
      loading.then((loaded) => loaded.dispose()).catch(() => {});
      throw error;
    }
  }

  /** One text gives shape [dimensions], several [texts, dimensions], in input order. */
  encode(texts: string | readonly string[], options?: EncodeOptions): Promise<Tensor>;
  encode<P extends QuantizedPrecision>(
    texts: string | readonly string[],
    options: QuantizedEncodeOptions<P>,
  ): Promise<QuantizedEmbeddings<P>>;
  /** Of every text the hidden states of its tokens, [tokens, hidden], special tokens included. */
  encode(texts: string, options: TokenEncodeOptions): Promise<Tensor>;
  encode(texts: readonly string[], options: TokenEncodeOptions): Promise<Tensor[]>;
  encode(texts: string | readonly string[], options: TokenEncodeOptions): Promise<Tensor | Tensor[]>;
  encode(
    texts: string | readonly string[],
    options: AnyEncodeOptions,
  ): Promise<Tensor | Tensor[] | QuantizedEmbeddings>;
  async encode(
    texts: string | readonly string[],
    options: AnyEncodeOptions = {},
  ): Promise<Tensor | Tensor[] | QuantizedEmbeddings> {
    checkEncodeOptions('encode', options);
    this.requireUsable();
    const single = typeof texts === 'string';
    if (!single && !Array.isArray(texts)) {
      throw new ArgumentError(
        expectation('texts', 'a string or an array of strings', describe(texts), 'type'),
      );
    }
    const list = single ? [texts] : (texts as readonly string[]);
    const plan = this.plan(options);
    if (options.outputValue === 'token') {
      const states = await this.tokenStates(list, plan, options);
      return single ? states[0]! : states;
    }
    const { dimensions } = plan.head;
    const shape = (width: number): number[] => (single ? [width] : [list.length, width]);
    if (plan.precision === 'float32') {
      const rows = await this.collect(list, plan, options);
      return new Tensor(rows, shape(dimensions));
    }
    const data =
      usesRanges(plan.precision) && plan.ranges === undefined
        ? quantizeRows(await this.collect(list, plan, options), dimensions, plan.precision)
        : await this.collectQuantized(list, plan, options);
    return {
      data: data as Int8Array | Uint8Array,
      shape: shape(quantizedWidth(dimensions, plan.precision)),
    };
  }

  /** `encode` with the prompt "query", if the model has one. */
  encodeQuery: Encoder['encode'] = ((texts: string | readonly string[], options: AnyEncodeOptions = {}) =>
    this.encode(texts, this.parts.directory.prompts.forQuery(options))) as Encoder['encode'];

  /** `encode` with the first of the prompts "document", "passage" and "corpus" that the model has. */
  encodeDocument: Encoder['encode'] = ((texts: string | readonly string[], options: AnyEncodeOptions = {}) =>
    this.encode(texts, this.parts.directory.prompts.forDocument(options))) as Encoder['encode'];

  /**
   * Texts one by one or in arrays, of any number; batches come back in input order. Reads ahead only as far as
   * the jobs in flight need: a slow consumer slows the source down.
   */
  encodeStream(texts: TextSource, options?: EncodeOptions): AsyncGenerator<EncodedBatch, void, undefined>;
  encodeStream<P extends QuantizedPrecision>(
    texts: TextSource,
    options: QuantizedEncodeOptions<P>,
  ): AsyncGenerator<EncodedBatch<QuantizedEmbeddings<P>['data']>, void, undefined>;
  encodeStream(
    texts: TextSource,
    options: Omit<AnyEncodeOptions, 'outputValue'>,
  ): AsyncGenerator<EncodedBatch<Float32Array | Int8Array | Uint8Array>, void, undefined>;
  async *encodeStream(
    texts: TextSource,
    options: AnyEncodeOptions = {},
  ): AsyncGenerator<EncodedBatch<Float32Array | Int8Array | Uint8Array>, void, undefined> {
    checkEncodeOptions('encodeStream', options);
    this.requireUsable();
    if (options.outputValue === 'token') {
      throw new ArgumentError(expectation('outputValue', '"sentence" in a stream', '"token"', 'conflict'));
    }
    const plan = this.plan(options);
    if (usesRanges(plan.precision) && plan.ranges === undefined) {
      throw new ArgumentError(
        expectation('ranges', `a tensor, for ${plan.precision} in a stream`, 'undefined', 'missing'),
      );
    }
    const allocate: Allocate = (count) => allocateFloats([count, plan.head.dimensions], 'embeddings');
    for await (const { embeddings, ...batch } of this.run(texts, plan, options, allocate, undefined)) {
      const { dimensions } = plan.head;
      yield { embeddings: quantizeRows(embeddings, dimensions, plan.precision, plan.ranges), ...batch };
    }
  }

  /**
   * Embeddings of sequences that are token ids already, special tokens included, as `encode` gives them for their
   * texts: [sequences, dimensions], or with outputValue 'token' [tokens, hidden]. One native job. A prompt is among
   * the ids; naming it only tells the pooling to leave it out, if the model is of that kind.
   */
  async encodeTokens(batch: TokenBatch, options: TokensEncodeOptions = {}): Promise<Float32Array> {
    checkOptions('encodeTokens', TOKENS_OPTIONS, options);
    this.requireUsable();
    const named = options.prompt !== undefined || options.promptName !== undefined;
    const { head } = this.plan(named ? options : { ...options, prompt: '' });
    checkTokenBatch(batch, this);
    const { model } = this.parts;
    if (options.outputValue === 'token') {
      const { states, failures } = await tokenStates(model, batch);
      reportFailures(failures, options.onFailure);
      return states;
    }
    const embeddings = allocateFloats([batch.offsets.length - 1, head.dimensions], 'embeddings');
    reportFailures(await embed(model, batch, head, embeddings), options.onFailure);
    return embeddings;
  }

  /** Numbers of an embedding that these options give. */
  embeddingLength(options: EncodeOptions = {}): number {
    checkEncodeOptions('embeddingLength', options);
    return this.plan(options).head.dimensions;
  }

  /** The text that options put before every text, which may be empty. */
  promptText(options: { prompt?: string; promptName?: string } = {}): string {
    checkOptions('promptText', PROMPT_OPTIONS, options);
    return this.parts.directory.prompts.resolve(options);
  }

  /** Similarity of every embedding in `a` to every one in `b`, [a's, b's], by `similarityName`. */
  similarity(a: TensorLike, b: TensorLike): Tensor {
    return similarity(a, b, this.similarityName);
  }

  /** Ids of every text as the model reads them: with special tokens, truncated. */
  tokenize(texts: readonly string[]): number[][] {
    if (!Array.isArray(texts) || !allItems(texts, (text) => typeof text === 'string')) {
      throw new ArgumentError(expectation('texts', 'an array of strings', describe(texts), 'type'));
    }
    return texts.map((text) => this.parts.tokenizer.encode(text));
  }

  /** `tokenize` for one text, which tells whether anything of it is cut off. */
  tokenizeFull(text: string): TokenizedText {
    return drain(this.tokenizeSteps(text));
  }

  /**
   * `tokenizeFull` in steps of about a millisecond, between which other work may be done. Where nothing is cut, a step
   * takes 5 to 10 ms for each million of ids: give `most` where texts may be that long.
   * @param cut where a text loses what the model cannot read; 'nowhere' gives ids that may be too many for it
   * @param most ids that 'nowhere' gives at most
   */
  *tokenizeSteps(
    text: string,
    cut: TextCut = 'right',
    most = Number.POSITIVE_INFINITY,
  ): Generator<void, TokenizedText, void> {
    if (typeof text !== 'string')
      throw new ArgumentError(expectation('text', 'a string', describe(text), 'type'));
    if (!TEXT_CUTS.includes(cut)) {
      throw new ArgumentError(expectation('cut', `one of ${TEXT_CUTS.join(', ')}`, describe(cut), 'range'));
    }
    const { maxLength } = this;
    const { tokenizer } = this.parts;
    const least = tokenizer.template.before.length + tokenizer.template.after.length;
    if (most !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(most) && most >= least)) {
      throw new ArgumentError(
        expectation('most', `an integer of at least ${least}, or Infinity`, describe(most), 'range'),
      );
    }
    if (cut === 'left') return yield* tokenizer.lastSteps(text);
    // What follows the first token too many is cut off unread.
    const ids = yield* tokenizer.steps(text, cut === 'right' ? maxLength + 1 : most);
    const excess = ids.length - maxLength;
    if (excess > 0 && cut === 'right') ids.splice(maxLength - tokenizer.template.after.length, excess);
    return { ids, truncated: excess > 0 };
  }

  /** Ids that every text has before and after its own. */
  get specialTokens(): { readonly before: readonly number[]; readonly after: readonly number[] } {
    return this.parts.tokenizer.template;
  }

  /** What the vocabulary calls these ids. */
  tokens(ids: readonly number[]): string[] {
    if (!Array.isArray(ids) || !allItems(ids, (id) => Number.isSafeInteger(id))) {
      throw new ArgumentError(expectation('ids', 'an array of token ids', describe(ids), 'type'));
    }
    return this.parts.tokenizer.tokens(ids);
  }

  /**
   * What the model attends to when it reads one text: the weights of every layer and head. `toHTML()` of the result
   * is a page to look at.
   */
  async explain(text: string, options: { title?: string } = {}): Promise<Explanation> {
    checkOptions('explain', EXPLAIN_OPTIONS, options);
    this.requireUsable();
    if (typeof text !== 'string') {
      throw new ArgumentError(expectation('text', 'a string', describe(text), 'type'));
    }
    const { model, tokenizer } = this.parts;
    const ids = tokenizer.encode(text);
    const tokens = tokenizer.tokens(ids);
    const named = { ...options, subtitle: text, queryTokens: tokens, keyTokens: tokens };
    return new Explanation(await explainedLayers(model, ids), named);
  }

  /** Frees native memory now instead of at garbage collection; jobs that run end first. */
  dispose(): void {
    this.ended = true;
    this.parts.workers.dispose();
    this.parts.model.dispose();
    disposeSteps(this.parts.steps);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private requireUsable(): void {
    if (this.ended) throw disposed('this Encoder');
  }

  private plan(options: AnyEncodeOptions): Plan {
    const { model, directory, tokenizer } = this.parts;
    const modes = options.pooling === undefined ? directory.pooling.modes : checkPooling(options.pooling);
    const normalize =
      options.normalize === undefined ? undefined : checkBoolean('normalize', options.normalize);
    const steps = normalize === undefined ? this.parts.steps : withoutLastNormalize(this.parts.steps);
    const width = headWidth(model.dimensions, modes, steps);
    const kept = options.truncateDim ?? this.truncateDim;
    const dimensions =
      kept === undefined ? width : Math.min(checkPositiveInteger('truncateDim', kept), width);
    const prompt = directory.prompts.resolve(options);
    const skip = prompt !== '' && !directory.pooling.includePrompt ? tokenizer.promptLength(prompt) : 0;
    const precision = checkPrecision(options.precision ?? 'float32');
    if (options.outputValue !== undefined && !['sentence', 'token'].includes(options.outputValue)) {
      throw new ArgumentError(
        expectation(
          'outputValue',
          `one of ${OUTPUT_VALUES.join(', ')}`,
          describe(options.outputValue),
          'range',
        ),
      );
    }
    if (options.outputValue === 'token' && precision !== 'float32') {
      throw new ArgumentError(
        expectation('precision', '"float32" for the states of tokens', `"${precision}"`, 'conflict'),
      );
    }
    return {
      prompt,
      head: { modes, skip, steps, dimensions, normalize: normalize ?? false },
      precision,
      ranges: usesRanges(precision) ? givenRanges(options, dimensions) : undefined,
    };
  }

  /** [texts, dimensions]; jobs write straight into their rows of it. */
  private async collect(
    texts: readonly string[],
    plan: Plan,
    options: AnyEncodeOptions,
  ): Promise<Float32Array<ArrayBuffer>> {
    const { dimensions } = plan.head;
    const result = allocateFloats([texts.length, dimensions], 'embeddings');
    let rows = 0;
    const allocate: Allocate = (count) => {
      const begin = rows * dimensions;
      rows += count;
      return result.subarray(begin, rows * dimensions);
    };
    const batches = this.run([texts], plan, options, allocate, texts.length);
    while (!(await batches.next()).done);
    return result;
  }

  /** Job by job: the embeddings never stand in memory as float32 all at once. */
  private async collectQuantized(
    texts: readonly string[],
    { head, precision, ranges, ...plan }: Plan,
    options: AnyEncodeOptions,
  ): Promise<Int8Array | Uint8Array> {
    const shape = [texts.length, quantizedWidth(head.dimensions, precision)];
    const bytes = allocateBytes(shape, 'embeddings');
    const result = PRECISIONS[precision].numbers === 'int8' ? new Int8Array(bytes.buffer) : bytes;
    const allocate: Allocate = (count) => allocateFloats([count, head.dimensions], 'embeddings');
    let at = 0;
    for await (const { embeddings } of this.run(
      [texts],
      { head, precision, ranges, ...plan },
      options,
      allocate,
      texts.length,
    )) {
      const rows = quantizeRows(embeddings, head.dimensions, precision, ranges);
      result.set(rows, at);
      at += rows.length;
    }
    return result;
  }

  private async tokenStates(
    texts: readonly string[],
    plan: Plan,
    options: AnyEncodeOptions,
  ): Promise<Tensor[]> {
    const { model, workers } = this.parts;
    const columns = model.dimensions;
    const start = (batch: TokenBatch) => tokenStates(model, batch);
    const all: Tensor[] = [];
    for await (const { result, batch } of runJobs(
      [texts],
      workers,
      plan.prompt,
      start,
      options,
      texts.length,
    )) {
      throwFailure(result.failures, all.length);
      for (let i = 0; i + 1 < batch.offsets.length; i++) {
        const [begin, end] = [batch.offsets[i]!, batch.offsets[i + 1]!];
        const states = result.states.subarray(begin * columns, end * columns);
        all.push(new Tensor(states, [end - begin, columns]));
      }
    }
    return all;
  }

  private async *run(
    texts: TextSource,
    plan: Plan,
    options: AnyEncodeOptions,
    allocate: Allocate,
    total: number | undefined,
  ): AsyncGenerator<EncodedBatch, void, undefined> {
    const { model, workers } = this.parts;
    const start = async (batch: TokenBatch) => {
      const embeddings = allocate(batch.offsets.length - 1);
      return { embeddings, failures: await embed(model, batch, plan.head, embeddings) };
    };
    let done = 0;
    for await (const { result, batch } of runJobs(texts, workers, plan.prompt, start, options, total)) {
      throwFailure(result.failures, done);
      done += batch.offsets.length - 1;
      yield { embeddings: result.embeddings, texts: batch.offsets.length - 1, tokens: batch.ids.length };
    }
  }
}

/** What every call checks of its options before anything else. */
function checkEncodeOptions(where: string, options: AnyEncodeOptions): void {
  checkOptions(where, ENCODE_OPTIONS, options);
  const { onProgress, signal } = options;
  readSignal(signal);
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new ArgumentError(expectation('onProgress', 'a function', describe(onProgress), 'type'));
  }
}

function checkLoadOptions(options: EncoderLoadOptions): void {
  checkOptions('Encoder.load', LOAD_OPTIONS, options);
  const { dtype, modules, truncateDim, similarity: name, tokenizerWorkers, onWeights } = options;
  if (dtype !== undefined && !ENCODER_DTYPES.includes(dtype)) {
    throw new ArgumentError(
      expectation('dtype', `one of ${ENCODER_DTYPES.join(', ')}`, describe(dtype), 'range'),
    );
  }
  if (modules !== undefined) checkBoolean('modules', modules);
  if (truncateDim !== undefined) checkPositiveInteger('truncateDim', truncateDim);
  if (name !== undefined) checkSimilarity(name);
  if (tokenizerWorkers !== undefined) checkTokenizerWorkers(tokenizerWorkers);
  if (onWeights !== undefined && typeof onWeights !== 'function') {
    throw new ArgumentError(expectation('onWeights', 'a function', describe(onWeights), 'type'));
  }
}
