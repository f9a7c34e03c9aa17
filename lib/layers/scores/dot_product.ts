import { ScoreKind } from '../../native/addon.js';
import { Projection, projectionSpecs } from '../projection.js';
import { type ScoreFunction, sequenceRows } from './score_function.js';

/** logits = (x W_q + b_q)(y W_k + b_k)^T / sqrt(keyDim), per head (Vaswani et al., arXiv 1706.03762). */
export function dotProductScores(keyDim: number, useBias: boolean): ScoreFunction {
  return {
    kind: 'dot-product',
    maxLength: undefined,
    weightSpecs: ({ heads, queryFeatures, keyFeatures }) => [
      ...projectionSpecs('query', [queryFeatures], [heads, keyDim], useBias),
      ...projectionSpecs('key', [keyFeatures], [heads, keyDim], useBias),
    ],
    prepare(weights) {
      const query = new Projection(weights, 'query', 1);
      const key = new Projection(weights, 'key', 1);
      return {
        *logits(context) {
          const q = yield* query.steps(sequenceRows(context.query));
          const k = yield* key.steps(sequenceRows(context.key));
          const width = context.heads * keyDim;
          return {
            kind: ScoreKind.product,
            weight: 1 / Math.sqrt(keyDim),
            depth: keyDim,
            left: q.data,
            leftStrides: [context.query.length * width, keyDim, width],
            right: k.data,
            rightStrides: [context.key.length * width, keyDim, width],
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

/** logits = x y^T, without parameters or scale: one head over all features. */
export function plainDotProductScores(): ScoreFunction {
  return {
    kind: 'plain-dot-product',
    maxLength: undefined,
    weightSpecs: () => [],
    prepare: () => ({
      // biome-ignore lint/correctness/useYield: there is nothing to compute before the attention itself
      *logits({ query, key }) {
        return {
          kind: ScoreKind.product,
          weight: 1,
          depth: query.features,
          left: query.data,
          leftStrides: [query.length * query.features, 0, query.features],
          right: key.data,
          rightStrides: [key.length * key.features, 0, key.features],
        };
      },
      dispose() {},
    }),
  };
}
