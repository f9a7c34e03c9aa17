/** Logits [heads, N, N] that no input changes, ready for calls. */
import { preparedSource } from '../../kernels/attention.js';
import { PreparedScores } from '../../kernels/prepared_scores.js';
import { ScoreKind, type ScoreSourceOptions } from '../../native/addon.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { ScoreContext } from './score_function.js';

export class PreparedRandom {
  private prepared: PreparedScores | undefined;

  constructor(private readonly logits: Tensor) {}

  /** Computes the exponentials that a layer without other scores uses. */
  prepare(): PreparedScores {
    this.prepared ??= new PreparedScores(this.logits);
    return this.prepared;
  }

  /** The rows of this call's positions. */
  source({ query, keyLength, position, alone }: ScoreContext): ScoreSourceOptions {
    const n = this.logits.shape[1]!;
    const from = (rows: Float32Array) => rows.subarray(position * n);
    if (alone) {
      const prepared = this.prepare();
      return {
        ...preparedSource(prepared, query.length, keyLength),
        left: from(prepared.exponentials),
        sums: from(prepared.sums),
        logits: from(prepared.logits),
      };
    }
    const left = from(this.logits.data);
    return { kind: ScoreKind.matrix, weight: 1, left, leftStrides: [0, n * n, n] };
  }
}
