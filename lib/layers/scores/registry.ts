/** Every score function that a mixture may have. Who needs to know one of them asks here. */
import { dense } from './dense.js';
import { dotProduct } from './dot_product.js';
import { factorizedDense } from './factorized_dense.js';
import { factorizedRandom } from './factorized_random.js';
import { random } from './random.js';
import type { ScoreDescriptor } from './score_function.js';

const ALL = [dotProduct, random, factorizedRandom, dense, factorizedDense] as const;

export type ScoreName = (typeof ALL)[number]['name'];

/** In the order in which help texts and errors name them. */
export const SCORE_NAMES: readonly ScoreName[] = ALL.map(({ name }) => name);

const BY_NAME: ReadonlyMap<string, ScoreDescriptor<ScoreName>> = new Map(
  ALL.map((descriptor) => [descriptor.name, descriptor]),
);

export function isScoreName(name: unknown): name is ScoreName {
  return BY_NAME.has(name as string);
}

export function scoreDescriptor(name: ScoreName): ScoreDescriptor<ScoreName> {
  return BY_NAME.get(name)!;
}
