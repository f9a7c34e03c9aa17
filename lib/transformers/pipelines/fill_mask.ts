/** pipeline('fill-mask'): what may stand in the place of the mask. */
import { ArgumentError, describe, expectation, ModelError } from '../../errors.js';
import { softmaxAsync } from '../../kernels/index.js';
import { checkOptions, optionNames } from '../../options.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Engine } from '../engine.js';
import { headsOf } from '../heads/architectures.js';
import { Head } from '../heads/head.js';
import { HeadWeights } from '../heads/head_weights.js';
import { checkTexts, checkTopK } from '../options.js';
import { largestOf } from '../tensor_functions.js';
import { checkHead, checkLogits, inPortions, rowsOf } from './chunks.js';
import { TextPipeline } from './text_pipeline.js';

const TOP_K = 5;

export interface FillMaskSingle {
  /** Probability of the token. */
  score: number;
  token: number;
  token_str: string;
  /** The text with the token in place of the mask, special tokens left out. */
  sequence: string;
}
export type FillMaskOutput = FillMaskSingle[];

export interface FillMaskPipelineOptions {
  /** Predictions a text gets, 5 by default. */
  top_k?: number;
  topk?: number;
}

const OPTIONS = optionNames<keyof FillMaskPipelineOptions>()('top_k', 'topk');

export type FillMaskPipelineResult<T> = T extends string ? FillMaskOutput : FillMaskOutput[];

export type FillMaskPipelineCallback = <T extends string | readonly string[]>(
  texts: T,
  options?: FillMaskPipelineOptions,
) => Promise<FillMaskPipelineResult<T>>;

export interface FillMaskPipeline extends FillMaskPipelineCallback {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: an instance is a function
export class FillMaskPipeline extends TextPipeline {
  readonly #head: Head;
  readonly #mask: number;

  constructor(task: string, engine: Engine, head: Head) {
    super(task, engine);
    checkHead(new.target.name, head);
    this.#head = head;
    const mask = this.tokenizer.mask_token_id;
    if (mask === undefined) {
      throw new ModelError(expectation(engine.tokenizerConfig.source, 'a mask_token', 'none'));
    }
    this.#mask = mask;
  }

  static async load(task: string, engine: Engine): Promise<FillMaskPipeline> {
    const plan = headsOf(engine.config).maskedLanguage(engine.config);
    const weights = await HeadWeights.open(engine.directory);
    const head = await Head.load(plan, weights, engine.hidden);
    try {
      return new FillMaskPipeline(task, engine, head);
    } catch (error) {
      head.dispose();
      throw error;
    }
  }

  /** The first mask of each text is filled. */
  async _call(
    texts: string | readonly string[],
    options: FillMaskPipelineOptions = {},
  ): Promise<FillMaskOutput | FillMaskOutput[]> {
    checkOptions('fill-mask', OPTIONS, options);
    const list = checkTexts(texts);
    const count = checkTopK(options.top_k ?? options.topk ?? TOP_K);
    const results = await inPortions(list, (portion) => this.fill(portion, count));
    return typeof texts === 'string' ? results[0]! : results;
  }

  override async dispose(): Promise<void> {
    this.#head.dispose();
    await super.dispose();
  }

  private async fill(texts: readonly string[], count: number): Promise<FillMaskOutput[]> {
    const { hidden } = this.engine;
    const all = await this.engine.states(texts);
    const places = all.map(({ ids }, i) => {
      const place = ids.indexOf(this.#mask);
      if (place >= 0) return place;
      const expected = `the mask token ${this.tokenizer.mask_token}`;
      throw new ArgumentError(expectation('text', expected, describe(texts[i])));
    });
    const rows = all.map(({ states }, i) => states.subarray(places[i]! * hidden, (places[i]! + 1) * hidden));
    const input = new Tensor(rowsOf(rows, hidden), [texts.length, hidden]);
    const logits = checkLogits(await this.#head.apply(input));
    const { data } = await softmaxAsync(logits, { out: logits });
    const vocabulary = this.#head.width;
    return all.map(({ ids }, i) => {
      const scores = data.subarray(i * vocabulary, (i + 1) * vocabulary);
      return largestOf(scores, count).map((token) => ({
        score: scores[token]!,
        token,
        token_str: this.tokenizer.decode([token]),
        sequence: this.tokenizer.decode(Array.from(ids).with(places[i]!, token), {
          skip_special_tokens: true,
        }),
      }));
    });
  }
}
