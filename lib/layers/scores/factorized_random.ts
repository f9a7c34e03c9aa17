import { matmul } from '../../kernels/matmul.js';
import { owned } from '../../kernels/own_arrays.js';
import { ScoreKind } from '../../native/codes.js';
import { PreparedRandom } from './prepared_random.js';
import { describeScore, type PreparedScoreFunction, type ScoreFunction } from './score_function.js';

/** Above so many numbers R is not written out: its factors are multiplied in every call instead. */
const LARGEST_PREPARED = 1 << 24;

/** logits = (R1_h R2_h^T)[:queries, :keys], R1 and R2 [N, rank] ("factorized random" in Tay et al., arXiv 2005.00743). */
export function factorizedRandomScores(maxLength: number, rank: number): ScoreFunction {
  return {
    kind: 'factorized-random',
    maxLength,
    weightSpecs: ({ heads }) =>
      [1, 2].map((i) => ({
        name: `factorized_random_${i}/kernel`,
        shape: [heads, maxLength, rank],
        initializer: 'glorotUniform',
      })),
    prepare(weights): PreparedScoreFunction {
      const left = weights.get('factorized_random_1/kernel')!;
      const right = weights.get('factorized_random_2/kernel')!;
      const small = left.shape[0]! * maxLength * maxLength <= LARGEST_PREPARED;
      let random: PreparedRandom | undefined;
      // Asynchronous calls may use these where they are; the weights themselves are the caller's to reach.
      let copies: [Float32Array, Float32Array] | undefined;
      const writtenOut = (): PreparedRandom => {
        random ??= new PreparedRandom(matmul(left, right, { transposeB: true }));
        return random;
      };
      return {
        // biome-ignore lint/correctness/useYield: what there is to compute is computed once
        *logits(context) {
          if (context.alone && small) return writtenOut().source(context);
          copies ??= [left.data.slice(), right.data.slice()];
          return {
            kind: ScoreKind.product,
            weight: 1,
            depth: rank,
            left: owned(copies[0]).subarray(context.position * rank),
            leftStrides: [0, maxLength * rank, rank],
            right: owned(copies[1]),
            rightStrides: [0, maxLength * rank, rank],
          };
        },
        precompute: () => small && writtenOut().prepare(),
        dispose() {},
      };
    },
  };
}

export const factorizedRandom = describeScore({
  name: 'factorized-random',
  layer: 'FactorizedRandomSynthesizer',
  looksAt: 'positions',
  limited: true,
  create: ({ maxLength, rank }) => factorizedRandomScores(maxLength, rank),
  stored(from) {
    const { heads, length, factor } = from;
    const depth = from.integer('rank', 8);
    return {
      kind: 'factorized-random',
      weight: factor,
      length,
      depth,
      left: from.tensor('left', [heads, length, depth]),
      right: from.tensor('right', [heads, length, depth]),
    };
  },
});
