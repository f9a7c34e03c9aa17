/** The files of one commit at the hub: by its list, or where there is none by asking for each. */
import { expectation, ModelError } from '../errors.js';
import { describeJson } from '../formats/describe_json.js';
import { type Checksum, parseChecksum } from './checksum.js';
import type { HubClient } from './client.js';
import { HubFailure, statusFailure } from './failure.js';
import { checkFileName, isCommit } from './names.js';
import { retrying } from './retry.js';
import type { Timing } from './timing.js';

export interface RemoteFile {
  checksum: Checksum;
  /** Undefined where the hub does not say. */
  size: number | undefined;
}

interface Listed {
  checksum: Checksum | undefined;
  size: number | undefined;
}

export interface RemoteOptions {
  repository: string;
  revision: string;
  timing: Timing;
  signal: AbortSignal | undefined;
}

export class RemoteFiles {
  readonly commit: string;
  readonly #client: HubClient;
  readonly #options: RemoteOptions;
  /** Undefined where the hub gives none. */
  readonly #list: ReadonlyMap<string, Listed> | undefined;
  readonly #asked = new Map<string, Promise<RemoteFile | undefined>>();

  private constructor(
    client: HubClient,
    options: RemoteOptions,
    commit: string,
    list: ReadonlyMap<string, Listed> | undefined,
  ) {
    this.#client = client;
    this.#options = options;
    this.commit = commit;
    this.#list = list;
  }

  /** @throws HubFailure, ModelError for an answer that is not one of a hub */
  static async open(client: HubClient, options: RemoteOptions): Promise<RemoteFiles> {
    const { repository, revision, timing, signal } = options;
    // With `blobs` the list has sizes and checksums.
    const path = `/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
    const answer = await retrying(() => client.json(path, signal), timing, signal);
    const { sha, siblings } = Object(answer) as { sha?: unknown; siblings?: unknown };
    const subject = `model ${repository} at ${client.endpoint}`;
    if (typeof sha !== 'string' || !isCommit(sha)) {
      throw new ModelError(expectation(`${subject}: sha`, 'a commit', describeJson(sha)));
    }
    if (isCommit(revision) && sha !== revision) {
      throw new ModelError(expectation(subject, `commit ${revision}`, `commit ${sha}`));
    }
    return new RemoteFiles(client, options, sha, readList(subject, siblings));
  }

  address(file: string): string {
    const path = file.split('/').map(encodeURIComponent).join('/');
    return `/${this.#options.repository}/resolve/${this.commit}/${path}`;
  }

  /** Undefined where the hub does not have it. */
  find(file: string): Promise<RemoteFile | undefined> {
    const listed = this.#list?.get(file);
    if (this.#list && !listed) return Promise.resolve(undefined);
    if (listed?.checksum) return Promise.resolve({ checksum: listed.checksum, size: listed.size });
    let asked = this.#asked.get(file);
    if (asked === undefined) {
      const { timing, signal } = this.#options;
      asked = retrying(() => this.#ask(file, listed?.size), timing, signal);
      this.#asked.set(file, asked);
    }
    return asked;
  }

  async #ask(file: string, size: number | undefined): Promise<RemoteFile | undefined> {
    const { repository, signal } = this.#options;
    const answer = await this.#client.request(this.address(file), signal, { method: 'HEAD', stay: true });
    await answer.discard();
    const { status, headers, host } = answer;
    if (status === 404) return undefined;
    const etag = headers.get('x-linked-etag') ?? headers.get('etag');
    // Of a redirect to where large files lie, only what it says about the file counts.
    if (status !== 200 && !(status >= 300 && status < 400 && etag !== null)) {
      throw statusFailure(status, headers, host);
    }
    const checksum = parseChecksum(etag);
    if (checksum === undefined) {
      throw new HubFailure(`no checksum for ${file} of ${repository} from ${host}`);
    }
    const length = headers.get('x-linked-size') ?? (status === 200 ? headers.get('content-length') : null);
    return { checksum, size: size ?? readSize(length === null ? undefined : Number(length)) };
  }
}

function readSize(size: unknown): number | undefined {
  return Number.isSafeInteger(size) && (size as number) >= 0 ? (size as number) : undefined;
}

/** @throws ModelError for a name that leaves the model, whether or not it is wanted: such a list is no accident */
function readList(subject: string, siblings: unknown): ReadonlyMap<string, Listed> | undefined {
  if (!Array.isArray(siblings)) return undefined;
  const list = new Map<string, Listed>();
  for (const sibling of siblings) {
    const { rfilename, size, blobId, lfs } = Object(sibling) as Record<string, unknown>;
    const large = Object(lfs) as Record<string, unknown>;
    list.set(checkFileName(`${subject}: siblings`, rfilename), {
      checksum: parseChecksum(large.sha256 ?? large.oid ?? blobId),
      size: readSize(large.size ?? size),
    });
  }
  return list;
}
