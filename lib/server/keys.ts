/** API keys: which header brings one, and whether it is one of ours. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { ArgumentError, expectation } from '../errors.js';
import { readTextFile } from '../formats/text_file.js';

export class KeyRing {
  /** Digests are all of one length and tell nothing of how much of a key was right. */
  readonly #secret = randomBytes(32);
  readonly #digests: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.#digests = keys.map((key) => this.#digest(key));
  }

  get empty(): boolean {
    return this.#digests.length === 0;
  }

  /** @param header `authorization` */
  accepts(header: string | undefined): boolean {
    const given = this.#digest(/^Bearer +(.+)$/i.exec(header ?? '')?.[1]?.trim() ?? '');
    let found = false;
    // All of them, whichever fits, so that the time does not tell which one it was.
    for (const digest of this.#digests) found = timingSafeEqual(digest, given) || found;
    return found;
  }

  #digest(key: string): Buffer {
    return createHmac('sha256', this.#secret).update(key).digest();
  }
}

/** Bytes of a file with keys: some ten thousand of them. */
const LARGEST_FILE = 1 << 20;

/**
 * One key a line; empty lines and those that start with # do not count.
 * @throws FileError, ArgumentError
 */
export async function readKeyFile(path: string): Promise<string[]> {
  const text = await readTextFile(path, { most: LARGEST_FILE, subject: '--api-key-file' });
  const keys = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  // A file that was to protect the server and holds nothing must not leave it open.
  if (keys.length === 0)
    throw new ArgumentError(expectation('--api-key-file', 'at least one key', 'none', 'missing'));
  return keys;
}
