// Files that are either the old ones or the new ones, whole, whenever the process ends.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { fail } from './fail.mjs';

export function writeWhole(file, content) {
  const fresh = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(fresh, content);
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    fail('a file that can be written', `${file} (${error.code})`);
  }
}

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
    writeWhole(this.#file, serialize({ identity: this.#identity, state }));
  }

  /** Undefined where there is none. */
  read() {
    if (!existsSync(this.#file)) return undefined;
    let content;
    try {
      content = deserialize(readFileSync(this.#file));
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
