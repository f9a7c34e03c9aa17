/** Score functions by the names that mixtures know them by. */
import type { ScoreName } from '../../../layers/scores/registry.js';
import { dense } from './dense.js';
import { dotProduct } from './dot_product.js';
import { factorizedDense } from './factorized_dense.js';
import { factorizedRandom } from './factorized_random.js';
import { random } from './random.js';
import type { ScoreOperation } from './score_operation.js';

export const SCORES: Readonly<Record<ScoreName, ScoreOperation>> = {
  'dot-product': dotProduct,
  random,
  'factorized-random': factorizedRandom,
  dense,
  'factorized-dense': factorizedDense,
};
