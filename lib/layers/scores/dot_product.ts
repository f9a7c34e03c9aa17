import { ScoreKind } from '../../native/codes.js';
import { Projection, projectionSpecs } from '../projection.js';
import {
  describeScore,
  keysAsTheyCome,
  oneHead,
  type PreparedScoreFunction,
  type ScoreFunction,
  scalarWeight,
  sequenceRows,
} from './score_function.js';

/** logits = (x W_q + b_q)(y W_k + b_k)^T / sqrt(keyDim), per head (Vaswani et al., arXiv 1706.03762). */
export function dotProductScores(keyDim: number, useBias: boolean): ScoreFunction {
  return {
    kind: 'dot-product',
    maxLength: undefined,
    weightSpecs: ({ heads, keyValueHeads, queryFeatures, keyFeatures }) => [
      ...projectionSpecs('query', [queryFeatures], [heads, keyDim], useBias),
      ...projectionSpecs('key', [keyFeatures], [keyValueHeads, keyDim], useBias),
    ],
    prepare(weights) {
      const query = new Projection(weights, 'query', 1);
      const key = new Projection(weights, 'key', 1);
      return {
        *projectKeys(sequence, scratch) {
          const { data, shape } = yield* key.steps(sequenceRows(sequence), {}, scratch);
          return { data, width: shape.at(-1)! };
        },
        *logits(context) {
          const q = yield* query.steps(sequenceRows(context.query), {}, context.scratch);
          const width = context.heads * keyDim;
          const keys = context.keys!;
          return {
            kind: ScoreKind.product,
            weight: 1 / Math.sqrt(keyDim),
            depth: keyDim,
            left: q.data,
            leftStrides: [context.query.length * width, keyDim, width],
            right: keys.data,
            rightStrides: [keys.batchStride, keyDim, keys.width],
          };
        },
        dispose() {
          query.dispose();
          key.dispose();
        },
      };
    },
  };
}

/** logits = scale x y^T in one head over all features. @param scale of these weights, 1 where there is none */
export function plainDotProductScores(useScale = false): ScoreFunction {
  return {
    kind: 'plain-dot-product',
    maxLength: undefined,
    weightSpecs: () => (useScale ? [{ name: 'scale', shape: [], initializer: 'ones' }] : []),
    prepare(weights): PreparedScoreFunction {
      const weight = scalarWeight(weights, 'scale');
      return {
        projectKeys: keysAsTheyCome,
        // biome-ignore lint/correctness/useYield: there is nothing to compute before the attention itself
        *logits(context) {
          return {
            kind: ScoreKind.product,
            weight,
            ...oneHead(context),
          };
        },
        dispose() {},
      };
    },
  };
}

export const dotProduct = describeScore({
  name: 'dot-product',
  layer: 'MultiHeadAttention',
  looksAt: 'queries and keys',
  limited: false,
  create: ({ keyDim, useBias }) => dotProductScores(keyDim, useBias),
  stored: (from) => ({
    kind: 'dot-product',
    weight: from.factor / Math.sqrt(from.size),
    query: from.linear('query', from.heads * from.size),
    key: from.linear('key', from.heads * from.size),
  }),
});
