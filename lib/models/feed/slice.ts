/** Consecutive texts that one thread tokenizes at a stretch. */

import { IdBuffer } from '../tokenizer/id_buffer.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import type { TokenBatch } from './batch.js';

/** Ids of an ordinary slice. */
const ROOM = 8192;

export interface Slice {
  readonly prompt: string;
  readonly texts: readonly string[];
  /** Too long to be given to another thread. */
  readonly long: boolean;
  /** Called when `tokens` or `error` is there, or the slice may be claimed again. */
  readonly settled: () => void;
  tokens?: TokenBatch;
  error?: Error;
}

/** Ids of all texts, end to end; in steps of at most a text. */
export function* tokenizeSlice(
  tokenizer: Tokenizer,
  prompt: string,
  texts: readonly string[],
): Generator<void, TokenBatch, void> {
  const ids = new IdBuffer(ROOM);
  const offsets = new Int32Array(texts.length + 1);
  for (const [i, text] of texts.entries()) {
    yield* tokenizer.stepsInto(prompt + text, ids);
    ids.close();
    offsets[i + 1] = ids.total;
    yield;
  }
  return { ids: ids.take(), offsets };
}
