/** Texts to token batches for native jobs: sequences end to end, cut by token count. */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { ArgumentError, describe, expectation } from '../errors.js';
import type { Tokenizer } from './tokenize.js';
import type { TextSource } from './types.js';

export interface TokenBatch {
  /** [tokens], all sequences end to end. */
  ids: Int32Array;
  /** [texts + 1]: sequence i is ids[offsets[i]] to ids[offsets[i + 1] - 1]. */
  offsets: Int32Array;
}

export interface BatchLimits {
  tokens: number;
  texts: number;
}

/** Milliseconds of tokenization after which the event loop gets its turn. */
const TURN_MS = 1;

function checkText(text: unknown, index: number): string {
  if (typeof text !== 'string') {
    throw new ArgumentError(expectation(`texts[${index}]`, 'a string', describe(text)));
  }
  return text;
}

/**
 * The last batch may be smaller; a single text above the limit is a batch of its own.
 * @param computing whether native jobs are running at the moment
 * @param prompt put before every text
 */
export async function* tokenBatches(
  texts: TextSource,
  tokenizer: Tokenizer,
  limits: BatchLimits,
  computing: () => boolean,
  prompt: string,
): AsyncGenerator<TokenBatch, void, undefined> {
  let ids: number[] = [];
  let offsets = [0];
  const flush = (): TokenBatch => {
    const batch = { ids: Int32Array.from(ids), offsets: Int32Array.from(offsets) };
    ids = [];
    offsets = [0];
    return batch;
  };
  let index = 0;
  let turnStart = performance.now();
  const turn = async (): Promise<void> => {
    // While jobs run on every core, a thread that never sleeps loses its core for whole scheduler ticks, and
    // with it the event loop; one that pauses keeps the right to it. Jobs take far longer than their texts.
    await (computing() ? pause(1) : nextTurn());
    turnStart = performance.now();
  };
  for await (const item of texts) {
    for (const text of typeof item === 'string' ? [item] : item) {
      const steps = tokenizer.steps(prompt + checkText(text, index++));
      let step = steps.next();
      for (; !step.done; step = steps.next()) if (performance.now() - turnStart > TURN_MS) await turn();
      for (const id of step.value) ids.push(id);
      offsets.push(ids.length);
      if (ids.length >= limits.tokens || offsets.length > limits.texts) {
        yield flush();
        turnStart = performance.now();
      } else if (performance.now() - turnStart > TURN_MS) {
        await turn();
      }
    }
  }
  if (offsets.length > 1) yield flush();
}
