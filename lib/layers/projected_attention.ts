/** What the layers with value and output projections share: their common options, checked. */
import type { AttentionParts } from './attention_options.js';
import {
  type CommonConfig,
  commonReaders,
  flag,
  integers,
  positive,
  positiveOrNull,
  type ReadersOf,
  rate,
} from './config.js';
import type { LayerConfig } from './layer_types.js';
import type { Mixing } from './mixing.js';
import { MixtureAttention } from './mixture_attention.js';
import type { ScoreFunction } from './scores/score_function.js';

export interface ProjectedAttentionConfig extends LayerConfig {
  /** Heads, each with scores and values of its own. */
  numHeads: number;
  /** Features of value a head. */
  valueDim: number;
  /** Biases of all projections, default true. */
  useBias?: boolean;
  /** Features of the output, one axis or several; default those of the query. */
  outputShape?: number | readonly number[] | null;
  /** Axes over which attention runs, default all but the first and the last; the others are batch axes. */
  attentionAxes?: number | readonly number[] | null;
  /** w: each query attends only keys at a distance below w. */
  slidingWindow?: number | null;
  /** Kept for the config's sake: layers here infer. */
  dropout?: number;
}

/** The same with every default filled in. */
export interface ProjectedOptions extends CommonConfig {
  numHeads: number;
  valueDim: number;
  useBias: boolean;
  outputShape: readonly number[] | null;
  attentionAxes: readonly number[] | null;
  slidingWindow: number | null;
  dropout: number;
}

const attentionAxes = integers('integers', () => true);

export const projectedReaders = (name: string): ReadersOf<ProjectedOptions> => ({
  ...commonReaders(name),
  numHeads: positive,
  valueDim: positive,
  useBias: flag(true),
  outputShape: integers('positive integers', (n) => n > 0),
  attentionAxes,
  slidingWindow: positiveOrNull,
  dropout: rate,
});

export interface ProjectedParts {
  scores: readonly ScoreFunction[];
  mixing?: Mixing;
  useGate?: boolean;
  /** Default numHeads. */
  keyValueHeads?: number;
}

/** A layer whose config is `Options`, of which this class uses what all have. */
export abstract class ProjectedAttention<Options extends ProjectedOptions> extends MixtureAttention {
  protected constructor(
    protected readonly options: Options,
    { scores, mixing = 'learned', useGate = false, keyValueHeads = options.numHeads }: ProjectedParts,
  ) {
    const { numHeads, valueDim, useBias, outputShape, slidingWindow, dropout } = options;
    const parts: AttentionParts = {
      scores,
      mixing,
      projections: { valueDim, useBias, outputShape, useGate },
      heads: numHeads,
      keyValueHeads,
      attentionAxes: options.attentionAxes,
      slidingWindow,
      dropout,
    };
    super(options, parts);
  }

  override getConfig(): Options {
    return structuredClone(this.options);
  }
}
