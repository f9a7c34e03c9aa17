/** The weights of an attention layer, and what is made of them once. */
import type { Shape } from '../tensor/shape.js';
import type { AttentionParts } from './attention_options.js';
import type { BuildConfig, WeightMap, WeightSpec } from './layer_types.js';
import { mixingFactors, mixingSpecs } from './mixing.js';
import { Projection, projectionSpecs } from './projection.js';
import type { PreparedScoreFunction } from './scores/score_function.js';

/** Every weight of a layer for inputs of these features, in Keras' order. */
export function attentionWeightSpecs(parts: AttentionParts, shapes: BuildConfig): WeightSpec[] {
  const { projections, heads, keyValueHeads, scores, mixing } = parts;
  const features = (shape: Shape): number => shape.at(-1)!;
  const queryFeatures = features(shapes.queryShape);
  const keyFeatures = features(shapes.keyShape);
  const specs = scores.flatMap((s) => s.weightSpecs({ heads, keyValueHeads, queryFeatures, keyFeatures }));
  if (projections) {
    const { valueDim, useBias, useGate } = projections;
    const output = projections.outputShape ?? [queryFeatures];
    if (useGate) specs.push(...projectionSpecs('gate', [queryFeatures], [heads, valueDim], useBias));
    specs.push(
      ...projectionSpecs('value', [features(shapes.valueShape)], [keyValueHeads, valueDim], useBias),
      ...projectionSpecs('attention_output', [heads, valueDim], output, useBias),
    );
  }
  return [...specs, ...mixingSpecs(mixing, scores.length)];
}

export class PreparedAttention {
  readonly scores: readonly PreparedScoreFunction[];
  /** alpha_i */
  readonly mix: readonly number[];
  readonly gate: Projection | undefined;
  readonly value: Projection | undefined;
  readonly output: Projection | undefined;

  constructor(parts: AttentionParts, weights: WeightMap) {
    this.scores = parts.scores.map((s) => s.prepare(weights));
    this.mix = mixingFactors(parts.mixing, parts.scores.length, weights);
    if (parts.projections === null) return;
    if (parts.projections.useGate) this.gate = new Projection(weights, 'gate', 1);
    this.value = new Projection(weights, 'value', 1);
    this.output = new Projection(weights, 'attention_output', 2);
  }

  /** Computes what no input changes. */
  precompute(): void {
    if (this.scores.length === 1) this.scores[0]!.precompute?.();
  }

  dispose(): void {
    for (const part of [...this.scores, this.gate, this.value, this.output]) part?.dispose();
  }
}
