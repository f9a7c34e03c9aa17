/** What a layer is to those that store it: a name, a config and weights. */
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Initializer } from './initializers.js';

export interface WeightSpec {
  /** Keras' name, such as query/kernel. */
  name: string;
  shape: Shape;
  initializer: Initializer;
  /** Default true. */
  trainable?: boolean;
}

export interface NamedWeight {
  readonly name: string;
  readonly tensor: Tensor;
  /** False for what training leaves alone, such as the fixed scores of `RandomSynthesizer`. */
  readonly trainable: boolean;
}

export interface LayerConfig {
  name?: string;
  /** Of the random initial weights; equal seeds give equal weights. Default 0. */
  seed?: number;
}

/** The weights of a built layer by name. */
export type WeightMap = ReadonlyMap<string, Tensor>;

/** Shapes that a layer was built for. */
export interface BuildConfig {
  queryShape: Shape;
  valueShape: Shape;
  keyShape: Shape;
}

/** Where weights come from that are not drawn anew. */
export type WeightSource = (spec: WeightSpec) => Tensor;

/** A layer as registry and files know it. */
export interface StoredLayer {
  readonly className: string;
  readonly weights: readonly NamedWeight[];
  getConfig(): object;
  getBuildConfig(): BuildConfig | undefined;
  buildFrom(given: BuildConfig, source?: WeightSource): void;
}
