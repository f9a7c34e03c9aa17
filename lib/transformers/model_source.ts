/** From a name as transformers.js takes it to a directory. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError, describe, expectation } from '../errors.js';
import { type HubOptions, resolveModel } from '../hub/resolve.js';
import { env } from './environment.js';
import type { PretrainedModelOptions } from './options.js';
import { originalOf } from './originals.js';
import { progressReporter } from './progress.js';

/** What the hub allows as a name: such names are looked for in `env.localModelPath`, others are paths. */
const REPOSITORY = /^(?:[\w-][\w.-]*\/)?[\w-][\w.-]*$/;

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** transformers.js says null where nothing is meant. */
function hubOptions(name: string, options: PretrainedModelOptions): HubOptions {
  const cacheDir = options.cache_dir ?? env.cacheDir;
  const onProgress = progressReporter(options.progress_callback, name);
  const local = options.local_files_only ?? false;
  return {
    ...(options.revision ? { revision: options.revision } : {}),
    ...(cacheDir ? { cacheDir } : {}),
    ...(env.remoteHost ? { endpoint: env.remoteHost } : {}),
    // What the environment says holds where the program does not ask for less.
    ...(local || !env.allowRemoteModels ? { localFilesOnly: true } : {}),
    ...(onProgress ? { onProgress } : {}),
  };
}

/** @throws ArgumentError, ModelError, FileError with one sentence each */
export async function modelDirectory(name: string, options: PretrainedModelOptions): Promise<string> {
  if (typeof name !== 'string' || name === '') {
    throw new ArgumentError(expectation('model', 'a directory or a name', describe(name)));
  }
  if (env.allowLocalModels && REPOSITORY.test(name)) {
    const path: unknown = env.localModelPath;
    if (typeof path !== 'string') {
      throw new ArgumentError(expectation('env.localModelPath', 'a path', describe(path)));
    }
    const local = join(path, name);
    if (await isDirectory(local)) return local;
  }
  // Another revision is one of the repository that was named.
  const usual = (options.revision ?? 'main') === 'main';
  return resolveModel(usual ? originalOf(name) : name, hubOptions(name, options));
}
