/** What a Pooling module's config.json says, in the keys of sentence-transformers before and since version 6. */
import { expectation, ModelError } from '../../errors.js';
import type { PoolingMode } from '../types.js';
import type { JsonObject } from './json_file.js';

export interface PoolingConfig {
  /** Several are put one after the other, in this order. */
  modes: readonly PoolingMode[];
  /** Whether the tokens of a prompt take part. */
  includePrompt: boolean;
}

export const DEFAULT_POOLING: PoolingConfig = { modes: ['mean'], includePrompt: true };

interface StoredName {
  /** As a value of `pooling_mode`. */
  value: string;
  /** The older key, true or false. */
  key: string;
}

/** How files name each mode, in the order in which the embeddings of the older keys stand. */
const STORED: Readonly<Record<PoolingMode, StoredName>> = {
  cls: { value: 'cls', key: 'pooling_mode_cls_token' },
  max: { value: 'max', key: 'pooling_mode_max_tokens' },
  mean: { value: 'mean', key: 'pooling_mode_mean_tokens' },
  mean_sqrt_len: { value: 'mean_sqrt_len_tokens', key: 'pooling_mode_mean_sqrt_len_tokens' },
  weightedmean: { value: 'weightedmean', key: 'pooling_mode_weightedmean_tokens' },
  lasttoken: { value: 'lasttoken', key: 'pooling_mode_lasttoken' },
};

const NAMES = Object.entries(STORED) as [PoolingMode, StoredName][];
const MODES: ReadonlyMap<unknown, PoolingMode> = new Map(NAMES.map(([mode, { value }]) => [value, mode]));

function poolingModes(config: JsonObject): readonly PoolingMode[] {
  const value = config.get('pooling_mode');
  if (value !== undefined) {
    const modes = (Array.isArray(value) ? value : [value]).map((name) => MODES.get(name));
    if (modes.length === 0 || modes.includes(undefined)) {
      config.fail('pooling_mode', `one or more of ${[...MODES.keys()].join(', ')}`);
    }
    return modes as PoolingMode[];
  }
  const active = NAMES.filter(([, { key }]) => config.boolean(key, false)).map(([mode]) => mode);
  if (active.length > 0) return active;
  if (NAMES.every(([, { key }]) => config.get(key) === undefined)) return DEFAULT_POOLING.modes;
  throw new ModelError(expectation(config.source, 'a pooling mode that is true', 'none'));
}

export function readPoolingConfig(config: JsonObject): PoolingConfig {
  return { modes: poolingModes(config), includePrompt: config.boolean('include_prompt', true) };
}
