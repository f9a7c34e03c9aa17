/** A model read over texts for the statistics of its heads. */

import type { LoadedModel } from '../../architectures/loaded_model.js';
import { throwFailure } from '../../feed/encode_job.js';
import { type AttentionOfText, attentionWeights } from '../../heads/attention_weights.js';
import { AttentionStatistics } from './attention_statistics.js';

/** Texts that are with the encoder while the weights of another are added up. */
const IN_FLIGHT = 2;

/**
 * @param texts ids of each, special tokens included
 * @param done called after every text
 */
export async function observe(
  model: LoadedModel,
  texts: readonly (readonly number[])[],
  done: (texts: number) => void,
  signal?: AbortSignal,
): Promise<AttentionStatistics> {
  const heads = model.layers * model.heads;
  const statistics = new AttentionStatistics({
    heads,
    length: texts.reduce((longest, ids) => Math.max(longest, ids.length), 1),
  });
  const pending: { ids: readonly number[]; attention: Promise<AttentionOfText> }[] = [];
  let next = 0;
  for (let i = 0; i < texts.length; i++) {
    signal?.throwIfAborted();
    while (next < texts.length && pending.length < IN_FLIGHT) {
      const ids = texts[next++]!;
      const attention = attentionWeights(model, ids);
      // Awaited in turn; an earlier one may fail before.
      attention.catch(() => {});
      pending.push({ ids, attention });
    }
    const { ids, attention } = pending.shift()!;
    const { weights, failures } = await attention;
    throwFailure(failures, i);
    statistics.add(weights, ids.length);
    done(i + 1);
  }
  return statistics;
}
