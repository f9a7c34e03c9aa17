/** What to do when a model does not come. */
import { expectation, ModelError } from '../errors.js';
import { CachedRepository } from './cache.js';
import type { HubClient } from './client.js';
import type { HubFailure } from './failure.js';
import type { Settings } from './options.js';

/** `a`, or `a or b`. */
function either(names: readonly string[]): string {
  return names.join(' or ');
}

/** Where another machine's copy goes. */
function place(repository: string, { cacheDir }: Settings): string {
  return new CachedRepository(cacheDir, repository, false).path;
}

export function notInCache(repositories: readonly string[], settings: Settings): ModelError {
  const at = `in the cache ${settings.cacheDir} (revision ${settings.revision})`;
  const advice = `allow requests (no HF_HUB_OFFLINE, no localFilesOnly), pass a directory, or copy ${place(repositories.at(-1)!, settings)} from a machine that has it`;
  return new ModelError(
    expectation(
      `model ${repositories[0]}`,
      `${either(repositories)} ${at}`,
      `nothing complete there; ${advice}`,
    ),
  );
}

/** Whether another repository may be meant: the hub says 401 also for what is not there. */
export function isNotThere({ status }: HubFailure): boolean {
  return status === 401 || status === 404;
}

/** @param repositories those that were asked for; the failure is of the last one */
export function unavailable(
  failure: HubFailure,
  repositories: readonly string[],
  settings: Settings,
  client: HubClient,
): ModelError {
  const repository = repositories.at(-1)!;
  const expected = `${either(repositories)} (revision ${settings.revision}) in the cache ${settings.cacheDir} or at ${client.endpoint}`;
  return new ModelError(
    expectation(
      `model ${repositories[0]}`,
      expected,
      `${failure.reason}; ${advice(failure, repository, settings, client)}`,
    ),
    { cause: failure },
  );
}

function advice(failure: HubFailure, repository: string, settings: Settings, client: HubClient): string {
  const { status, hubCode } = failure;
  const page = `${client.endpoint}/${repository}`;
  if (hubCode === 'RevisionNotFound') return `${page} has no such revision`;
  if (status === 401 || status === 403 || hubCode === 'GatedRepo') {
    return client.hasToken
      ? `the name is wrong, or the model is private or gated and the token (HF_TOKEN) gives no access: ask for it at ${page}`
      : `the name is wrong, or the model is private or gated: ask for access at ${page} and set HF_TOKEN`;
  }
  if (status === 404) return `check the name and the revision; a private model needs HF_TOKEN`;
  if (status === 429) return `the hub wants fewer requests: try later, or set HF_TOKEN`;
  return `pass a directory, set HF_ENDPOINT to a mirror, or copy ${place(repository, settings)} from a machine that has it`;
}
