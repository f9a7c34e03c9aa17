/** From a name as transformers.js takes it to a directory. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError, describe, expectation, ModelError } from '../errors.js';
import { env } from './environment.js';
import type { PretrainedModelOptions } from './options.js';

/** What the hub allows as a name: such names are looked for in `env.localModelPath`, others are paths. */
const REPOSITORY = /^(?:[\w-][\w.-]*\/)?[\w-][\w.-]*$/;

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

export async function modelDirectory(name: string, options: PretrainedModelOptions): Promise<string> {
  if (typeof name !== 'string' || name === '') {
    throw new ArgumentError(expectation('model', 'a directory or a name', describe(name)));
  }
  if (env.allowLocalModels) {
    const local = join(env.localModelPath, name);
    if (REPOSITORY.test(name) && (await isDirectory(local))) return local;
    if (await isDirectory(name)) return name;
  }
  throw new ModelError(expectation(name, 'a model directory', 'nothing there'));
}
