/** Texts to token batches for native jobs: sequences end to end, cut by token count. */

import { IdBuffer } from '../tokenizer/id_buffer.js';
import type { BatchLimits, TokenBatch } from './batch.js';
import { type TokenSlices, tokenSlices } from './slice_reader.js';
import type { TextReader } from './text_reader.js';
import { Turn } from './turn.js';
import type { TokenWorkers } from './worker_pool.js';

/** Ids beyond the limit that a batch has room for at first: its last text ends behind it. */
const OVERHANG = 512;

/** The batch that is being filled. */
class OpenBatch {
  readonly ids: IdBuffer;
  private offsets = [0];

  constructor(private readonly limits: BatchLimits) {
    this.ids = new IdBuffer(limits.tokens + OVERHANG);
  }

  get empty(): boolean {
    return this.offsets.length === 1;
  }

  get full(): boolean {
    return this.ids.total >= this.limits.tokens || this.offsets.length > this.limits.texts;
  }

  /** What was added to `ids` is one text. */
  close(): void {
    this.ids.close();
    this.offsets.push(this.ids.total);
  }

  flush(): TokenBatch {
    const batch = { ids: this.ids.take(), offsets: Int32Array.from(this.offsets) };
    this.offsets = [0];
    return batch;
  }
}

/**
 * The last batch may be smaller; a single text above the limit is a batch of its own. Where threads for tokenization
 * are ready, they take over from the event loop, in the midst of a source too; the batches are the same.
 * @param computing whether native jobs are running at the moment
 * @param prompt put before every text
 * @param signal is looked at whenever the event loop had its turn
 */
export async function* tokenBatches(
  reader: TextReader,
  workers: TokenWorkers,
  limits: BatchLimits,
  computing: () => boolean,
  prompt: string,
  signal?: AbortSignal,
): AsyncGenerator<TokenBatch, void, undefined> {
  const batch = new OpenBatch(limits);
  const turn = new Turn(computing, signal);
  let slices: TokenSlices | undefined;
  try {
    while (!workers.ready) {
      const text = reader.take();
      if (text === undefined) {
        const asked = performance.now();
        const more = await reader.more();
        reader.waited += performance.now() - asked;
        if (more) continue;
        if (!batch.empty) yield batch.flush();
        return;
      }
      const steps = workers.tokenizer.stepsInto(prompt + text, batch.ids);
      while (!steps.next().done) if (turn.over) await turn.end();
      batch.close();
      if (batch.full) {
        yield batch.flush();
        turn.begin();
      } else if (turn.over) {
        await turn.end();
      }
    }
    slices = tokenSlices(reader, workers, limits, turn, prompt);
    for await (const { ids, offsets } of slices) {
      for (let i = 0; i + 1 < offsets.length; i++) {
        batch.ids.append(ids.subarray(offsets[i]!, offsets[i + 1]!));
        batch.close();
        if (batch.full) yield batch.flush();
      }
    }
    if (!batch.empty) yield batch.flush();
  } finally {
    reader.close();
  }
}
