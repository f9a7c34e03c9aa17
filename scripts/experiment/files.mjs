// Files that are either the old ones or the new ones, whole, whenever the process ends.
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { fail } from './fail.mjs';

export function writeWhole(file, content) {
  const fresh = `${file}.${process.pid}.tmp`;
  try {
    const fd = openSync(fresh, 'w');
    try {
      writeFileSync(fd, content);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    fail('a file that can be written', `${file} (${error.code})`);
  }
}

/** The content of a regular file: a FIFO would be waited for. */
export function readWhole(file) {
  if (!statSync(file).isFile()) fail('a regular file', file);
  return readFileSync(file);
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const DIGEST_BYTES = 32;

/** The state of one run that has been stopped, beside the results. */
export class Checkpoint {
  #file;
  #identity;

  /** @param identity text that says which run it is and of what settings */
  constructor(file, identity) {
    this.#file = file;
    this.#identity = identity;
  }

  write(state) {
    const body = serialize({ identity: this.#identity, state });
    writeWhole(this.#file, Buffer.concat([sha256(body), body]));
  }

  /** Undefined where there is none. */
  read() {
    if (!existsSync(this.#file)) return undefined;
    const bytes = readWhole(this.#file);
    const body = bytes.subarray(DIGEST_BYTES);
    if (!bytes.subarray(0, DIGEST_BYTES).equals(sha256(body))) {
      fail('a checkpoint', `${this.#file}, which is none or was changed (delete it to start anew)`);
    }
    let content;
    try {
      content = deserialize(body);
    } catch (error) {
      return fail('a checkpoint', `${this.#file}, which cannot be read (${error.message})`);
    }
    if (content?.identity !== this.#identity) {
      fail('a checkpoint of this run', `${this.#file} of other settings or data (delete it to start anew)`);
    }
    return content.state;
  }

  remove() {
    rmSync(this.#file, { force: true });
  }
}
