import { headMatmulSteps } from '../../kernels/head_matmul.js';
import { PackedMatrix } from '../../kernels/packed_matrix.js';
import { ScoreKind } from '../../native/codes.js';
import { allocateFloats } from '../../tensor/allocate.js';
import { sizeOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import type { WeightMap } from '../layer_types.js';
import { headKernelSpecs, Projection, projectionSpecs } from '../projection.js';
import {
  describeScore,
  type PreparedScoreFunction,
  type ScoreFunction,
  sequenceRows,
} from './score_function.js';
import { storedMaps } from './stored_score.js';

export interface FactorizedDenseScoresOptions {
  hiddenDim: number;
  maxLength: number;
  useBias: boolean;
  /** One pair of second maps for all heads. */
  sharedAcrossHeads: boolean;
  /** [a, b] with a * b = maxLength. */
  factors: readonly [number, number];
}

/** The divisors [a, b] of n, a <= b, that lie nearest to each other: the fewest parameters. */
export function nearestFactors(n: number): [number, number] {
  let a = Math.floor(Math.sqrt(n));
  while (n % a !== 0) a--;
  return [a, n / a];
}

/** Rows of [..., rows, left columns] and [..., rows, right columns] side by side. */
function sideBySide(left: Tensor, right: Tensor): Tensor {
  const [a, b] = [left.shape.at(-1)!, right.shape.at(-1)!];
  const rows = sizeOf(left.shape.slice(0, -1));
  const data = allocateFloats([rows, a + b], 'prepared weights');
  for (let i = 0; i < rows; i++) {
    data.set(left.data.subarray(i * a, (i + 1) * a), i * (a + b));
    data.set(right.data.subarray(i * b, (i + 1) * b), i * (a + b) + a);
  }
  return new Tensor(data, [...left.shape.slice(0, -1), a + b]);
}

/** A tensor of one head or of `heads` heads, as one of `heads`. */
function forEachHead(tensor: Tensor, rank: number, heads: number): Tensor {
  if (tensor.rank === rank) return tensor;
  const data = allocateFloats([heads, tensor.size], 'prepared weights');
  for (let h = 0; h < heads; h++) data.set(tensor.data, h * tensor.size);
  return new Tensor(data, [heads, ...tensor.shape]);
}

function prepare(weights: WeightMap, options: FactorizedDenseScoresOptions): PreparedScoreFunction {
  const { hiddenDim, factors, useBias } = options;
  const [a, b] = factors;
  const columns = a + b;
  const heads = weights.get('factorized_dense_1/kernel')!.shape[1]!;
  const both = (part: string, rank: number): Tensor => {
    const [left, right] = ['a', 'b'].map((f) => weights.get(`factorized_dense_${f}/${part}`)!);
    return forEachHead(sideBySide(left!, right!), rank, heads);
  };
  const first = new Projection(weights, 'factorized_dense_1', 1);
  const second = new PackedMatrix(both('kernel', 3));
  const bias = useBias ? both('bias', 2).data : null;
  return {
    *logits({ query, scratch }) {
      const rows = query.batch * query.length;
      const hidden = yield* first.steps(sequenceRows(query), { activation: 'relu' }, scratch);
      const factorRows = yield* headMatmulSteps({
        heads,
        rows,
        x: hidden.data,
        depth: hiddenDim,
        packed: second.handle,
        columns,
        bias,
        out: scratch.tensor([heads, rows, columns]).data,
      });
      const strides = [query.length * columns, rows * columns, columns] as const;
      return {
        kind: ScoreKind.outer,
        weight: 1,
        depth: a,
        left: factorRows,
        leftStrides: strides,
        right: factorRows.subarray(a),
        rightStrides: strides,
      };
    },
    dispose() {
      first.dispose();
      second.dispose();
    },
  };
}

/**
 * logits_i[j] = A(x_i)[j mod a] * B(x_i)[floor(j / a)], A and B linear in ReLU(x_i W1_h + b1_h) ("factorized dense"
 * in Tay et al., arXiv 2005.00743). A is tiled and B repeated, so that every pair is reached once.
 */
export function factorizedDenseScores(options: FactorizedDenseScoresOptions): ScoreFunction {
  const { hiddenDim, maxLength, useBias, sharedAcrossHeads, factors } = options;
  return {
    kind: 'factorized-dense',
    maxLength,
    weightSpecs: ({ heads, queryFeatures }) => {
      const each = sharedAcrossHeads ? [] : [heads];
      return [
        ...projectionSpecs('factorized_dense_1', [queryFeatures], [heads, hiddenDim], useBias),
        ...headKernelSpecs('factorized_dense_a', each, [hiddenDim, factors[0]], useBias),
        ...headKernelSpecs('factorized_dense_b', each, [hiddenDim, factors[1]], useBias),
      ];
    },
    prepare: (weights) => prepare(weights, options),
  };
}

export const factorizedDense = describeScore({
  name: 'factorized-dense',
  layer: 'FactorizedDenseSynthesizer',
  looksAt: 'queries',
  limited: true,
  create: (options) => factorizedDenseScores({ ...options, factors: options.factors! }),
  stored(from) {
    const tile = from.integer('tile');
    if (from.length % tile !== 0) from.fail('tile', `a divisor of ${from.length}`);
    return { kind: 'factorized-dense', tile, ...storedMaps(from, tile + from.length / tile) };
  },
});
