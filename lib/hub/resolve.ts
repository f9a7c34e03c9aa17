/** From the name of a model to a directory that holds it. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError, describe, expectation } from '../errors.js';
import { systemErrorReason } from '../formats/file_reason.js';
import { CachedRepository } from './cache.js';
import { readText } from './cache_error.js';
import { HubClient } from './client.js';
import { HubFailure } from './failure.js';
import { fetchSnapshot } from './fetch_snapshot.js';
import { isNotThere, notInCache, unavailable } from './messages.js';
import { MODEL_FILES } from './model_files.js';
import { repositoriesOf } from './names.js';
import { modelNeeds } from './needs.js';
import { type HubOptions, readSettings, readToken } from './options.js';
import { DEFAULT_MODEL, packagedModel } from './packaged.js';
import { RemoteFiles } from './remote_files.js';
import { TIMING, type Timing } from './timing.js';

export type { FetchProgress, HubOptions } from './options.js';

/**
 * A directory that holds the model: that of the package for its own name, `name` itself when it is a directory, else a
 * snapshot in the cache, fetched when needed.
 * A name without an organisation is looked for as it is and then below sentence-transformers.
 * @param timing for tests
 * @throws ArgumentError, ModelError, FileError with one sentence each, or the signal's reason
 */
export async function resolveModel(
  name: string,
  options: HubOptions = {},
  timing: Timing = TIMING,
): Promise<string> {
  if (typeof name !== 'string' || name === '') {
    throw new ArgumentError(expectation('model', 'a directory or a name', describe(name), 'type'));
  }
  const settings = readSettings(options);
  settings.signal?.throwIfAborted();
  if (name === DEFAULT_MODEL) return packagedModel();
  const there = await whatIs(name);
  if (there === 'a directory') return name;
  const repositories = repositoriesOf(name, there);
  const caches = repositories.map(
    (repository) => new CachedRepository(settings.cacheDir, repository, settings.symlinks),
  );

  let usable: string | undefined;
  for (const cache of caches) {
    const found = await findSnapshot(cache, settings.revision);
    if (found?.complete) return found.directory;
    usable ??= found?.directory;
  }
  if (settings.localFilesOnly) {
    if (usable !== undefined) return usable;
    throw notInCache(repositories, settings);
  }

  const { revision, signal } = settings;
  const client = new HubClient(settings.endpoint, await readToken(options), timing);
  // What may be all there is to have is not worth a long wait for a hub that cannot be reached.
  const patience = usable === undefined ? timing : { ...timing, attempts: 1 };
  for (let i = 0; ; i++) {
    const repository = repositories[i]!;
    let remote: RemoteFiles | undefined;
    try {
      remote = await RemoteFiles.open(client, { repository, revision, timing: patience, signal });
      return await fetchSnapshot(client, caches[i]!, { repository, remote, settings, timing });
    } catch (error) {
      if (!(error instanceof HubFailure)) throw error;
      if (remote === undefined) {
        if (isNotThere(error) && i + 1 < repositories.length) continue;
        if (usable !== undefined) return usable;
      }
      throw unavailable(error, repositories.slice(0, i + 1), settings, client);
    }
  }
}

async function whatIs(name: string): Promise<string> {
  try {
    return (await stat(name)).isDirectory() ? 'a directory' : 'a file';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'nothing there';
    // A name with a zero byte is no path at all.
    return code?.startsWith('ERR_') ? 'no path' : systemErrorReason(error);
  }
}

interface FoundSnapshot {
  directory: string;
  /** Whether nothing is missing that the hub may have. */
  complete: boolean;
}

/** Undefined unless all is there that no model can do without. */
async function findSnapshot(cache: CachedRepository, revision: string): Promise<FoundSnapshot | undefined> {
  const commit = await cache.commitOf(revision);
  if (commit === undefined) return undefined;
  const directory = cache.snapshot(commit);
  const { files, missing } = await modelNeeds({
    subject: directory,
    has: (file) => cache.has(commit, file),
    read: (file) => readText(join(directory, file)),
  });
  if (missing !== undefined) return undefined;
  // Python's transformers leaves out modules.json, without which the pooling would be a guess.
  return {
    directory,
    complete: files.includes(MODEL_FILES.modules) || (await cache.isAbsent(commit, MODEL_FILES.modules)),
  };
}
