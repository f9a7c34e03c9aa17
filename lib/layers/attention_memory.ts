/** The keys and values of a call: projected now, or kept by a cache. */
import { ArgumentError, expectation } from '../errors.js';
import type { Steps } from '../kernels/run.js';
import type { Scratch } from '../kernels/scratch.js';
import { type AttentionCache, appendRows, keptRows } from './attention_cache.js';
import type { PreparedAttention } from './attention_weights.js';
import type { Axes, Sequence } from './axes.js';
import { type KeptRows, type NewRows, sequenceRows } from './scores/score_function.js';

export interface Memory {
  value: KeptRows;
  /** Of each score function in order; undefined where it does not look at keys. */
  keys: (KeptRows | undefined)[];
  length: number;
  axes: Axes;
}

/** Projected rows: of the value, then of the key for each score function that looks at keys. */
function* project(
  prepared: PreparedAttention,
  value: Sequence,
  key: Sequence,
  scratch: Scratch,
): Steps<NewRows[]> {
  const values = prepared.value && (yield* prepared.value.steps(sequenceRows(value), {}, scratch));
  const added = [
    values ? { data: values.data, width: values.shape.at(-1)! } : { data: value.data, width: value.features },
  ];
  for (const score of prepared.scores) {
    if (score.projectKeys) added.push(yield* score.projectKeys(key, scratch));
  }
  return added;
}

function memory(prepared: PreparedAttention, rows: readonly KeptRows[], length: number, axes: Axes): Memory {
  const [value, ...keys] = rows;
  return {
    value: value!,
    keys: prepared.scores.map((score) => (score.projectKeys ? keys.shift() : undefined)),
    length,
    axes,
  };
}

/** @param cache of which nothing has been asked in this call */
export function* projectMemory(
  prepared: PreparedAttention,
  value: Sequence,
  key: Sequence,
  cache: AttentionCache | undefined,
  scratch: Scratch,
): Steps<Memory> {
  const added = yield* project(prepared, value, key, scratch);
  if (cache === undefined) {
    const rows = added.map(({ data, width }) => ({ data, width, batchStride: value.length * width }));
    return memory(prepared, rows, value.length, value.axes);
  }
  const { rows, length } = appendRows(cache, added, value.batch, value.length);
  return memory(prepared, rows, length, { ...value.axes, length: [length] });
}

/** What a cache holds of a sequence that does not grow. */
export function keptMemory(prepared: PreparedAttention, cache: AttentionCache, query: Axes): Memory {
  const { rows, length } = keptRows(cache);
  return memory(prepared, rows, length, { ...query, length: [length] });
}

/** What a call may say of keys and values beside its cache. */
export function checkCacheOptions(
  cache: AttentionCache,
  options: { value?: unknown; key?: unknown; useCausalMask?: boolean },
): void {
  if (!cache.grows && (options.value !== undefined || options.key !== undefined)) {
    throw new ArgumentError(
      expectation('value and key', 'none beside a cache that holds its own', 'another'),
    );
  }
  if (cache.grows && options.useCausalMask === false) {
    throw new ArgumentError(expectation('useCausalMask', 'true or nothing with a cache', 'false'));
  }
}
