/** How similar embeddings are, as sentence-transformers counts it: distances are negative. */
import { ArgumentError, describe, expectation } from '../../errors.js';
import { matmul } from '../../kernels/matmul.js';
import { l2Normalize } from '../../kernels/rows.js';
import { allocateFloats } from '../../tensor/allocate.js';
import { checkDimension, checkRank, checkSameShape } from '../../tensor/shape.js';
import { checkTensor, Tensor, type TensorLike } from '../../tensor/tensor.js';
import { allFinite } from '../feed/encode_job.js';
import { checkFinite } from '../heads/quantize.js';
import { SIMILARITIES, type SimilarityName } from '../types.js';

export function checkSimilarity(name: unknown): SimilarityName {
  if (!SIMILARITIES.includes(name as SimilarityName)) {
    throw new ArgumentError(
      expectation('similarity', `one of ${SIMILARITIES.join(', ')}`, describe(name), 'range'),
    );
  }
  return name as SimilarityName;
}

/** [n, dimensions]; one embedding counts as a row. */
export function rowsOf(name: string, value: TensorLike): Tensor {
  const { data, shape } = checkTensor(name, value);
  const rows = shape.length === 1 ? [1, ...shape] : shape;
  checkRank(name, rows, 2, '[n, dimensions] or [dimensions]');
  return new Tensor(data, rows);
}

/**
 * Of every embedding in `a` to every one in `b`, at once on the calling thread.
 * @param a [n, dimensions] or [dimensions]
 * @param b [m, dimensions] or [dimensions]
 * @returns [n, m], finite numbers; a row of zeros has the cosine 0 to every other
 * @throws ArgumentError where a row is not finite
 */
export function similarity(a: TensorLike, b: TensorLike, name: SimilarityName = 'cosine'): Tensor {
  checkSimilarity(name);
  const left = rowsOf('a', a);
  const right = rowsOf('b', b);
  const [n, dims] = left.shape as [number, number];
  const m = right.shape[0]!;
  checkDimension('b', 'dimensions', right.shape[1], dims);
  if (name === 'dot') return checked(left, right, matmul(left, right, { transposeB: true }));
  if (name === 'cosine') {
    return checked(left, right, matmul(l2Normalize(left), l2Normalize(right), { transposeB: true }));
  }
  const out = allocateFloats([n, m], 'similarities');
  // Embeddings without numbers are at no distance from each other, however many there are.
  if (dims === 0 || out.length === 0) return new Tensor(out, [n, m]);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) out[i * m + j] = 0 - distance(left.data, i, right.data, j, dims, name);
  }
  return checked(left, right, new Tensor(out, [n, m]));
}

/** @throws ArgumentError that names the first row of the two that is not finite, or is too large */
function checked(a: Tensor, b: Tensor, scores: Tensor): Tensor {
  if (allFinite(scores.data)) return scores;
  const dims = a.shape[1]!;
  checkFinite('a', a.data, dims);
  checkFinite('b', b.data, dims);
  throw new ArgumentError(
    expectation('similarity', 'embeddings whose similarity float32 can express', 'larger ones'),
  );
}

/**
 * Of every embedding in `a` to the one at its place in `b`.
 * @param a [n, dimensions] or [dimensions]
 * @param b of the same shape
 * @returns [n]
 */
export function pairwiseSimilarity(a: TensorLike, b: TensorLike, name: SimilarityName = 'cosine'): Tensor {
  checkSimilarity(name);
  const left = rowsOf('a', a);
  const right = rowsOf('b', b);
  checkSameShape('b', right.shape, left.shape);
  const [n, dims] = left.shape as [number, number];
  const out = allocateFloats([n], 'similarities');
  if (dims === 0) return new Tensor(out, [n]);
  for (let i = 0; i < n; i++) out[i] = pair(left.data, i, right.data, i, dims, name);
  return checked(left, right, new Tensor(out, [n]));
}

/** Similarity of row i of `a` to row j of `b`, summed in float64. */
export function pair(
  a: Float32Array,
  i: number,
  b: Float32Array,
  j: number,
  dims: number,
  name: SimilarityName,
): number {
  if (name === 'euclidean' || name === 'manhattan') return 0 - distance(a, i, b, j, dims, name);
  let [dot, left, right] = [0, 0, 0];
  for (let k = 0; k < dims; k++) {
    const [x, y] = [a[i * dims + k]!, b[j * dims + k]!];
    dot += x * y;
    left += x * x;
    right += y * y;
  }
  return name === 'dot' ? dot : dot / (norm(left) * norm(right));
}

/** Zeros are similar to nothing, as in torch.nn.functional.normalize. */
function norm(squares: number): number {
  return Math.max(Math.sqrt(squares), 1e-12);
}

/** Taken from the differences themselves: from products, near embeddings would lose all digits of theirs. */
function distance(
  a: Float32Array,
  i: number,
  b: Float32Array,
  j: number,
  dims: number,
  name: 'euclidean' | 'manhattan',
): number {
  let sum = 0;
  const [from, to] = [i * dims, j * dims];
  if (name === 'manhattan') {
    for (let k = 0; k < dims; k++) sum += Math.abs(a[from + k]! - b[to + k]!);
    return sum;
  }
  for (let k = 0; k < dims; k++) {
    const difference = a[from + k]! - b[to + k]!;
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}
