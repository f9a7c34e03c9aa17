import { ScoreKind } from '../../native/codes.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { WeightMap, WeightSpec } from '../layer_types.js';
import { keysAsTheyCome, oneHead, type ScoreFunction, scalarWeight } from './score_function.js';

/** weight * sum_c v_c tanh(factor * (x_c + y_c)), read from a layer's weights. */
interface AdditiveForm {
  weightSpecs(features: number): WeightSpec[];
  weight(weights: WeightMap): number;
  factor(weights: WeightMap): number;
  /** v, [features]; undefined for ones. */
  features(weights: WeightMap): Tensor | undefined;
}

function additiveScores(kind: string, form: AdditiveForm): ScoreFunction {
  return {
    kind,
    maxLength: undefined,
    weightSpecs: ({ queryFeatures }) => form.weightSpecs(queryFeatures),
    prepare(weights) {
      const common = {
        kind: ScoreKind.additive,
        weight: form.weight(weights),
        factor: form.factor(weights),
        featureWeights: form.features(weights)?.data ?? null,
      };
      return {
        projectKeys: keysAsTheyCome,
        // biome-ignore lint/correctness/useYield: there is nothing to compute before the attention itself
        *logits(context) {
          return {
            ...common,
            ...oneHead(context),
          };
        },
        dispose() {},
      };
    },
  };
}

/** logits = sum_c scale_c tanh(x_c + y_c) (Bahdanau et al., arXiv 1409.0473, as Keras' AdditiveAttention). */
export function bahdanauScores(useScale: boolean): ScoreFunction {
  return additiveScores('additive', {
    weightSpecs: (features) =>
      useScale ? [{ name: 'scale', shape: [features], initializer: 'glorotUniform' }] : [],
    weight: () => 1,
    factor: () => 1,
    features: (weights) => weights.get('scale'),
  });
}

/** logits = concat_score_weight * sum_c tanh(scale (x_c + y_c)): scoreMode 'concat' of Keras' Attention. */
export function concatScores(useScale: boolean): ScoreFunction {
  return additiveScores('concat', {
    weightSpecs: () => [
      ...(useScale ? [{ name: 'scale', shape: [], initializer: 'ones' } as const] : []),
      { name: 'concat_score_weight', shape: [], initializer: 'ones' },
    ],
    weight: (weights) => scalarWeight(weights, 'concat_score_weight'),
    factor: (weights) => scalarWeight(weights, 'scale'),
    features: () => undefined,
  });
}
