/** What the layers with value and output projections share: their common options, checked. */
import { checkBoolean, checkPositiveInteger } from '../tensor/shape.js';
import {
  checkDropout,
  type Mixing,
  MixtureAttention,
  type MixtureAttentionConfig,
  outputAxes,
} from './mixture_attention.js';
import type { ScoreFunction } from './scores/score_function.js';

interface Common {
  numHeads: number;
  valueDim: number;
  useBias: boolean;
  outputShape: number | readonly number[] | null;
  dropout: number;
  name: string;
  seed: number;
}

export abstract class ProjectedAttention extends MixtureAttention {
  private readonly common: Omit<Common, 'name' | 'seed'>;

  protected constructor(
    config: MixtureAttentionConfig,
    defaultName: string,
    scores: readonly ScoreFunction[],
    mixing: Mixing = 'learned',
  ) {
    const common = {
      numHeads: checkPositiveInteger('numHeads', config.numHeads),
      valueDim: checkPositiveInteger('valueDim', config.valueDim),
      useBias: checkBoolean('useBias', config.useBias ?? true),
      outputShape: config.outputShape ?? null,
      dropout: checkDropout(config.dropout),
    };
    const { numHeads, valueDim, useBias, dropout } = common;
    const projections = { valueDim, useBias, outputShape: outputAxes(config.outputShape ?? undefined) };
    super(config, defaultName, { scores, mixing, projections, numHeads, dropout });
    this.common = common;
  }

  protected commonConfig(): Common {
    return { name: this.name, seed: this.seed, ...this.common };
  }
}
