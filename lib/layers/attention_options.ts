/** What attention layers take: the options of a call and the parts that a layer is made of. */
import { optionNames } from '../options.js';
import type { TensorLike } from '../tensor/tensor.js';
import type { AttentionCache } from './attention_cache.js';
import type { AttentionAxes } from './axes.js';
import type { AttentionMasks } from './masks.js';
import type { Mixing } from './mixing.js';
import type { ScoreFunction } from './scores/score_function.js';

export interface AttentionCallOptions extends AttentionMasks {
  /** [batch, keys, features], default the query. */
  value?: TensorLike;
  /** [batch, keys, features], default the value. */
  key?: TensorLike;
  /** Query i attends keys <= i (top-left aligned). */
  useCausalMask?: boolean;
  /** Also return the softmax, [batch, heads, queries, keys]. */
  returnAttentionScores?: boolean;
  /** Layers here infer: dropout is never applied, so true is refused where dropout is not 0. */
  training?: boolean;
  /**
   * Made by `createCache`. The query holds the positions that follow those seen; each attends all positions up to
   * its own. Masks of keys cover all positions, earlier ones included.
   */
  cache?: AttentionCache;
}

const CALL = [
  'queryMask',
  'valueMask',
  'keyMask',
  'attentionMask',
  'value',
  'key',
  'useCausalMask',
  'returnAttentionScores',
  'training',
  'cache',
] as const;

const EXPLAIN = ['title', 'subtitle', 'queryTokens', 'keyTokens'] as const;

export const CALL_OPTIONS = optionNames<keyof AttentionCallOptions | 'signal'>()(...CALL, 'signal');
export const EXPLAIN_OPTIONS = optionNames<keyof (AttentionCallOptions & ExplainOptions)>()(
  ...CALL,
  ...EXPLAIN,
);

/** How `call` is told to return the softmax too. */
export type WithScores = AttentionCallOptions & { returnAttentionScores: true };

/** What an explanation calls its parts. */
export interface ExplainOptions {
  title?: string;
  subtitle?: string;
  /** One for each query position, default their numbers. */
  queryTokens?: readonly string[];
  /** One for each key position, default queryTokens in self-attention. */
  keyTokens?: readonly string[];
}

/** @param selfAttention whether keys are the queries' own tokens */
export function explanationOptions(options: ExplainOptions, selfAttention: boolean): ExplainOptions {
  const { title, subtitle, queryTokens } = options;
  const { keyTokens = selfAttention ? queryTokens : undefined } = options;
  const texts = Object.entries({ title, subtitle, queryTokens, keyTokens });
  return Object.fromEntries(texts.filter(([, value]) => value !== undefined));
}

/** W_v and W_o, and a gate on what they stand between. */
export interface OutputProjections {
  valueDim: number;
  useBias: boolean;
  /** Axes of the output beside batch and length; null for the query's features. */
  outputShape: readonly number[] | null;
  /** Multiply each head's output by sigmoid(x W_g + b_g) (Qiu et al., arXiv 2505.06708). */
  useGate: boolean;
}

/** What makes one layer differ from another. */
export interface AttentionParts {
  scores: readonly ScoreFunction[];
  mixing: Mixing;
  /** null: values are used as they are, in one head, and all axes before the length are batch axes. */
  projections: OutputProjections | null;
  heads: number;
  /** Heads of keys and values; divides `heads`. */
  keyValueHeads: number;
  attentionAxes: AttentionAxes;
  /** w: query i attends keys with |i - j| < w, as in Keras. */
  slidingWindow: number | null;
  dropout: number;
}
