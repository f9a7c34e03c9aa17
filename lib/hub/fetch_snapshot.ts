/** Brings what an encoder needs of a model into the cache. */
import { expectation, ModelError } from '../errors.js';
import type { CachedRepository } from './cache.js';
import { readText } from './cache_error.js';
import type { HubClient } from './client.js';
import { downloadBlob } from './download.js';
import { MODEL_FILES } from './model_files.js';
import { modelNeeds } from './needs.js';
import type { Settings } from './options.js';
import type { RemoteFile, RemoteFiles } from './remote_files.js';
import type { Timing } from './timing.js';

/** At a time. */
const DOWNLOADS = 4;

export interface FetchOptions {
  repository: string;
  /** Its files at the revision of the settings. */
  remote: RemoteFiles;
  settings: Settings;
  timing: Timing;
}

/**
 * The snapshot's directory.
 * @throws HubFailure, ModelError, FileError, or the signal's reason
 */
export async function fetchSnapshot(
  client: HubClient,
  cache: CachedRepository,
  { repository, remote, settings, timing }: FetchOptions,
): Promise<string> {
  const { revision, signal, onProgress } = settings;
  const { commit } = remote;
  const subject = `model ${repository}`;

  const blobOf = async (file: string, found: RemoteFile, stop: AbortSignal | undefined): Promise<string> => {
    const blob = cache.blob(found.checksum);
    if (!(await cache.hasBlob(found.checksum, found.size))) {
      await downloadBlob(client, {
        subject: `${subject}: ${file}`,
        address: remote.address(file),
        blob,
        checksum: found.checksum,
        size: found.size,
        timing,
        signal: stop,
        onProgress: (loaded, total) => onProgress?.({ file, loaded, total }),
      });
    }
    return blob;
  };

  await cache.prepare();
  const needs = await modelNeeds({
    subject,
    has: async (file) => (await remote.find(file)) !== undefined,
    read: async (file) => readText(await blobOf(file, (await remote.find(file))!, signal)),
  });
  if (needs.missing !== undefined) {
    throw new ModelError(
      expectation(`${subject} at ${client.endpoint}`, needs.missing, 'a model without this file'),
    );
  }

  const fetchOne = async (file: string, stop: AbortSignal | undefined): Promise<void> => {
    const found = (await remote.find(file))!;
    if (await cache.has(commit, file, found.size)) return;
    await blobOf(file, found, stop);
    await cache.link(commit, file, found.checksum);
  };
  // modules.json comes last, here or as a file that the hub does not have: with it, the rest has been asked for.
  await all(
    needs.files.filter((file) => file !== MODEL_FILES.modules),
    fetchOne,
    signal,
  );
  if (needs.files.includes(MODEL_FILES.modules)) await fetchOne(MODEL_FILES.modules, signal);
  const absent = needs.absent.filter((file) => !file.includes('/') && file !== MODEL_FILES.modules);
  for (const file of absent) await cache.markAbsent(commit, file);
  if (needs.absent.includes(MODEL_FILES.modules)) await cache.markAbsent(commit, MODEL_FILES.modules);
  await cache.writeRef(revision, commit);
  return cache.snapshot(commit);
}

/** A few at a time; the first failure stops the others, and is thrown when they have stopped. */
async function all(
  files: readonly string[],
  action: (file: string, stop: AbortSignal) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const failed = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const waiting = [...files];
  const worker = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined && !stop.aborted; file = waiting.shift()) {
      try {
        await action(file, stop);
      } catch (error) {
        if (!stop.aborted) failed.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: DOWNLOADS }, worker));
  stop.throwIfAborted();
}
