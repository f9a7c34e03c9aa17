/** A hub on this machine: models in memory, large files on a second origin, and whatever trouble a test asks for. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubFile {
  bytes: Buffer;
  /** Kept by its sha256 and sent from the other origin. */
  large: boolean;
}

export interface SeenRequest {
  method: string;
  /** 'hub' or 'store'. */
  origin: string;
  path: string;
  authorization: string | undefined;
  range: string | undefined;
}

/** Answers and returns true, or leaves the request to the hub. */
export type Trouble = (seen: SeenRequest, response: ServerResponse) => boolean;

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

export function checksumOf({ bytes, large }: HubFile): string {
  return large
    ? createHash('sha256').update(bytes).digest('hex')
    : createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

export class HubServer {
  /** By repository, then by path. */
  readonly models = new Map<string, Map<string, HubFile>>();
  readonly seen: SeenRequest[] = [];
  trouble: Trouble = () => false;
  /** What the list of files has in addition. */
  extraSiblings: unknown[] = [];
  /** false: no list at all, or none with checksums. */
  list: boolean | 'names' = true;
  ranges = true;
  /** Where large files lie: the other origin, unless a test says otherwise. */
  #hub: Server;
  #store: Server;

  private constructor() {
    this.#hub = createServer((request, response) => this.#serve('hub', request, response));
    this.#store = createServer((request, response) => this.#serve('store', request, response));
  }

  static async start(): Promise<HubServer> {
    const server = new HubServer();
    for (const part of [server.#hub, server.#store]) {
      await new Promise<void>((done) => part.listen(0, '127.0.0.1', done));
    }
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#hub.address() as AddressInfo).port}`;
  }

  get storeOrigin(): string {
    return `http://127.0.0.1:${(this.#store.address() as AddressInfo).port}`;
  }

  add(repository: string, files: Readonly<Record<string, string | Buffer>>): void {
    const entries = Object.entries(files).map(([path, content]) => {
      const bytes = Buffer.from(content as string);
      return [path, { bytes, large: path.endsWith('.safetensors') }] as const;
    });
    this.models.set(repository, new Map(entries));
  }

  /** As a new server would be; it keeps its ports. */
  reset(): void {
    this.models.clear();
    this.seen.length = 0;
    this.trouble = () => false;
    this.extraSiblings = [];
    this.list = true;
    this.ranges = true;
  }

  /** Paths that were asked for, without the commit, such as 'GET store model.safetensors'. */
  log(): string[] {
    return this.seen.map(
      ({ method, origin, path }) => `${method} ${origin} ${path.replace(/^.*\/[0-9a-f]{40}\//, '')}`,
    );
  }

  async stop(): Promise<void> {
    for (const part of [this.#hub, this.#store]) {
      part.closeAllConnections();
      await new Promise((done) => part.close(done));
    }
  }

  #serve(origin: string, request: IncomingMessage, response: ServerResponse): void {
    const { method = 'GET', url = '/', headers } = request;
    const seen: SeenRequest = {
      method,
      origin,
      path: decodeURIComponent(url.split('?')[0]!),
      authorization: headers.authorization,
      range: headers.range,
    };
    this.seen.push(seen);
    if (this.trouble(seen, response)) return;
    const api = /^\/api\/models\/(.+)\/revision\/([^?]+)/.exec(seen.path);
    const file = /^\/(.+)\/resolve\/([^/]+)\/(.+)$/.exec(seen.path);
    const repository = (api ?? file)?.[1] ?? '';
    const model = this.models.get(repository);
    if (!model) {
      // As the real one: whether a model is private is not told.
      response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end('Invalid username or password.');
    } else if (api) {
      this.#sendList(model, api[2]!, response);
    } else {
      const found = model.get(file![3]!);
      if (!found) response.writeHead(404, { 'x-error-code': 'EntryNotFound', 'x-repo-commit': COMMIT }).end();
      else if (found.large && origin === 'hub') this.#redirect(found, url, response);
      else this.#send(found, seen, response);
    }
  }

  #sendList(model: ReadonlyMap<string, HubFile>, revision: string, response: ServerResponse): void {
    if (revision !== 'main' && revision !== COMMIT) {
      response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
      return;
    }
    const siblings = [...model].map(([rfilename, file]) => {
      if (this.list === 'names') return { rfilename };
      const size = file.bytes.length;
      if (!file.large) return { rfilename, size, blobId: checksumOf(file) };
      return {
        rfilename,
        size,
        blobId: 'f'.repeat(40),
        lfs: { sha256: checksumOf(file), size, pointerSize: 134 },
      };
    });
    const list = this.list ? { siblings: [...siblings, ...this.extraSiblings] } : {};
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ id: 'x', sha: COMMIT, ...list }));
  }

  #redirect(file: HubFile, url: string, response: ServerResponse): void {
    response.writeHead(302, {
      location: `${this.storeOrigin}${url}?signature=secret`,
      'x-linked-etag': `"${checksumOf(file)}"`,
      'x-linked-size': file.bytes.length,
      'x-repo-commit': COMMIT,
    });
    response.end('Found.');
  }

  #send(file: HubFile, { method, range }: SeenRequest, response: ServerResponse): void {
    const { bytes } = file;
    const begin = Number(/^bytes=(\d+)-$/.exec((this.ranges && range) || '')?.[1] ?? 0);
    const part = bytes.subarray(begin);
    response.setHeader('etag', `"${checksumOf(file)}"`);
    response.setHeader('x-repo-commit', COMMIT);
    response.setHeader('content-length', part.length);
    if (begin > bytes.length) response.statusCode = 416;
    else if (begin > 0) {
      response.statusCode = 206;
      response.setHeader('content-range', `bytes ${begin}-${bytes.length - 1}/${bytes.length}`);
    }
    response.end(method === 'HEAD' ? undefined : part);
  }
}
