/** How semanticSearch scores a chunk of the corpus for a group of queries. */
import { matmulAsync } from '../../kernels/matmul.js';
import { PackedMatrix } from '../../kernels/packed_matrix.js';
import { allocateFloats } from '../../tensor/allocate.js';
import { checkSameShape } from '../../tensor/shape.js';
import { checkTensor, type Tensor, type TensorLike } from '../../tensor/tensor.js';
import { inTurns } from '../feed/in_turns.js';
import type { SimilarityName } from '../types.js';
import { pair } from './similarity.js';

/** Scores [queries, corpus], higher is nearer. */
export type ScoreFunction = (queries: Tensor, corpus: Tensor) => TensorLike | Promise<TensorLike>;

/** Pairs measured one by one between two looks at the clock. */
const PAIRS = 256;

export interface Scorer {
  /**
   * @param chunk [rows, dims]; of unit length for 'cosine'
   * @returns [rows, queries]
   */
  score(chunk: Tensor, signal: AbortSignal | undefined): Promise<Float32Array>;
  dispose(): void;
}

/** @param queries [n, dims] */
export function createScorer(queries: Tensor, by: SimilarityName | ScoreFunction): Scorer {
  if (typeof by === 'function') return { score: (chunk) => ownScores(queries, chunk, by), dispose() {} };
  if (by === 'manhattan') {
    return { score: (chunk, signal) => distances(queries, chunk, signal), dispose() {} };
  }
  // The corpus streams through as the left matrix, and only the few queries are packed.
  const packed = new PackedMatrix(queries, { transpose: true });
  const products = async (chunk: Tensor): Promise<Float32Array> => (await matmulAsync(chunk, packed)).data;
  const score =
    by === 'euclidean' ? async (chunk: Tensor) => nearness(chunk, await products(chunk)) : products;
  return { score, dispose: () => packed.dispose() };
}

/** q c - |c|^2 / 2 in the place of q c: falls as the distance from q to c grows. */
function nearness(chunk: Tensor, products: Float32Array): Float32Array {
  const [rows, dims] = chunk.shape as [number, number];
  const queries = products.length / rows;
  for (let i = 0; i < rows; i++) {
    let squares = 0;
    for (let k = i * dims; k < (i + 1) * dims; k++) squares += chunk.data[k]! * chunk.data[k]!;
    for (let j = i * queries; j < (i + 1) * queries; j++) products[j]! -= squares / 2;
  }
  return products;
}

async function distances(
  queries: Tensor,
  chunk: Tensor,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const [n, dims] = queries.shape as [number, number];
  const out = allocateFloats([chunk.shape[0]!, n], 'scores');
  const measure = (i: number): void => {
    out[i] = pair(queries.data, i % n, chunk.data, Math.floor(i / n), dims, 'manhattan');
  };
  await inTurns(out.length, PAIRS, measure, signal);
  return out;
}

async function ownScores(queries: Tensor, chunk: Tensor, by: ScoreFunction): Promise<Float32Array> {
  const [n, rows] = [queries.shape[0]!, chunk.shape[0]!];
  const { data, shape } = checkTensor('scoreFunction', await by(queries, chunk));
  checkSameShape('scoreFunction', shape, [n, rows]);
  const out = allocateFloats([n, rows], 'scores');
  for (let i = 0; i < n; i++) for (let j = 0; j < rows; j++) out[j * n + i] = data[i * rows + j]!;
  return out;
}
