import { PreparedRandom } from './prepared_random.js';
import { describeScore, type ScoreFunction } from './score_function.js';

/**
 * logits = R_h[:queries, :keys], independent of the input ("random" in Tay et al., arXiv 2005.00743; "fix" where R
 * is not trainable). Alone, its exponentials are computed once and a call needs none.
 */
export function randomScores(maxLength: number, trainable: boolean): ScoreFunction {
  return {
    kind: 'random',
    maxLength,
    weightSpecs: ({ heads }) => [
      {
        name: 'random/kernel',
        shape: [heads, maxLength, maxLength],
        initializer: 'glorotUniform',
        trainable,
      },
    ],
    prepare(weights) {
      const random = new PreparedRandom(weights.get('random/kernel')!);
      return {
        // biome-ignore lint/correctness/useYield: there is nothing to compute before the attention itself
        *logits(context) {
          return random.source(context);
        },
        precompute: () => random.prepare(),
        dispose() {},
      };
    },
  };
}

export const random = describeScore({
  name: 'random',
  layer: 'RandomSynthesizer',
  looksAt: 'positions',
  limited: true,
  create: ({ maxLength, trainable }) => randomScores(maxLength, trainable),
  stored: ({ heads, length, factor, tensor }) => ({
    kind: 'random',
    weight: factor,
    length,
    matrix: tensor('kernel', [heads, length, length]),
  }),
});
