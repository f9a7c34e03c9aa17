/** Texts in slices for the threads that tokenize: read ahead of the jobs, some slices far, and given back in order. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BatchLimits, TokenBatch } from './batch.js';
import { type Slice, tokenizeSlice } from './slice.js';
import type { TextReader } from './text_reader.js';
import type { Turn } from './turn.js';
import type { TokenWorkers } from './worker_pool.js';

export type TokenSlices = AsyncGenerator<TokenBatch, void, undefined>;

/** About what a native job takes: a message costs little beside it, and a thread is done with it in some milliseconds. */
const SLICE_TEXTS = 256;
const SLICE_CHARACTERS = 16384;
/** Of a call, besides what the threads hold: one for this thread, one that is ready. */
const OWN_SLICES = 2;
/** Such a text is copied to a thread in a moment; of a longer one most would be copied only to be cut off. */
const LONG_CHARACTERS = 2 ** 20;

/** Wakes whoever waits for any change. */
class Bell {
  private ringing: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => this.ringing.push(resolve));
  }

  readonly ring = (): void => {
    const all = this.ringing;
    this.ringing = [];
    for (const resolve of all) resolve();
  };
}

/** Source -> slices: runs beside whoever takes them, and rests while there are enough. */
class SliceReader {
  /** In order; the first is wanted next. */
  readonly slices: Slice[] = [];
  readonly bell = new Bell();
  ended = false;
  /** What the source, or a text that is none, threw. */
  error: { thrown: unknown } | undefined;
  private stopped = false;
  private open: string[] = [];
  private characters = 0;

  constructor(
    private readonly reader: TextReader,
    private readonly workers: TokenWorkers,
    private readonly limits: BatchLimits,
    private readonly prompt: string,
  ) {}

  get hasOpen(): boolean {
    return this.open.length > 0;
  }

  async run(): Promise<void> {
    try {
      while (!this.stopped) {
        const text = this.reader.take();
        if (text === undefined) {
          if (!(await this.reader.more())) break;
        } else {
          this.add(text);
          while (this.enough && !this.stopped) await this.bell.wait();
        }
      }
    } catch (thrown) {
      this.error = { thrown };
    }
    if (!this.stopped) this.close();
    this.ended = true;
    this.bell.ring();
  }

  /** The open slice, full or not, goes to the threads. */
  close(): void {
    if (!this.hasOpen) return;
    const slice: Slice = {
      prompt: this.prompt,
      texts: this.open,
      long: this.characters > LONG_CHARACTERS,
      settled: this.bell.ring,
    };
    this.open = [];
    this.characters = 0;
    this.slices.push(slice);
    this.workers.offer(slice);
    this.bell.ring();
  }

  stop(): void {
    this.stopped = true;
    for (const slice of this.slices) this.workers.claim(slice);
    this.bell.ring();
  }

  private get enough(): boolean {
    return this.slices.length >= this.workers.room + OWN_SLICES;
  }

  private add(text: string): void {
    this.open.push(text);
    this.characters += text.length;
    const most = Math.min(SLICE_TEXTS, this.limits.texts);
    if (this.open.length >= most || this.characters >= SLICE_CHARACTERS) this.close();
    else if (this.open.length === 1) this.bell.ring();
  }
}

/**
 * The ids of each slice. This thread takes part, a turn at a time, when the threads have all they can take and the slice
 * that is wanted is not there.
 */
export async function* tokenSlices(
  reader: TextReader,
  workers: TokenWorkers,
  limits: BatchLimits,
  turn: Turn,
  prompt: string,
): TokenSlices {
  const source = new SliceReader(reader, workers, limits, prompt);
  const { slices, bell } = source;
  let own: { slice: Slice; steps: Generator<void, TokenBatch, void> } | undefined;
  source.run();
  try {
    for (;;) {
      const head = slices[0];
      if (head === undefined) {
        if (source.ended) break;
        if (source.hasOpen) {
          // Once more: a source that gives text by text has filled the slice by then, and one that waits for input
          // shall not keep what it gave.
          await nextTurn();
          if (slices.length === 0) source.close();
        } else {
          const asked = performance.now();
          await bell.wait();
          reader.waited += performance.now() - asked;
        }
        turn.begin();
      } else if (head.error !== undefined) {
        throw head.error;
      } else if (head.tokens !== undefined) {
        slices.shift();
        bell.ring();
        yield head.tokens;
        turn.begin();
      } else {
        own ??= ownSlice(slices, workers);
        if (own === undefined) {
          await bell.wait();
          turn.begin();
          continue;
        }
        let step = own.steps.next();
        while (!step.done && !turn.over) step = own.steps.next();
        if (step.done) {
          own.slice.tokens = step.value;
          own = undefined;
        }
        if (turn.over) await turn.end();
      }
    }
    if (source.error) throw source.error.thrown;
  } finally {
    source.stop();
  }
}

/** The first slice that no thread has. */
function ownSlice(
  slices: readonly Slice[],
  workers: TokenWorkers,
): { slice: Slice; steps: Generator<void, TokenBatch, void> } | undefined {
  const slice = slices.find((one) => workers.claim(one));
  return slice && { slice, steps: tokenizeSlice(workers.tokenizer, slice.prompt, slice.texts) };
}
