import { ArgumentError, describe, expectation } from '../errors.js';
import { allItems } from '../options.js';
import { flag, oneOf, positive, positiveOr, positiveOrNull, type ReadersOf, readConfig } from './config.js';
import { readFactors } from './factors.js';
import type { Mixing } from './mixing.js';
import { registerOwnLayer } from './own_layers.js';
import {
  ProjectedAttention,
  type ProjectedAttentionConfig,
  type ProjectedOptions,
  projectedReaders,
} from './projected_attention.js';
import { isScoreName, SCORE_NAMES, type ScoreName, scoreDescriptor } from './scores/registry.js';

export interface MixtureSynthesizerConfig extends ProjectedAttentionConfig {
  /** Two or more different score functions; mixing/logits follows their order. */
  scores: readonly ScoreName[];
  /** 'learned' (default): weighed by softmax(mixing/logits); 'sum': added. */
  mixing?: Mixing;
  /** Of dot-product scores: features of query and key a head, default valueDim. */
  keyDim?: number;
  /** The longest length; needed for every other score function. */
  maxLength?: number | null;
  /** Of random scores: whether they are learnt, default true. */
  trainable?: boolean;
  /** Of factorized random scores, default 8. */
  rank?: number;
  /** Of dense and factorized dense scores, as in DenseSynthesizer: default valueDim. */
  hiddenDim?: number;
  sharedAcrossHeads?: boolean;
  /** Of factorized dense scores, as in FactorizedDenseSynthesizer. */
  factors?: readonly [number, number] | null;
}

interface Options extends ProjectedOptions {
  scores: readonly ScoreName[];
  mixing: Mixing;
  keyDim: number;
  maxLength: number | null;
  trainable: boolean;
  rank: number;
  hiddenDim: number;
  sharedAcrossHeads: boolean;
  factors: [number, number] | null;
}

const CLASS = 'MixtureSynthesizer';

function readScores(scores: unknown): readonly ScoreName[] {
  const valid =
    Array.isArray(scores) &&
    scores.length > 1 &&
    scores.length <= SCORE_NAMES.length &&
    allItems(scores, isScoreName) &&
    new Set(scores).size === scores.length;
  if (!valid) {
    const short = Array.isArray(scores) && scores.length <= 8;
    const received = short ? `[${scores.map(describe).join(', ')}]` : describe(scores);
    throw new ArgumentError(
      expectation('scores', `two or more different ones of ${SCORE_NAMES.join(', ')}`, received),
    );
  }
  return [...(scores as ScoreName[])];
}

function withDefaults(config: MixtureSynthesizerConfig): Options {
  const readers: ReadersOf<Omit<Options, 'factors'> & { factors: unknown }> = {
    ...projectedReaders('mixture_synthesizer'),
    scores: readScores,
    mixing: oneOf<Mixing>(['learned', 'sum'], 'learned'),
    keyDim: positive,
    maxLength: positiveOrNull,
    trainable: flag(true),
    rank: positiveOr(8),
    hiddenDim: positive,
    sharedAcrossHeads: flag(false),
    factors: (value) => value ?? null,
  };
  const { keyDim = config?.valueDim, hiddenDim = config?.valueDim } = config ?? {};
  const options = readConfig(CLASS, readers, { ...config, keyDim, hiddenDim });
  const { scores, maxLength } = options;
  if (maxLength === null && scores.some((s) => scoreDescriptor(s).limited)) {
    throw new ArgumentError(expectation(CLASS, `maxLength for ${scores.join(' + ')} scores`, 'none'));
  }
  const factorized = scores.includes('factorized-dense');
  return { ...options, factors: factorized ? readFactors(CLASS, maxLength!, options.factors) : null };
}

/**
 * Mixtures of score functions inside the softmax (Tay et al., arXiv 2005.00743): R+V, D+V, R+D, FR+V, FD+V and any
 * other sum, with softmax(sum_i alpha_i S_i).
 * Weights: those of the scores in their order, then those of value and output, then mixing/logits [scores] if the
 * mixing is learned.
 */
export class MixtureSynthesizer extends ProjectedAttention<Options> {
  static override readonly className = CLASS;

  constructor(config: MixtureSynthesizerConfig) {
    const options = withDefaults(config);
    super(options, {
      scores: options.scores.map((name) =>
        scoreDescriptor(name).create({ ...options, maxLength: options.maxLength! }),
      ),
      mixing: options.mixing,
    });
  }
}

registerOwnLayer(MixtureSynthesizer);
