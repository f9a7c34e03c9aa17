/** Random scores with their exponentials and running sums, made once (see docs/architecture.md). */
import { expectation, ShapeError } from '../errors.js';
import { addon } from '../native/load.js';
import { allocateFloats } from '../tensor/allocate.js';
import { shapeText } from '../tensor/shape.js';
import { checkTensor, type TensorLike } from '../tensor/tensor.js';

export class PreparedScores {
  readonly heads: number;
  /** N: the longest length that can be attended. */
  readonly maxLength: number;
  /** [heads, N, N], a copy of what was given. */
  readonly logits: Float32Array;
  /** exp(logits - row maximum). */
  readonly exponentials: Float32Array;
  /** sums[h, i, j] = exponentials[h, i, 0] + ... + exponentials[h, i, j]. */
  readonly sums: Float32Array;

  /** @param scores R, [heads, N, N] */
  constructor(scores: TensorLike) {
    const { data, shape } = checkTensor('scores', scores);
    if (shape.length !== 3 || shape[1] !== shape[2]) {
      throw new ShapeError(expectation('scores', 'shape [heads, N, N]', shapeText(shape)));
    }
    this.heads = shape[0]!;
    this.maxLength = shape[1]!;
    this.logits = allocateFloats(shape, 'scores');
    this.logits.set(data);
    this.exponentials = allocateFloats(shape, 'scores');
    this.sums = allocateFloats(shape, 'scores');
    addon().prepareScores({
      rows: this.heads * this.maxLength,
      columns: this.maxLength,
      logits: this.logits,
      exponentials: this.exponentials,
      sums: this.sums,
    });
  }
}
