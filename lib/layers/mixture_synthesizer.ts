import { ArgumentError, describe, expectation } from '../errors.js';
import { checkBoolean, checkPositiveInteger } from '../tensor/shape.js';
import type { Mixing, MixtureAttentionConfig } from './mixture_attention.js';
import { ProjectedAttention } from './projected_attention.js';
import { denseScores } from './scores/dense.js';
import { dotProductScores } from './scores/dot_product.js';
import { randomScores } from './scores/random.js';
import type { ScoreFunction } from './scores/score_function.js';

export type ScoreName = 'random' | 'dense' | 'dot-product';

export interface MixtureSynthesizerConfig extends MixtureAttentionConfig {
  /** Two or more different score functions; mixing/logits follows their order. */
  scores: readonly ScoreName[];
  /** Default 'learned'. */
  mixing?: Mixing;
  /** Of dot-product scores: features of query and key a head, default valueDim. */
  keyDim?: number;
  /** Of random and dense scores: the longest length. */
  maxLength?: number;
  /** Of dense scores, as in DenseSynthesizer. */
  hiddenDim?: number;
  sharedAcrossHeads?: boolean;
}

interface Options {
  keyDim: number;
  maxLength: number;
  hiddenDim: number;
  sharedAcrossHeads: boolean;
  useBias: boolean;
}

const SCORES: Readonly<Record<ScoreName, (options: Options) => ScoreFunction>> = {
  random: ({ maxLength }) => randomScores(maxLength),
  dense: (options) => denseScores(options),
  'dot-product': ({ keyDim, useBias }) => dotProductScores(keyDim, useBias),
};

function checkScores(scores: unknown): readonly ScoreName[] {
  const known = Object.keys(SCORES);
  const valid =
    Array.isArray(scores) &&
    scores.length > 1 &&
    new Set(scores).size === scores.length &&
    scores.every((s) => known.includes(s as string));
  if (!valid) {
    const received = Array.isArray(scores) ? `[${scores.map(describe).join(', ')}]` : describe(scores);
    throw new ArgumentError(
      expectation('scores', `two or more different ones of ${known.join(', ')}`, received),
    );
  }
  return scores as readonly ScoreName[];
}

/**
 * Mixtures of score functions inside the softmax (Tay et al., arXiv 2005.00743): R+V, D+V, R+D, R+D+V.
 */
export class MixtureSynthesizer extends ProjectedAttention {
  private readonly own: object;

  constructor(config: MixtureSynthesizerConfig) {
    const scores = [...checkScores(config.scores)];
    const mixing = config.mixing ?? 'learned';
    if (mixing !== 'learned' && mixing !== 'sum') {
      throw new ArgumentError(expectation('mixing', "'learned' or 'sum'", describe(mixing)));
    }
    const needsLength = scores.some((s) => s !== 'dot-product');
    const own = {
      keyDim: checkPositiveInteger('keyDim', config.keyDim ?? config.valueDim),
      maxLength: needsLength ? checkPositiveInteger('maxLength', config.maxLength) : 1,
      hiddenDim: checkPositiveInteger('hiddenDim', config.hiddenDim ?? config.valueDim),
      sharedAcrossHeads: checkBoolean('sharedAcrossHeads', config.sharedAcrossHeads ?? false),
    };
    const options = { ...own, useBias: checkBoolean('useBias', config.useBias ?? true) };
    super(
      config,
      'mixture_synthesizer',
      scores.map((s) => SCORES[s](options)),
      mixing,
    );
    this.own = { scores, mixing, ...own };
  }

  override getConfig(): object {
    return { ...this.commonConfig(), ...this.own };
  }
}
