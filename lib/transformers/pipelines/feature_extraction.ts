/** pipeline('feature-extraction'): embeddings of texts, or the states of their tokens. */

import { ArgumentError, describe, expectation } from '../../errors.js';
import type { PoolingMode } from '../../models/types.js';
import { checkOptions, optionNames } from '../../options.js';
import { allocateFloats } from '../../tensor/allocate.js';
import { checkBoolean } from '../../tensor/shape.js';
import { checkTexts } from '../options.js';
import { Tensor } from '../tensor.js';
import { type BinaryPrecision, quantize_embeddings } from '../tensor_functions.js';
import { TextPipeline } from './text_pipeline.js';

/** transformers.js' names, and the encoder's own. */
const POOLINGS = {
  mean: 'mean',
  cls: 'cls',
  first_token: 'cls',
  eos: 'lasttoken',
  last_token: 'lasttoken',
  max: 'max',
  mean_sqrt_len: 'mean_sqrt_len',
  weightedmean: 'weightedmean',
  lasttoken: 'lasttoken',
} as const satisfies Record<PoolingMode, PoolingMode> & Record<string, PoolingMode>;

export interface FeatureExtractionPipelineOptions {
  /** 'none' by default: the states of all tokens. */
  pooling?: 'none' | keyof typeof POOLINGS;
  /** Scale every vector to unit length. */
  normalize?: boolean;
  /** One bit a number, in bytes. */
  quantize?: boolean;
  precision?: BinaryPrecision;
}

const OPTIONS = optionNames<keyof FeatureExtractionPipelineOptions>()(
  'pooling',
  'normalize',
  'quantize',
  'precision',
);

function poolingMode(pooling: unknown): PoolingMode {
  if (typeof pooling !== 'string' || !Object.hasOwn(POOLINGS, pooling)) {
    const names = ['none', ...Object.keys(POOLINGS)].join(', ');
    throw new ArgumentError(expectation('pooling', `one of ${names}`, describe(pooling), 'range'));
  }
  return POOLINGS[pooling as keyof typeof POOLINGS];
}

export type FeatureExtractionPipelineCallback = (
  texts: string | readonly string[],
  options?: FeatureExtractionPipelineOptions,
) => Promise<Tensor>;

export interface FeatureExtractionPipeline extends FeatureExtractionPipelineCallback {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: an instance is a function
export class FeatureExtractionPipeline extends TextPipeline {
  /** @returns [texts, hidden], or [texts, tokens of the longest, hidden] without pooling */
  async _call(
    texts: string | readonly string[],
    options: FeatureExtractionPipelineOptions = {},
  ): Promise<Tensor> {
    checkOptions('feature-extraction', OPTIONS, options);
    const list = checkTexts(texts);
    const { pooling = 'none' } = options;
    const normalize = checkBoolean('normalize', options.normalize ?? false);
    const quantize = checkBoolean('quantize', options.quantize ?? false);
    const result =
      pooling === 'none'
        ? await this.states(list, normalize)
        : await this.embeddings(list, poolingMode(pooling), normalize);
    return quantize ? quantize_embeddings(result, options.precision ?? 'binary') : result;
  }

  private async embeddings(
    texts: readonly string[],
    pooling: PoolingMode,
    normalize: boolean,
  ): Promise<Tensor> {
    const data = await this.engine.pooled(texts, pooling, normalize);
    return new Tensor('float32', data, [texts.length, this.engine.hidden]);
  }

  /** Rows behind the end of a text are zeros: what padding would attend to means nothing. */
  private async states(texts: readonly string[], normalize: boolean): Promise<Tensor> {
    const { hidden } = this.engine;
    const all = await this.engine.states(texts);
    const tokens = all.reduce((most, { ids }) => Math.max(most, ids.length), 0);
    const data = allocateFloats([texts.length, tokens, hidden], 'token states');
    for (const [i, { states }] of all.entries()) data.set(states, i * tokens * hidden);
    const result = new Tensor('float32', data, [texts.length, tokens, hidden]);
    return normalize ? result.normalize_(2, -1) : result;
  }
}
