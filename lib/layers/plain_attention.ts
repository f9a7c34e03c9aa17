/** What attention without projections shares: one head over all features, leading axes are batch axes. */
import { type CommonConfig, positiveOrNull, type ReadersOf, rate } from './config.js';
import type { LayerConfig } from './layer_types.js';
import { MixtureAttention } from './mixture_attention.js';
import type { ScoreFunction } from './scores/score_function.js';

export interface PlainAttentionConfig extends LayerConfig {
  /** w: each query attends only keys at a distance below w. */
  slidingWindow?: number | null;
  /** Kept for the config's sake: layers here infer. */
  dropout?: number;
}

/** The same with every default filled in. */
export interface PlainOptions extends CommonConfig {
  slidingWindow: number | null;
  dropout: number;
}

export const plainReaders: ReadersOf<Omit<PlainOptions, keyof CommonConfig>> = {
  slidingWindow: positiveOrNull,
  dropout: rate,
};

export abstract class PlainAttention<Options extends PlainOptions> extends MixtureAttention {
  protected constructor(
    protected readonly options: Options,
    scores: ScoreFunction,
  ) {
    const { slidingWindow, dropout } = options;
    super(options, {
      scores: [scores],
      mixing: 'learned',
      projections: null,
      heads: 1,
      keyValueHeads: 1,
      attentionAxes: 'last',
      slidingWindow,
      dropout,
    });
  }

  override getConfig(): Options {
    return { ...this.options };
  }
}
