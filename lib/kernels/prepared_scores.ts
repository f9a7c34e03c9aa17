/** Random scores with their exponentials and running sums, made once (see docs/architecture.md). */
import { expectation, ShapeError } from '../errors.js';
import { addon } from '../native/load.js';
import { allocateFloats } from '../tensor/allocate.js';
import { shapeText } from '../tensor/shape.js';
import { checkTensor, type TensorLike } from '../tensor/tensor.js';
import { owned } from './own_arrays.js';

interface Arrays {
  /** [heads, N, N], what was given. */
  readonly logits: Float32Array;
  /** exp(logits - row maximum). */
  readonly exponentials: Float32Array;
  /** sums[h, i, j] = exponentials[h, i, 0] + ... + exponentials[h, i, j]. */
  readonly sums: Float32Array;
}

let arraysOf: (scores: PreparedScores) => Arrays;

export class PreparedScores {
  readonly heads: number;
  /** N: the longest length that can be attended. */
  readonly maxLength: number;
  // Out of reach of callers: asynchronous calls use them without a copy.
  readonly #arrays: Arrays;

  static {
    arraysOf = (scores) => scores.#arrays;
  }

  /** @param scores R, [heads, N, N] */
  constructor(scores: TensorLike) {
    const { data, shape } = checkTensor('scores', scores);
    if (shape.length !== 3 || shape[1] !== shape[2]) {
      throw new ShapeError(expectation('scores', 'shape [heads, N, N]', shapeText(shape)));
    }
    this.heads = shape[0]!;
    this.maxLength = shape[1]!;
    const arrays = {
      logits: allocateFloats(shape, 'scores'),
      exponentials: allocateFloats(shape, 'scores'),
      sums: allocateFloats(shape, 'scores'),
    };
    arrays.logits.set(data);
    addon().prepareScores({ rows: this.heads * this.maxLength, columns: this.maxLength, ...arrays });
    this.#arrays = arrays;
  }

  /** A copy. */
  get logits(): Float32Array {
    return this.#arrays.logits.slice();
  }

  /** A copy. */
  get exponentials(): Float32Array {
    return this.#arrays.exponentials.slice();
  }

  /** A copy. */
  get sums(): Float32Array {
    return this.#arrays.sums.slice();
  }
}

/** The arrays themselves, for the current call; they must not leave this package. */
export function preparedArrays(scores: PreparedScores): Arrays {
  const arrays = arraysOf(scores);
  owned(arrays.logits);
  owned(arrays.exponentials);
  owned(arrays.sums);
  return arrays;
}
