import { preparedSource } from '../../kernels/attention.js';
import { PreparedScores } from '../../kernels/prepared_scores.js';
import { ScoreKind } from '../../native/addon.js';
import type { ScoreFunction } from './score_function.js';

/**
 * logits = R_h[:queries, :keys], independent of the input ("random" in Tay et al., arXiv 2005.00743). Alone, its
 * exponentials are computed once and a call needs none.
 */
export function randomScores(maxLength: number): ScoreFunction {
  return {
    kind: 'random',
    maxLength,
    weightSpecs: ({ heads }) => [
      { name: 'random/kernel', shape: [heads, maxLength, maxLength], initializer: 'glorotUniform' },
    ],
    prepare(weights) {
      const kernel = weights.get('random/kernel')!;
      let prepared: PreparedScores | undefined;
      return {
        // biome-ignore lint/correctness/useYield: there is nothing to compute before the attention itself
        *logits({ query, key, alone }) {
          if (alone) {
            prepared ??= new PreparedScores(kernel);
            return preparedSource(prepared, query.length, key.length);
          }
          return {
            kind: ScoreKind.matrix,
            weight: 1,
            left: kernel.data,
            leftStrides: [0, maxLength * maxLength, maxLength],
          };
        },
        dispose() {},
      };
    },
  };
}
