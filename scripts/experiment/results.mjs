/**
 * The results of the experiment as JSON:
 *   {machine, settings, data: {hash, train, validation, test, words}, runs: [run], speed: [speed]}
 * A run is what train.mjs returns, a speed what speed.mjs does. Written after every run, whole.
 */
import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { fail } from './fail.mjs';
import { readWhole, writeWhole } from './files.mjs';

export function readResults(file) {
  if (!existsSync(file)) fail('results', `${file}, which does not exist`);
  const text = readWhole(file).toString('utf8');
  let results;
  try {
    results = JSON.parse(text);
  } catch {
    // Told below: what is not JSON is not a file of results either.
  }
  if (!Array.isArray(results?.runs) || !results.settings) fail('results {settings, runs}', file);
  return results;
}

export class Results {
  #file;
  #content;

  /** Goes on with a file that is there. */
  constructor(file, { machine, settings, data }) {
    this.#file = file;
    this.#content = { machine, settings, data, runs: [], speed: [] };
    if (!existsSync(file)) return;
    const before = readResults(file);
    for (const [name, now] of Object.entries({ settings, data })) {
      // As it would be read again: what JSON leaves out must not count.
      if (!isDeepStrictEqual(before[name], JSON.parse(JSON.stringify(now)))) {
        fail(
          `${file} of the same ${name} (delete it, or name another --output)`,
          JSON.stringify(before[name]),
        );
      }
    }
    this.#content = { ...before, speed: before.speed ?? [] };
  }

  get runs() {
    return this.#content.runs;
  }

  has({ variant, seed }) {
    return this.runs.some((run) => run.variant === variant && run.seed === seed);
  }

  add(run) {
    this.runs.push(run);
    this.#write();
  }

  set speed(speed) {
    this.#content.speed = speed;
    this.#write();
  }

  #write() {
    writeWhole(this.#file, `${JSON.stringify(this.#content, null, 2)}\n`);
  }
}
