/** What a Pooling module's config.json says, in the keys of sentence-transformers before and since version 6. */
import { expectation, ModelError } from '../errors.js';
import type { JsonObject } from './json_file.js';
import type { PoolingMode } from './types.js';

export interface PoolingConfig {
  /** Several are put one after the other, in this order. */
  modes: readonly PoolingMode[];
  /** Whether the tokens of a prompt take part. */
  includePrompt: boolean;
}

export const DEFAULT_POOLING: PoolingConfig = { modes: ['mean'], includePrompt: true };

/** Values of `pooling_mode`. */
const MODES: ReadonlyMap<unknown, PoolingMode> = new Map([
  ['cls', 'cls'],
  ['max', 'max'],
  ['mean', 'mean'],
  ['mean_sqrt_len_tokens', 'mean_sqrt_len'],
  ['weightedmean', 'weightedmean'],
  ['lasttoken', 'lasttoken'],
]);

/** Older keys, true or false each, in the order in which their embeddings stand. */
const SWITCHES: readonly (readonly [string, PoolingMode])[] = [
  ['pooling_mode_cls_token', 'cls'],
  ['pooling_mode_max_tokens', 'max'],
  ['pooling_mode_mean_tokens', 'mean'],
  ['pooling_mode_mean_sqrt_len_tokens', 'mean_sqrt_len'],
  ['pooling_mode_weightedmean_tokens', 'weightedmean'],
  ['pooling_mode_lasttoken', 'lasttoken'],
];

function poolingModes(config: JsonObject): readonly PoolingMode[] {
  const value = config.get('pooling_mode');
  if (value !== undefined) {
    const modes = (Array.isArray(value) ? value : [value]).map((name) => MODES.get(name));
    if (modes.length === 0 || modes.includes(undefined)) {
      config.fail('pooling_mode', `one or more of ${[...MODES.keys()].join(', ')}`);
    }
    return modes as PoolingMode[];
  }
  const active = SWITCHES.filter(([key]) => config.boolean(key, false)).map(([, mode]) => mode);
  if (active.length > 0) return active;
  if (SWITCHES.every(([key]) => config.get(key) === undefined)) return DEFAULT_POOLING.modes;
  throw new ModelError(expectation(config.source, 'a pooling mode that is true', 'none'));
}

export function readPoolingConfig(config: JsonObject): PoolingConfig {
  return { modes: poolingModes(config), includePrompt: config.boolean('include_prompt', true) };
}
