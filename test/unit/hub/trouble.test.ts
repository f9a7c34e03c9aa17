/** A network that fails in every way: nothing is lost, nothing wrong is kept, and no wait is endless. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Timing } from '../../../lib/hub/timing.js';
import { COMMIT, checksumOf, type SeenRequest } from '../../support/hub_server.js';
import { ONE_SENTENCE } from '../formats/errors_of.js';
import { FAST, MODEL, NAME, useHub, WEIGHTS } from './hub.js';

const hub = useHub();
const HALF = 1_500_000;
const CHECKSUM = checksumOf({ bytes: WEIGHTS, large: true });

const isWeights = ({ origin, method }: SeenRequest) => origin === 'store' && method === 'GET';
const rangesOfWeights = () => hub.server.seen.filter(isWeights).map(({ range }) => range);

/** Sends the first half and breaks the connection. */
function cut(response: ServerResponse): true {
  response.writeHead(200, { 'content-length': WEIGHTS.length });
  response.write(WEIGHTS.subarray(0, HALF), () => setTimeout(() => response.destroy(), 20));
  return true;
}

/** Trouble for the first `times` requests of the weights. */
function first(times: number, trouble: (response: ServerResponse) => true): void {
  let left = times;
  hub.server.trouble = (seen, response) => isWeights(seen) && left-- > 0 && trouble(response);
}

function status(code: number, headers: Record<string, string> = {}): (response: ServerResponse) => true {
  return (response) => {
    response.writeHead(code, headers).end('trouble');
    return true;
  };
}

const isWhole = (directory: string) => readFileSync(join(directory, 'model.safetensors')).equals(WEIGHTS);

/** Puts a partial file there, as an earlier download leaves it. */
function leave(bytes: Buffer, name = `${CHECKSUM}.incomplete`): string {
  mkdirSync(hub.path('blobs'), { recursive: true });
  const path = hub.path('blobs', name);
  writeFileSync(path, bytes);
  utimesSync(path, 1, 1);
  return path;
}

describe('a connection that breaks', () => {
  it('is made again for what is missing', async () => {
    first(1, cut);
    expect(isWhole(await hub.resolve())).toBe(true);
    expect(rangesOfWeights()[0]).toBe(undefined);
    const begin = Number(/^bytes=(\d+)-$/.exec(rangesOfWeights()[1]!)![1]);
    expect(begin).toBeGreaterThan(0);
    expect(begin).toBeLessThanOrEqual(HALF);
    expect(rangesOfWeights().length).toBe(2);
  });

  it('leaves what has come for the next call', async () => {
    first(1, cut);
    const message = await hub.failure(NAME, {}, { ...FAST, attempts: 1 });
    expect(message).toMatch(ONE_SENTENCE);
    expect(message).toContain('HF_ENDPOINT');
    const left = hub.path('blobs', `${CHECKSUM}.incomplete`);
    const { size } = statSync(left);
    expect(size).toBeGreaterThan(0);
    expect(existsSync(hub.path('refs', 'main'))).toBe(false);
    // It does not look like one that is being written: nobody waits for it.
    expect(isWhole(await hub.resolve())).toBe(true);
    expect(rangesOfWeights().at(-1)).toBe(`bytes=${size}-`);
    expect(existsSync(left)).toBe(false);
  });

  it('is given up after some attempts that bring nothing', async () => {
    hub.server.trouble = (seen, response) => {
      if (!isWeights(seen)) return false;
      response.destroy();
      return true;
    };
    expect(await hub.failure()).toMatch(/(?:UND_ERR_SOCKET|ECONNRESET)[^;]* from 127/);
    expect(rangesOfWeights().length).toBe(FAST.attempts);
  });
});

describe('a partial file', () => {
  it('of which all is there is only checked', async () => {
    leave(WEIGHTS);
    expect(isWhole(await hub.resolve())).toBe(true);
    expect(rangesOfWeights()).toEqual([]);
  });

  it('with a name of its own, left by a process that died, is continued', async () => {
    leave(WEIGHTS.subarray(0, 100), `${CHECKSUM}.0123456789abcdef.incomplete`);
    expect(isWhole(await hub.resolve())).toBe(true);
    expect(rangesOfWeights()).toEqual(['bytes=100-']);
    expect(hub.blobs().filter((name) => name.includes('incomplete'))).toEqual([]);
  });

  it('begins again where the server knows no ranges', async () => {
    hub.server.ranges = false;
    leave(WEIGHTS.subarray(0, 100));
    expect(isWhole(await hub.resolve())).toBe(true);
    expect(rangesOfWeights()).toEqual(['bytes=100-']);
  });

  it('begins again where the server sends another range', async () => {
    leave(WEIGHTS.subarray(0, 100));
    first(1, (response) => {
      response.writeHead(206, { 'content-range': `bytes 7-${WEIGHTS.length - 1}/${WEIGHTS.length}` });
      response.end(WEIGHTS.subarray(7));
      return true;
    });
    expect(isWhole(await hub.resolve())).toBe(true);
    expect(rangesOfWeights()).toEqual(['bytes=100-', undefined]);
  });

  it.each([
    ['too long', Buffer.alloc(WEIGHTS.length + 1), [undefined]],
    ['of other bytes', Buffer.alloc(100), ['bytes=100-', undefined]],
    ['whole, of other bytes', Buffer.alloc(WEIGHTS.length), [undefined]],
  ])('that is %s begins again', async (_, bytes, ranges) => {
    leave(bytes);
    expect(isWhole(await hub.resolve())).toBe(true);
    expect(rangesOfWeights()).toEqual(ranges);
  });
});

describe('bytes that are not those of the file', () => {
  it.each(['model.safetensors', 'tokenizer.json', 'modules.json'])(
    'of %s are one error and removed',
    async (file) => {
      hub.server.trouble = (seen, response) => {
        const { origin } = seen;
        if (!seen.path.endsWith(file) || (file === 'model.safetensors' && origin === 'hub')) return false;
        const wrong = Buffer.from(MODEL[file] as string);
        wrong[3]! ^= 1;
        response.end(wrong);
        return true;
      };
      const message = await hub.failure();
      expect(message).toMatch(ONE_SENTENCE);
      expect(message).toContain(`model ${NAME}: ${file}: expected`);
      const checksum = checksumOf({
        bytes: Buffer.from(MODEL[file] as string),
        large: file === 'model.safetensors',
      });
      expect(message).toContain(checksum);
      expect(hub.blobs().filter((name) => name.startsWith(checksum))).toEqual([]);
      expect(existsSync(hub.path('snapshots', COMMIT, file))).toBe(false);
      hub.server.trouble = () => false;
      expect(isWhole(await hub.resolve())).toBe(true);
    },
  );

  it('are not taken when there are too many', async () => {
    first(9, (response) => {
      response.writeHead(200);
      const more = (): void => void (response.destroyed || response.write(WEIGHTS, more));
      more();
      return true;
    });
    expect(await hub.failure()).toContain('but received more than that');
    expect(hub.blobs().filter((name) => name.startsWith(CHECKSUM))).toEqual([]);
  });
});

describe('a server with too much to do', () => {
  it.each([429, 500, 502, 503, 504, 408])('is asked again after %i', async (code) => {
    first(2, status(code));
    expect(isWhole(await hub.resolve())).toBe(true);
    expect(rangesOfWeights().length).toBe(3);
  });

  it.each([400, 403, 410, 501])('is not after %i', async (code) => {
    first(99, status(code));
    expect(await hub.failure()).toContain(`status ${code} from`);
    expect(rangesOfWeights().length).toBe(1);
  });

  it('is asked again when it said', async () => {
    first(1, status(429, { 'retry-after': '1' }));
    const pauses: number[] = [];
    const pause = async (ms: number): Promise<void> => void pauses.push(ms);
    await hub.resolve(NAME, {}, { ...FAST, pause });
    expect(pauses).toEqual([1000]);
    expect(rangesOfWeights().length).toBe(2);
  });

  it.each(['3600', 'Fri, 31 Dec 9999 23:59:59 GMT'])('is not waited for until %s', async (when) => {
    first(99, status(429, { 'retry-after': when }));
    const message = await hub.failure();
    expect(message).toMatch(ONE_SENTENCE);
    expect(message).toContain('status 429');
    expect(rangesOfWeights().length).toBe(1);
  });

  it('that answers nothing, or stops in the middle, is not waited for', async () => {
    first(1, () => true);
    // On a busy machine, answers that do come may be late as well: they are asked for again.
    expect(isWhole(await hub.resolve(NAME, {}, { ...FAST, answerMs: 300, attempts: 1000 }))).toBe(true);
    expect(rangesOfWeights().length).toBeGreaterThan(1);
    const silent = { ...FAST, answerMs: 100, attempts: 2 };
    hub.server.trouble = () => true;
    expect(await hub.failure('org/other', {}, silent)).toContain('nothing for 0.1 s from');
  });

  it('that stops in the middle is asked for the rest', async () => {
    hub.server.trouble = (seen, response) => {
      if (!isWeights(seen) || seen.range !== undefined) return false;
      response.writeHead(200, { 'content-length': WEIGHTS.length });
      response.write(WEIGHTS.subarray(0, 1000));
      return true;
    };
    expect(isWhole(await hub.resolve(NAME, {}, { ...FAST, idleMs: 300, attempts: 1000 }))).toBe(true);
    expect(rangesOfWeights().find((range) => range !== undefined)).toBe('bytes=1000-');
  });
});

describe('an aborted download', () => {
  it('ends at once, and the next call goes on', async () => {
    const controller = new AbortController();
    first(1, (response) => {
      response.writeHead(200, { 'content-length': WEIGHTS.length });
      response.write(WEIGHTS.subarray(0, HALF));
      return true;
    });
    const reason = new Error('enough');
    const onProgress = ({ loaded, file }: { loaded: number; file: string }): void => {
      if (file === 'model.safetensors' && loaded >= HALF) setTimeout(() => controller.abort(reason), 20);
    };
    // Nothing but the signal ends it: it would wait for the rest for longer than any test lasts.
    const patient = { ...FAST, idleMs: 3_600_000 };
    await expect(hub.resolve(NAME, { signal: controller.signal, onProgress }, patient)).rejects.toBe(reason);
    expect(statSync(hub.path('blobs', `${CHECKSUM}.incomplete`)).size).toBe(HALF);
    expect(isWhole(await hub.resolve())).toBe(true);
    expect(rangesOfWeights()).toEqual([undefined, `bytes=${HALF}-`]);
  });

  it('ends while it waits to ask again', async () => {
    first(99, status(503, { 'retry-after': '3600' }));
    const controller = new AbortController();
    const reason = new Error('enough');
    const timing: Timing = {
      ...FAST,
      maxRetryAfterMs: 3_600_000,
      pause: (ms, signal) => {
        setTimeout(() => controller.abort(reason), 20);
        return FAST.pause(ms, signal);
      },
    };
    await expect(hub.resolve(NAME, { signal: controller.signal }, timing)).rejects.toBe(reason);
    expect(rangesOfWeights().length).toBe(1);
  });

  it('that was aborted before makes no request', async () => {
    const reason = new Error('before');
    await expect(hub.resolve(NAME, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(hub.server.seen).toEqual([]);
  });

  it('by what the caller does with its progress rejects with that', async () => {
    const onProgress = (): void => {
      throw new RangeError('mine');
    };
    await expect(hub.resolve(NAME, { onProgress })).rejects.toThrow(new RangeError('mine'));
  });
});

describe('several at once', () => {
  it('fetch everything once', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => hub.resolve()));
    expect(new Set(all).size).toBe(1);
    expect(isWhole(all[0]!)).toBe(true);
    expect(rangesOfWeights().length).toBe(1);
    expect(readdirSync(hub.path('blobs')).filter((name) => name.includes('incomplete'))).toEqual([]);
  });

  it('go on when the first one is aborted', async () => {
    const controller = new AbortController();
    first(1, (response) => {
      response.writeHead(200, { 'content-length': WEIGHTS.length });
      response.write(WEIGHTS.subarray(0, 1000));
      return true;
    });
    const one = hub.resolve(NAME, { signal: controller.signal }).catch((error: unknown) => error);
    while (rangesOfWeights().length === 0) await wait(5);
    const seen: number[] = [];
    const other = hub.resolve(NAME, {
      onProgress: ({ file, loaded }) => void (file === 'model.safetensors' && seen.push(loaded)),
    });
    while (seen.length < 3) await wait(5);
    expect(rangesOfWeights().length).toBe(1);
    controller.abort(new Error('enough'));
    expect(await one).toEqual(new Error('enough'));
    expect(isWhole(await other)).toBe(true);
    expect(rangesOfWeights()).toEqual([undefined, 'bytes=1000-']);
  });

  it('leave a file that another process has taken over meanwhile', async () => {
    let finish = (): void => {};
    first(1, (response) => {
      response.writeHead(200, { 'content-length': WEIGHTS.length });
      response.write(WEIGHTS.subarray(0, HALF));
      finish = () => void response.end(WEIGHTS.subarray(HALF));
      return true;
    });
    // What a beat would notice is noticed without one, too.
    let looks = 0;
    const pause: Timing['pause'] = (ms, signal) => {
      looks++;
      return FAST.pause(ms, signal);
    };
    const mine = hub.resolve(NAME, {}, { ...FAST, beatMs: 100_000, pause });
    const marked = (): string | undefined =>
      existsSync(hub.path('blobs'))
        ? hub
            .blobs()
            .find(
              (name) => name.startsWith(`${CHECKSUM}.`) && statSync(hub.path('blobs', name)).size === HALF,
            )
        : undefined;
    while (marked() === undefined) await wait(5);
    const taken = hub.path('blobs', `${CHECKSUM}.fedcba9876543210.incomplete`);
    renameSync(hub.path('blobs', marked()!), taken);
    finish();
    // As long as the other one gives signs of life, it is waited for.
    while (looks < 5) await wait(5);
    expect(existsSync(taken)).toBe(true);
    expect(existsSync(hub.path('blobs', CHECKSUM))).toBe(false);
    utimesSync(taken, 1, 1);
    expect(isWhole(await mine)).toBe(true);
    expect(existsSync(taken)).toBe(false);
  });
});
