/** Logits [heads, N, N] that no input changes, ready for calls. */
import { preparedSource } from '../../kernels/attention.js';
import { owned } from '../../kernels/own_arrays.js';
import { PreparedScores } from '../../kernels/prepared_scores.js';
import { ScoreKind } from '../../native/codes.js';
import type { ScoreSourceOptions } from '../../native/operations.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { ScoreContext } from './score_function.js';

export class PreparedRandom {
  readonly #logits: Tensor;
  /** A copy that asynchronous calls may use where it is, for layers with other scores too. */
  #copy: Float32Array | undefined;
  #prepared: PreparedScores | undefined;

  constructor(logits: Tensor) {
    this.#logits = logits;
  }

  /** Computes the exponentials that a layer without other scores uses. */
  prepare(): PreparedScores {
    this.#prepared ??= new PreparedScores(this.#logits);
    return this.#prepared;
  }

  /** The rows of this call's positions. */
  source({ query, keyLength, position, alone }: ScoreContext): ScoreSourceOptions {
    if (alone) return preparedSource(this.prepare(), query.length, keyLength, position);
    const n = this.#logits.shape[1]!;
    this.#copy ??= this.#logits.data.slice();
    const left = owned(this.#copy).subarray(position * n);
    return { kind: ScoreKind.matrix, weight: 1, left, leftStrides: [0, n * n, n] };
  }
}
