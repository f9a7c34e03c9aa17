/**
 * A running digest of the records that were read, so that a resumed run notices an input whose beginning has changed.
 *
 * It is taken of texts and ids and not of the bytes of the file, because a Parquet file is not read from its first byte
 * to its last, and a compressed one would have to be read twice.
 */
import { createHash, type Hash } from 'node:crypto';
import { FormatError } from '../errors.js';
import type { RecordBatch } from '../formats/record_batch.js';

/** The digest of the first `records` records. */
export interface InputMark {
  readonly records: number;
  readonly digest: string;
}

/** Of an input of which nothing has been read. */
export const NOTHING: InputMark = { records: 0, digest: '' };

export class InputDigest {
  readonly #hash: Hash = createHash('sha256');
  readonly #expected: InputMark | undefined;
  #records = 0;
  /** One for each batch that was read and may not have been encoded yet. */
  #marks: InputMark[] = [];

  /** @param expected what an earlier run has read */
  constructor(expected?: InputMark) {
    this.#expected = expected;
  }

  /**
   * Hands the records on. Those after record number `done` are held back until the expected digest has been seen, so
   * that no record of another input is encoded; the mark of a run is at most one batch beyond what it has done.
   * @throws FormatError if the beginning of the input is not what it was
   */
  async *watch(
    records: AsyncIterable<RecordBatch>,
    done: number,
  ): AsyncGenerator<RecordBatch, void, undefined> {
    const held: RecordBatch[] = [];
    for await (const batch of records) {
      this.#add(batch);
      held.push(batch);
      if (this.#records <= done || this.#records >= (this.#expected?.records ?? 0)) yield* held.splice(0);
    }
    if (this.#records < (this.#expected?.records ?? 0)) throw changed();
  }

  /** The first mark that covers `records` records, which have been read; those before it are forgotten. */
  markAt(records: number): InputMark {
    if (records === 0) return NOTHING;
    const first = this.#marks.findIndex((mark) => mark.records >= records);
    if (first > 0) this.#marks.splice(0, first);
    return this.#marks[0]!;
  }

  #add(batch: RecordBatch): void {
    const { length } = batch.texts;
    const split = (this.#expected?.records ?? 0) - this.#records;
    if (split > 0 && split <= length) {
      this.#update(batch, 0, split);
      if (this.#digest() !== this.#expected!.digest) throw changed();
      this.#update(batch, split, length);
    } else this.#update(batch, 0, length);
    this.#records += length;
    this.#marks.push({ records: this.#records, digest: this.#digest() });
  }

  /** Lengths stand before the texts, so that it does not matter in which batches the records come. */
  #update({ texts, ids }: RecordBatch, begin: number, end: number): void {
    let joined = '';
    for (let i = begin; i < end; i++) {
      const id = ids === undefined ? '' : `${typeof ids[i]} ${ids[i]}`;
      joined += `${id.length} ${id}${texts[i]!.length} ${texts[i]}`;
    }
    this.#hash.update(joined);
  }

  #digest(): string {
    return this.#hash.copy().digest('hex');
  }
}

function changed(): FormatError {
  return new FormatError(
    'input: expected the texts that the interrupted run has read but received others ' +
      '(remove the journal and the partial file to start anew)',
  );
}
