/**
 * How far an output has come, beside it: `<output>.journal`.
 *
 * The order of events makes a run safe to kill at any point. The journal of a new run is there before the partial
 * file is; a checkpoint is written when the bytes that it speaks of are on disk; the last one, which says that the
 * output is whole, is written before the partial file gets the output's name. The journal stays then, so that the
 * same command again, as from a scheduler that restarts all of its shards, finds that there is nothing to do.
 */
import { access } from 'node:fs/promises';
import { expectation, FormatError } from '../errors.js';
import { readJsonValue } from '../formats/json_value.js';
import type { FileMark } from '../formats/resumable_file.js';
import { writeWhole } from '../formats/write_whole.js';
import { difference, type Fingerprint } from './fingerprint.js';

const KIND = 'synthetic-attention encode';
const VERSION = 1;

export interface Checkpoint {
  /** Records whose rows are in the partial file. */
  rows: number;
  tokens: number;
  /** Bytes of the partial file that hold. */
  bytes: number;
  /** Of the format. */
  state: unknown;
  /** Ranges of the quantization, where they were calibrated. */
  ranges: number[] | null;
}

interface Content extends Checkpoint {
  kind: string;
  version: number;
  fingerprint: Fingerprint;
  /** Of the whole output; null until it is whole. */
  complete: FileMark | null;
}

export class Journal {
  readonly path: string;
  readonly #fingerprint: Fingerprint;

  /** @param output path of the output */
  constructor(output: string, fingerprint: Fingerprint) {
    this.path = `${output}.journal`;
    this.#fingerprint = fingerprint;
  }

  /**
   * The last checkpoint, if there is one.
   * @throws FormatError if the journal is of another command, model or input, or none at all
   */
  async read(): Promise<Content | undefined> {
    const exists = await access(this.path).then(
      () => true,
      () => false,
    );
    if (!exists) return undefined;
    const content = (await readJsonValue(this.path)) as Content;
    if (!isContent(content)) {
      throw new FormatError(
        expectation(`output ${this.path}`, `a journal of ${KIND}, version ${VERSION},`, 'another file'),
      );
    }
    const part = difference(this.#fingerprint, content.fingerprint);
    if (part === undefined) return content;
    // What is whole binds nobody: the output is replaced as any older one is.
    if (content.complete !== null) return undefined;
    const advice = 'another one (remove the journal and the partial file to start anew)';
    throw new FormatError(expectation(`output ${this.path}`, `a journal of the same ${part}`, advice));
  }

  async write(checkpoint: Checkpoint, complete: FileMark | null = null): Promise<void> {
    const content: Content = {
      kind: KIND,
      version: VERSION,
      fingerprint: this.#fingerprint,
      ...checkpoint,
      complete,
    };
    await writeWhole(this.path, [new TextEncoder().encode(`${JSON.stringify(content)}\n`)]);
  }
}

function isContent(value: unknown): value is Content {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, version, fingerprint, rows, tokens, bytes, ranges, complete } = value as Partial<Content>;
  const isCount = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;
  return (
    kind === KIND &&
    version === VERSION &&
    typeof fingerprint === 'object' &&
    fingerprint !== null &&
    [rows, tokens, bytes].every(isCount) &&
    (ranges === null || (Array.isArray(ranges) && ranges.every((x) => typeof x === 'number'))) &&
    (complete === null || (typeof complete === 'object' && isCount(complete?.bytes)))
  );
}
