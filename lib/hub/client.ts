/**
 * Requests to the hub.
 *
 * Redirects are followed here and not by fetch, because the token goes to the hub's own origin and to no other, and
 * because checksums stand in the answer that redirects. Every wait is bounded.
 */
import { HubFailure, networkFailure, statusFailure } from './failure.js';
import type { Timing } from './timing.js';

const MAX_REDIRECTS = 8;
/** Of answers that are read into memory. */
const MAX_JSON_BYTES = 64 << 20;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Whose answer it is, for messages. */
  readonly host: string;
  /** The body as it comes; once. */
  chunks(): AsyncGenerator<Uint8Array, void, undefined>;
  /** Closes the connection instead. */
  discard(): Promise<void>;
}

export interface RequestOptions {
  method?: 'GET' | 'HEAD';
  headers?: Readonly<Record<string, string>>;
  /** Take a redirect that tells about the file, or leads to another host, as the answer. */
  stay?: boolean;
}

export class HubClient {
  readonly endpoint: string;
  readonly #origin: string;
  readonly #token: string | undefined;
  readonly #timing: Timing;

  constructor(endpoint: string, token: string | undefined, timing: Timing) {
    this.endpoint = endpoint;
    this.#origin = new URL(endpoint).origin;
    this.#token = token;
    this.#timing = timing;
  }

  get hasToken(): boolean {
    return this.#token !== undefined;
  }

  /**
   * Any answer that is not a redirect, whatever its status.
   * @param path below the endpoint, encoded
   * @throws HubFailure, or the signal's reason
   */
  async request(
    path: string,
    signal: AbortSignal | undefined,
    options: RequestOptions = {},
  ): Promise<Answer> {
    let url = new URL(this.endpoint + path);
    let trusted = true;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const answer = await this.#send(url, trusted, signal, options);
      const location = isRedirect(answer.status) ? answer.headers.get('location') : null;
      if (location === null) return answer;
      const next = target(location, url);
      if (options.stay && (answer.headers.has('x-linked-etag') || next.origin !== url.origin)) return answer;
      await answer.discard();
      // Once away from the hub, the way back is some other host's choice.
      trusted &&= next.origin === this.#origin;
      url = next;
    }
    throw new HubFailure(`more than ${MAX_REDIRECTS} redirects`);
  }

  /** @throws HubFailure also where the status is not 200 or the body no JSON */
  async json(path: string, signal: AbortSignal | undefined): Promise<unknown> {
    const answer = await this.request(path, signal);
    if (answer.status !== 200) {
      await answer.discard();
      throw statusFailure(answer.status, answer.headers, answer.host);
    }
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of answer.chunks()) {
      bytes += chunk.byteLength;
      if (bytes > MAX_JSON_BYTES)
        throw new HubFailure(`more than ${MAX_JSON_BYTES} bytes from ${answer.host}`);
      parts.push(chunk);
    }
    try {
      return JSON.parse(Buffer.concat(parts).toString('utf8'));
    } catch (cause) {
      // A login page of the network, most often.
      throw new HubFailure(`an answer from ${answer.host} that is no JSON`, { cause });
    }
  }

  async #send(
    url: URL,
    trusted: boolean,
    signal: AbortSignal | undefined,
    { method = 'GET', headers = {} }: RequestOptions,
  ): Promise<Answer> {
    const watch = new Watch(signal);
    const failure = (error: unknown, inBody: boolean): unknown => {
      if (signal?.aborted) return signal.reason;
      if (!watch.expired) return networkFailure(error, url.host, inBody);
      const waited = inBody ? this.#timing.idleMs : this.#timing.answerMs;
      return new HubFailure(`nothing for ${waited / 1000} s from ${url.host}`, {
        transient: true,
        cause: error,
      });
    };
    let response: Response;
    try {
      watch.start(this.#timing.answerMs);
      response = await fetch(url, {
        method,
        headers: {
          'user-agent': 'synthetic-attention',
          // The checksum is that of the bytes as they are stored, and ranges count those.
          'accept-encoding': 'identity',
          ...headers,
          ...(trusted && this.#token !== undefined ? { authorization: `Bearer ${this.#token}` } : {}),
        },
        redirect: 'manual',
        signal: watch.signal,
      });
    } catch (error) {
      throw failure(error, false);
    } finally {
      watch.stop();
    }
    const { body } = response;
    const idleMs = this.#timing.idleMs;
    return {
      status: response.status,
      headers: response.headers,
      host: url.host,
      async *chunks() {
        if (body === null) return;
        const reader = body.getReader();
        try {
          for (;;) {
            watch.start(idleMs);
            const { done, value } = await reader.read();
            // What the consumer does with it takes its own time.
            watch.stop();
            if (done) return;
            yield value;
          }
        } catch (error) {
          throw failure(error, true);
        } finally {
          watch.stop();
          await reader.cancel().catch(() => {});
        }
      },
      async discard() {
        await body?.cancel().catch(() => {});
      },
    };
  }
}

/** Aborts when a wait takes too long, or when the caller's signal does. */
class Watch {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.signal = signal ? AbortSignal.any([signal, this.#controller.signal]) : this.#controller.signal;
  }

  get expired(): boolean {
    return this.#controller.signal.aborted;
  }

  start(ms: number): void {
    this.#timer = setTimeout(() => this.#controller.abort(), ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function target(location: string, from: URL): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && from.protocol === 'http:');
  if (!url || !secure || url.username || url.password) {
    throw new HubFailure(`a redirect from ${from.host} that is not followed`);
  }
  return url;
}
