/** What the layers with value and output projections share: their common options, checked. */

import { ArgumentError, describe, expectation } from '../errors.js';
import { checkBoolean, checkPositiveInteger } from '../tensor/shape.js';
import { type Mixing, MixtureAttention, type MixtureAttentionConfig } from './mixture_attention.js';
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

function outputAxes(outputShape: number | readonly number[] | undefined): readonly number[] | undefined {
  if (outputShape === undefined) return undefined;
  const axes = typeof outputShape === 'number' ? [outputShape] : outputShape;
  if (!Array.isArray(axes) || axes.length === 0 || !axes.every((d) => Number.isSafeInteger(d) && d > 0)) {
    throw new ArgumentError(expectation('outputShape', 'positive integers', describe(outputShape)));
  }
  return axes as readonly number[];
}

function checkDropout(dropout: number | undefined): number {
  const rate = dropout ?? 0;
  if (typeof rate !== 'number' || !(rate >= 0 && rate < 1)) {
    throw new ArgumentError(expectation('dropout', 'a number from 0 to below 1', describe(dropout)));
  }
  return rate;
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
