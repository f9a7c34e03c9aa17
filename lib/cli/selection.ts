/** Which records of the input are encoded here, and what goes along with them to the output. */
import type { RecordBatch, RecordId } from '../formats/record_batch.js';

/** The part `index` (from 1) of `count`: the records whose number, from 0, leaves index - 1 when divided by count. */
export interface Shard {
  index: number;
  count: number;
}

export interface SelectionOptions {
  shard?: Shard | undefined;
  /** Records of the shard that are done already. */
  skip: number;
  /** Whether ids are the numbers of the records, from 1; otherwise those that the input gives. */
  numbered: boolean;
}

/**
 * Takes texts out of records and keeps their ids until their embeddings have come, in the same order.
 *
 * Records are dealt out one by one and not in blocks, since that needs no knowledge of how many there are.
 */
export class Selection {
  readonly #options: SelectionOptions;
  #record = 0;
  #skipped = 0;
  #ids: RecordId[] = [];

  constructor(options: SelectionOptions) {
    this.#options = options;
  }

  /** The texts to be encoded, perhaps none. */
  take({ texts, ids }: RecordBatch): string[] {
    const { shard, skip, numbered } = this.#options;
    if (shard === undefined && this.#skipped === skip && ids === undefined && !numbered) return texts;
    const taken: string[] = [];
    for (const [i, text] of texts.entries()) {
      const number = this.#record++;
      if (shard !== undefined && number % shard.count !== shard.index - 1) continue;
      if (this.#skipped < skip) {
        this.#skipped++;
        continue;
      }
      taken.push(text);
      if (numbered) this.#ids.push(number + 1);
      else if (ids !== undefined) this.#ids.push(ids[i]!);
    }
    return taken;
  }

  /** Number of the record, from 1, whose text was taken as the one `index`, from 0. */
  record(index: number): number {
    const { shard = { index: 1, count: 1 }, skip } = this.#options;
    return (skip + index) * shard.count + shard.index;
  }

  /** The ids of the next `count` texts; each is given once. */
  ids(count: number): RecordId[] {
    return this.#ids.splice(0, count);
  }
}
