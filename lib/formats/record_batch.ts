/** What the readers of texts have in common: records in, texts and ids out. */

import { expectation, FormatError } from '../errors.js';
import { describeJson } from './describe_json.js';

/** As the input has it; integers above 2^53 - 1 come as bigint or not at all. */
export type RecordId = string | number | bigint;

/** Consecutive records, at least one. */
export interface RecordBatch {
  texts: string[];
  /** One for each text, where the reader was asked for ids. */
  ids?: RecordId[];
}

/** A batch is handed out when it has this many records or characters of text. */
export const BATCH_RECORDS = 1024;
const BATCH_CHARACTERS = 1 << 18;

/**
 * `value` as a text.
 * @param subject names the place in errors, as "input a.csv, record 17, column "text""
 * @throws FormatError on anything but a string
 */
export function checkText(subject: () => string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new FormatError(expectation(subject(), 'a string', describeJson(value)));
}

/** @throws FormatError on anything but a string or a whole number that is exact */
export function checkId(subject: () => string, value: unknown): RecordId {
  if (typeof value === 'string' || typeof value === 'bigint' || Number.isSafeInteger(value)) {
    return value as RecordId;
  }
  // A larger number in JSON has lost digits by now: two records might come to share one id.
  const expected = 'a string or an integer of at most 2^53 - 1 as id';
  throw new FormatError(expectation(subject(), expected, describeJson(value)));
}

/** Collects records into batches of bounded size. */
export class BatchCollector {
  #texts: string[] = [];
  #ids: RecordId[] | undefined;
  #characters = 0;
  readonly #withIds: boolean;

  constructor(withIds: boolean) {
    this.#withIds = withIds;
    this.#ids = withIds ? [] : undefined;
  }

  /** Returns a batch when one is full. */
  add(text: string, id?: RecordId): RecordBatch | undefined {
    this.#texts.push(text);
    if (id !== undefined) this.#ids?.push(id);
    this.#characters += text.length;
    return this.#texts.length >= BATCH_RECORDS || this.#characters >= BATCH_CHARACTERS
      ? this.take()
      : undefined;
  }

  /** What is there, if anything. */
  take(): RecordBatch | undefined {
    if (this.#texts.length === 0) return undefined;
    const batch: RecordBatch = { texts: this.#texts };
    if (this.#ids !== undefined) batch.ids = this.#ids;
    this.#texts = [];
    this.#ids = this.#withIds ? [] : undefined;
    this.#characters = 0;
    return batch;
  }
}
