/** pipeline('text-classification'): labels of texts. */

import { softmaxAsync } from '../../kernels/index.js';
import type { JsonObject } from '../../models/directory/json_file.js';
import { isObject } from '../../models/directory/json_file.js';
import { checkOptions, optionNames } from '../../options.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Engine, TokenStates } from '../engine.js';
import { headsOf } from '../heads/architectures.js';
import { Head } from '../heads/head.js';
import type { HeadPooling } from '../heads/head_plan.js';
import { HeadWeights } from '../heads/head_weights.js';
import { checkTexts, checkTopK } from '../options.js';
import { largestOf } from '../tensor_functions.js';
import { checkHead, checkLogits, inPortions, rowsOf } from './chunks.js';
import { TextPipeline } from './text_pipeline.js';

export interface TextClassificationSingle {
  label: string;
  score: number;
}
export type TextClassificationOutput = TextClassificationSingle[];

export interface TextClassificationPipelineOptions {
  /** Labels a text gets, 1 by default; null for all. */
  top_k?: number | null;
  topk?: number | null;
}

const OPTIONS = optionNames<keyof TextClassificationPipelineOptions>()('top_k', 'topk');

export type TextClassificationIsTopK<O> = O extends { top_k: infer K } ? (1 extends K ? false : true) : false;

/** One label a text makes one list for all texts, as in transformers.js. */
export type TextClassificationPipelineResult<T, O> = T extends string
  ? TextClassificationOutput
  : TextClassificationIsTopK<O> extends true
    ? TextClassificationOutput[]
    : TextClassificationOutput;

export type TextClassificationPipelineCallback = <
  T extends string | readonly string[],
  // biome-ignore lint/complexity/noBannedTypes: no options, of which none asks for more labels
  const O extends TextClassificationPipelineOptions = {},
>(
  texts: T,
  options?: O,
) => Promise<TextClassificationPipelineResult<T, O>>;

export interface TextClassificationPipeline extends TextClassificationPipelineCallback {}

type LabelScores = 'softmax' | 'sigmoid' | 'none';

/** As Python's pipeline chooses. transformers.js knows no regression, and says 1 of a single label. */
function labelScores(config: JsonObject, labels: number): LabelScores {
  const type = config.get('problem_type');
  if (type === 'regression') return 'none';
  if (type === 'multi_label_classification' || labels === 1) return 'sigmoid';
  return 'softmax';
}

function labelNames(config: JsonObject, labels: number): string[] {
  const given = config.get('id2label');
  const names = isObject(given) ? given : {};
  return Array.from({ length: labels }, (_, i) => {
    const name = Object.hasOwn(names, String(i)) ? names[String(i)] : undefined;
    return typeof name === 'string' ? name : `LABEL_${i}`;
  });
}

function pooledRow({ ids, states }: TokenStates, hidden: number, pooling: HeadPooling): Float32Array {
  const tokens = ids.length;
  const first = states.subarray(0, hidden);
  if (pooling === 'cls') return first;
  return first.map((_, h) => {
    let sum = 0;
    for (let t = 0; t < tokens; t++) sum += states[t * hidden + h]!;
    return sum / tokens;
  });
}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: an instance is a function
export class TextClassificationPipeline extends TextPipeline {
  readonly #head: Head;
  readonly #pooling: HeadPooling;
  readonly #labels: readonly string[];
  readonly #scores: LabelScores;

  constructor(task: string, engine: Engine, head: Head, pooling: HeadPooling) {
    super(task, engine);
    checkHead(new.target.name, head);
    this.#head = head;
    this.#pooling = pooling;
    this.#labels = labelNames(engine.config, head.width);
    this.#scores = labelScores(engine.config, head.width);
  }

  static async load(task: string, engine: Engine): Promise<TextClassificationPipeline> {
    const { pooling, steps } = headsOf(engine.config).classifier(engine.config);
    const weights = await HeadWeights.open(engine.directory);
    return new TextClassificationPipeline(
      task,
      engine,
      await Head.load(steps, weights, engine.hidden),
      pooling,
    );
  }

  async _call(
    texts: string | readonly string[],
    options: TextClassificationPipelineOptions = {},
  ): Promise<TextClassificationOutput | TextClassificationOutput[]> {
    checkOptions('text-classification', OPTIONS, options);
    const list = checkTexts(texts);
    const { top_k = options.topk === undefined ? 1 : options.topk } = options;
    const count = checkTopK(top_k);
    const results = await inPortions(list, (portion) => this.classify(portion, count));
    if (count === 1) return results.flat();
    return typeof texts === 'string' ? results[0]! : results;
  }

  override async dispose(): Promise<void> {
    this.#head.dispose();
    await super.dispose();
  }

  private async classify(texts: readonly string[], count: number): Promise<TextClassificationOutput[]> {
    const { hidden } = this.engine;
    const all = await this.engine.states(texts);
    const rows = all.map((one) => pooledRow(one, hidden, this.#pooling));
    const input = new Tensor(rowsOf(rows, hidden), [texts.length, hidden]);
    const logits = checkLogits(await this.#head.apply(input));
    const scores = await this.scores(logits);
    const labels = this.#labels.length;
    return texts.map((_, i) => {
      const own = scores.subarray(i * labels, (i + 1) * labels);
      return largestOf(own, count).map((at) => ({ label: this.#labels[at]!, score: own[at]! }));
    });
  }

  private async scores(logits: Tensor): Promise<Float32Array> {
    if (this.#scores === 'softmax') return (await softmaxAsync(logits, { out: logits })).data;
    if (this.#scores === 'sigmoid') return logits.data.map((x) => 1 / (1 + Math.exp(-x)));
    return logits.data;
  }
}
