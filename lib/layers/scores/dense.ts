import { denseSource } from '../../kernels/attention.js';
import { PackedMatrix } from '../../kernels/packed_matrix.js';
import { headKernelSpecs, Projection, projectionSpecs } from '../projection.js';
import { describeScore, type ScoreFunction, sequenceRows } from './score_function.js';
import { storedMaps } from './stored_score.js';

export interface DenseScoresOptions {
  hiddenDim: number;
  maxLength: number;
  useBias: boolean;
  /** One W2 and b2 for all heads, as in mesh-tensorflow and long-range-arena. */
  sharedAcrossHeads: boolean;
}

/** logits_i = (ReLU(x_i W1_h + b1_h) W2_h + b2_h)[:keys] ("dense" in Tay et al., arXiv 2005.00743). */
export function denseScores(options: DenseScoresOptions): ScoreFunction {
  const { hiddenDim, maxLength, useBias, sharedAcrossHeads } = options;
  return {
    kind: 'dense',
    maxLength,
    weightSpecs: ({ heads, queryFeatures }) => [
      ...projectionSpecs('dense_1', [queryFeatures], [heads, hiddenDim], useBias),
      ...headKernelSpecs('dense_2', sharedAcrossHeads ? [] : [heads], [hiddenDim, maxLength], useBias),
    ],
    prepare(weights) {
      const first = new Projection(weights, 'dense_1', 1);
      const second = new PackedMatrix(weights.get('dense_2/kernel')!);
      const bias = weights.get('dense_2/bias');
      return {
        *logits({ query, heads, scratch }) {
          const hidden = yield* first.steps(sequenceRows(query), { activation: 'relu' }, scratch);
          const width = heads * hiddenDim;
          const view = { data: hidden.data, strides: [query.length * width, hiddenDim, width] as const };
          return denseSource(view, second, heads, bias);
        },
        dispose() {
          first.dispose();
          second.dispose();
        },
      };
    },
  };
}

export const dense = describeScore({
  name: 'dense',
  layer: 'DenseSynthesizer',
  looksAt: 'queries',
  limited: true,
  create: (options) => denseScores(options),
  stored: (from) => ({ kind: 'dense', ...storedMaps(from, from.length) }),
});
