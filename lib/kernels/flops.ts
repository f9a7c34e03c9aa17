/**
 * Floating-point operations of native steps: two for each multiply-add of a product. Softmax, activations, biases,
 * normalisation and the weighing of mixtures are not counted; they grow slower than the products.
 */
import { ScoreKind } from '../native/codes.js';
import type { AttentionOptions, ScoreSourceOptions } from '../native/operations.js';
import type { Operation, Steps } from './run.js';

/** Of one logit. */
function logitFlops({ kind, depth = 0 }: ScoreSourceOptions): number {
  if (kind === ScoreKind.product || kind === ScoreKind.panels) return 2 * depth;
  // A sum, and a multiply-add behind the hyperbolic tangent.
  if (kind === ScoreKind.additive) return 3 * depth;
  return kind === ScoreKind.outer ? 1 : 0;
}

function attentionFlops({ batch, heads, queries, keys, valueColumns, sources }: AttentionOptions): number {
  const pair = sources.reduce((sum, source) => sum + logitFlops(source), 2 * valueColumns);
  return batch * heads * queries * keys * pair;
}

function operationFlops(operation: Operation): number {
  switch (operation.name) {
    case 'matmul': {
      const { batch, m, n, k } = operation.options;
      return 2 * batch * m * n * k;
    }
    case 'attention':
      return attentionFlops(operation.options);
    case 'batched':
      return operation.options.operations.reduce((sum, part) => sum + operationFlops(part), 0);
    default:
      return 0;
  }
}

/** Of all the steps, none of which is executed. */
export function countFlops(steps: Steps<unknown>): number {
  let flops = 0;
  for (const operation of steps) flops += operationFlops(operation);
  return flops;
}
