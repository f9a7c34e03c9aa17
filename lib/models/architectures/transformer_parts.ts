/** What a transformer is made of: the form in which architectures give their switches and tensors. */
import type { LinearReference, ScoreReference } from '../../layers/scores/stored_score.js';
import type { TensorReference } from '../../native/program.js';

export type { LinearReference, ScoreReference } from '../../layers/scores/stored_score.js';

/** Layer normalisation; without `beta` it only scales. */
export interface NormReference {
  gamma: TensorReference;
  beta?: TensorReference | undefined;
}

/** Consecutive heads with one mixture of score functions; sizes of their tensors are by these heads alone. */
export interface HeadGroupReference {
  heads: number;
  scores: readonly ScoreReference[];
}

export interface LayerReference {
  attention: {
    /** Heads in order. */
    groups: readonly HeadGroupReference[];
    value: LinearReference;
    /** Normalise every head of queries and of keys (Henry et al., arXiv 2010.04245), before they turn. */
    queryNorm?: NormReference | undefined;
    keyNorm?: NormReference | undefined;
    /** Keys before and after the query that it attends to; -1 is no limit. */
    before: number;
    after: number;
  };
  attentionOutput: LinearReference;
  attentionNorm?: NormReference | undefined;
  up: LinearReference;
  gate?: LinearReference | undefined;
  down: LinearReference;
  outputNorm?: NormReference | undefined;
  /** Index into `rotary`; -1 is none. */
  rotary: number;
}

export interface TransformerParts {
  config: {
    hidden: number;
    heads: number;
    /** Default: heads. */
    kvHeads?: number;
    /** Elements of a head; default: hidden / heads. */
    headSize?: number;
    /** Of all normalisations; default: layer. */
    norm?: 'layer' | 'rms';
    intermediate: number;
    vocabulary: number;
    /** Tokens a sequence may have. */
    positions: number;
    epsilon: number;
    activation: number;
    /** The inner layer is activation(x W1) * (x W2) (arXiv 2002.05202) instead of activation(x W1). */
    gated: boolean;
    /** Normalise what a sublayer reads (arXiv 2002.04745) instead of its sum with the residual. */
    preNorm: boolean;
  };
  embeddings: {
    /** Columns of the tables. */
    size: number;
    words: TensorReference;
    /** [positions, size]. */
    positions?: TensorReference | undefined;
    /** [size], added to every token. */
    tokenType?: TensorReference | undefined;
    norm?: NormReference | undefined;
    /** [hidden, size]; needed where they differ. */
    projection?: LinearReference | undefined;
  };
  /** `size` leading elements of every head turn by theta^(-2 i / size) / divisor. */
  rotary: readonly { size: number; theta: number; divisor: number }[];
  layers: readonly LayerReference[];
  /** Layers as they are applied. */
  order: Int32Array;
  finalNorm?: NormReference | undefined;
}
