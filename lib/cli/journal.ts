/**
 * How far an output has come, beside it: `<output>.journal`.
 *
 * The order of events makes a run safe to kill at any point. The journal of a new run is there before the partial
 * file is; a checkpoint is written when the bytes that it speaks of are on disk; the last one, which says that the
 * output is whole, is written before the partial file gets the output's name. The journal stays then, so that the
 * same command again, as from a scheduler that restarts all of its shards, finds that there is nothing to do.
 *
 * The journal carries a checksum of itself and digests of the partial file and of the texts behind it. So a journal
 * that was edited, and one that stands beside another partial file or input, is refused. The digests protect against
 * accidents and not against somebody who computes them anew.
 */
import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { expectation, FormatError } from '../errors.js';
import { readJsonValue } from '../formats/json_value.js';
import type { FileMark } from '../formats/resumable_file.js';
import { writeWhole } from '../formats/write_whole.js';
import { difference, type Fingerprint } from './fingerprint.js';
import type { InputMark } from './input_digest.js';

const KIND = 'synthetic-attention encode';
const VERSION = 2;
const START_AGAIN = 'remove the journal and the partial file to start anew';

export interface Checkpoint {
  /** Records whose rows are in the partial file. */
  rows: number;
  tokens: number;
  /** Bytes of the partial file that hold. */
  bytes: number;
  /** SHA-256 of these bytes. */
  partial: string;
  /** The records that were read for them, and perhaps some more. */
  input: InputMark;
  /** Of the format. */
  state: unknown;
  /** Ranges of the quantization, where they were calibrated. */
  ranges: number[] | null;
}

export interface JournalContent extends Checkpoint {
  kind: string;
  version: number;
  fingerprint: Fingerprint;
  /** Of the whole output; null until it is whole. */
  complete: FileMark | null;
}

export function journalPath(output: string): string {
  return `${output}.journal`;
}

/** The text of a journal, whose last field is the checksum of all others. */
export function sealed(content: object): string {
  return `${JSON.stringify({ ...content, checksum: checksum(content) })}\n`;
}

function checksum(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

export class Journal {
  readonly path: string;
  readonly #fingerprint: Fingerprint;

  /** @param output path of the output */
  constructor(output: string, fingerprint: Fingerprint) {
    this.path = journalPath(output);
    this.#fingerprint = fingerprint;
  }

  /**
   * The last checkpoint, if there is one.
   * @throws FormatError if the journal is of another command, model, input or version, was changed, or is none at all
   */
  async read(): Promise<JournalContent | undefined> {
    const exists = await lstat(this.path).then(
      () => true,
      () => false,
    );
    if (!exists) return undefined;
    const content = this.#check(await readJsonValue(this.path));
    const part = difference(this.#fingerprint, content.fingerprint);
    if (part === undefined) return content;
    // What is whole binds nobody: the output is replaced as any older one is.
    if (content.complete !== null) return undefined;
    throw this.#refusal(`a journal of the same ${part}`, `another one (${START_AGAIN})`);
  }

  async write(checkpoint: Checkpoint, complete: FileMark | null = null): Promise<void> {
    const content: JournalContent = {
      kind: KIND,
      version: VERSION,
      fingerprint: this.#fingerprint,
      ...checkpoint,
      complete,
    };
    // The run has removed what was left of earlier ones.
    const options = { sweep: false, regular: true };
    await writeWhole(this.path, [new TextEncoder().encode(sealed(content))], options);
  }

  #check(value: unknown): JournalContent {
    const { kind, version, ...rest } = (value ?? {}) as Partial<JournalContent>;
    if (kind !== KIND) throw this.#refusal(`a journal of ${KIND}`, 'another file');
    if (version !== VERSION) {
      const received = `version ${JSON.stringify(version)} (finish with the release that began, or ${START_AGAIN})`;
      throw this.#refusal(`a journal of version ${VERSION}`, received);
    }
    const { checksum: expected, ...content } = { kind, version, ...rest } as Record<string, unknown>;
    if (expected !== checksum(content) || !isContent(content)) {
      throw this.#refusal('a journal as it was written', `one that was changed (${START_AGAIN})`);
    }
    return content as unknown as JournalContent;
  }

  #refusal(expected: string, received: string): FormatError {
    return new FormatError(expectation(`output ${this.path}`, expected, received));
  }
}

/** What the checksum cannot promise: that a journal with a right one was written by this code. */
function isContent(content: object): boolean {
  const { fingerprint, rows, tokens, bytes, partial, input, ranges, complete } =
    content as Partial<JournalContent>;
  const isCount = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;
  return (
    typeof fingerprint === 'object' &&
    fingerprint !== null &&
    [rows, tokens, bytes, input?.records].every(isCount) &&
    [partial, input?.digest].every((digest) => typeof digest === 'string') &&
    (ranges === null || (Array.isArray(ranges) && ranges.every((x) => typeof x === 'number'))) &&
    (complete === null || (typeof complete === 'object' && isCount(complete?.bytes)))
  );
}
