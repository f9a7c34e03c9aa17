/** The batcher with a model that is a function, and a clock that the test turns. */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { Batcher, type BatcherOptions } from '../../../lib/server/batcher.js';
import { BackendError, ClosedError, OverloadedError } from '../../../lib/server/failures.js';

/** Sequence of `length` tokens that all are `id`; its row is the id. */
const sequence = (id: number, length: number) => new Int32Array(length).fill(id);

interface Running {
  ids: number[];
  tokens: number;
  key: string;
  end: () => void;
  fail: (reason: unknown) => void;
}

/** Batches wait in `running` until the test ends them. */
function harness(options: Partial<BatcherOptions<number>> = {}) {
  const running: Running[] = [];
  const clock = { ms: 0 };
  const run = (sequences: readonly Int32Array[], key: string): Promise<number[]> =>
    new Promise((resolve, reject) => {
      const ids = sequences.map(([id]) => id!);
      const tokens = sequences.reduce((sum, { length }) => sum + length, 0);
      running.push({ ids, tokens, key, end: () => resolve(ids), fail: reject });
    });
  const batcher = new Batcher<number>({ run, now: () => clock.ms, ...options });
  return { batcher, running, clock };
}

/** The batches that are due have started, rows that are due are out. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 2));

describe('Batcher', () => {
  it('takes requests together that come together, and gives each its rows in order', async () => {
    const { batcher, running } = harness();
    const all = [1, 2, 3].map((i) => batcher.submit([sequence(10 * i, 3), sequence(10 * i + 1, 5)]));
    await settled();
    expect(running.map(({ ids }) => [...ids].sort())).toEqual([[10, 11, 20, 21, 30, 31]]);
    running[0]!.end();
    expect((await Promise.all(all)).map(({ rows }) => rows)).toEqual([
      [10, 11],
      [20, 21],
      [30, 31],
    ]);
  });

  it('runs two batches at a time, without waiting for more to come', async () => {
    const { batcher, running } = harness();
    const all: Promise<unknown>[] = [];
    for (const id of [1, 2, 3, 4]) {
      all.push(batcher.submit([sequence(id, 1)]));
      await settled();
    }
    expect(running.map(({ ids }) => ids)).toEqual([[1], [2]]);
    running[1]!.end();
    await settled();
    expect(running.map(({ ids }) => ids)).toEqual([[1], [2], [3, 4]]);
    running[0]!.end();
    running[2]!.end();
    await Promise.all(all);
  });

  it('gives a sequence above the limit a batch of its own', async () => {
    const { batcher, running } = harness({ maxBatchTokens: 10 });
    const all = [3, 11, 4, 5].map((length) => batcher.submit([sequence(length, length)]));
    for (let i = 0; i < 4; i++) {
      await settled();
      running[i]?.end();
    }
    await Promise.all(all);
    expect(running.map(({ ids }) => ids)).toEqual([[3], [11], [4, 5]]);
  });

  it('has requests of different keys in different batches', async () => {
    const { batcher, running } = harness();
    const all = ['a', 'b', 'a'].map((key, i) => batcher.submit([sequence(i, 1)], { key }));
    await settled();
    expect(running.map(({ key, ids }) => [key, ids])).toEqual([
      ['a', [0, 2]],
      ['b', [1]],
    ]);
    for (const { end } of running) end();
    await Promise.all(all);
  });

  it('lets a short request pass by a long one', async () => {
    const { batcher, running } = harness({ maxBatchTokens: 100 });
    const long = batcher.submit(Array.from({ length: 100 }, () => sequence(1, 10)));
    await settled();
    const short = batcher.submit([sequence(2, 10)]);
    await settled();
    running[0]!.end();
    await settled();
    expect(running[2]!.ids).toContain(2);
    running[2]!.end();
    await short;
    for (let i = 1; i < running.length || batcher.state.requests > 0; i++) {
      running[i]?.end();
      await settled();
    }
    expect((await long).rows).toHaveLength(100);
  });

  it('gives the oldest request a quarter, however many short ones come', async () => {
    const { batcher, running } = harness({ maxBatchTokens: 40 });
    const long = batcher.submit(Array.from({ length: 20 }, () => sequence(1, 10)));
    const all: Promise<unknown>[] = [long];
    let tokens = 0;
    const done = long.then(() => true);
    const open = Symbol('open');
    for (let i = 0; (await Promise.race([done, Promise.resolve(open)])) === open; i++) {
      for (let j = 0; j < 6; j++) all.push(batcher.submit([sequence(2, 10)]));
      await settled();
      tokens += running[i]!.tokens;
      running[i]!.end();
      await settled();
      expect(tokens).toBeLessThan(4 * 200 + 3 * 40);
    }
    expect(tokens).toBeGreaterThan(3 * 200);
    for (let i = 0; batcher.state.requests > 0; i++) {
      running[i]?.end();
      if (i >= running.length - 2) await settled();
    }
    await Promise.all(all);
  });

  it('shares evenly from when the younger of two long ones came', async () => {
    const { batcher, running } = harness({ maxBatchTokens: 40 });
    const long = (id: number) => batcher.submit(Array.from({ length: 80 }, () => sequence(id, 10)));
    const count = (id: number) => running.flatMap(({ ids }) => ids).filter((other) => other === id).length;
    const all = [long(1)];
    let i = 0;
    while (count(1) < 40) {
      await settled();
      running[i++]!.end();
    }
    await settled();
    all.push(long(2));
    const before = count(1);
    while (count(2) < 30) {
      running[i++]!.end();
      await settled();
    }
    expect(count(1) - before).toBeGreaterThan(26);
    while (batcher.state.requests > 0) {
      running[i++]!.end();
      await settled();
    }
    await Promise.all(all);
  });

  it('holds batches to the time they may take, by the speed it sees', async () => {
    const { batcher, running, clock } = harness({ maxBatchMs: 100 });
    const all = Promise.all(Array.from({ length: 40 }, () => batcher.submit([sequence(1, 1000)])));
    await settled();
    expect(running.map(({ tokens }) => tokens)).toEqual([4000, 4000]);
    clock.ms += 200;
    running[0]!.end();
    await settled();
    // 20,000 tokens a second.
    expect(running[2]!.tokens).toBe(2000);
    expect(batcher.state.tokensPerSecond).toBe(20000);
    clock.ms += 4000;
    running[1]!.end();
    await settled();
    // So slow that 100 ms would not do a batch's least.
    expect(running[3]!.tokens).toBe(1000);
    for (let i = 2; batcher.state.requests > 0; i++) {
      running[i]?.end();
      await settled();
    }
    await all;
  });

  it('admits a request whole or not at all', async () => {
    const { batcher, running } = harness({ maxQueueTokens: 100, maxBatchTokens: 10 });
    const first = batcher.submit(Array.from({ length: 9 }, () => sequence(1, 10)));
    const refused = batcher.submit([sequence(2, 5), sequence(2, 6)]);
    await expect(refused).rejects.toThrow(
      new OverloadedError('server: expected at most 100 tokens that wait but received 101', 1),
    );
    await expect(refused).rejects.toMatchObject({ code: 'ERR_OVERLOADED', retryAfter: 1 });
    expect(batcher.state).toMatchObject({ requests: 1, queueTokens: 90 });
    const fits = batcher.submit([sequence(3, 5), sequence(3, 5)]);
    expect(() => batcher.enter()).toThrow(OverloadedError);
    for (let i = 0; batcher.state.requests > 0; i++) {
      await settled();
      running[i]?.end();
    }
    expect((await first).rows).toHaveLength(9);
    expect((await fits).rows).toEqual([3, 3]);
    expect(running.flatMap(({ ids }) => ids)).not.toContain(2);
  });

  it('takes what is larger than the queue only when nothing waits', async () => {
    const { batcher, running } = harness({ maxQueueTokens: 10 });
    const large = batcher.submit([sequence(1, 11)]);
    await expect(batcher.submit([sequence(2, 1)])).rejects.toThrow(OverloadedError);
    await settled();
    running[0]!.end();
    await large;
  });

  it('refuses more requests than it has places for, and counts those that are not in the queue yet', async () => {
    const { batcher, running } = harness({ maxConcurrentRequests: 2 });
    const place = batcher.enter();
    const first = batcher.submit([sequence(1, 1)]);
    await expect(batcher.submit([sequence(2, 1)])).rejects.toThrow(
      'server: expected at most 2 requests at a time but received one more',
    );
    place.release();
    place.release();
    expect(batcher.state.requests).toBe(1);
    const second = batcher.submit([sequence(3, 1)]);
    await settled();
    running[0]!.end();
    await Promise.all([first, second]);
    expect(batcher.state.requests).toBe(0);
  });

  it('estimates when there is room by the speed it has seen', async () => {
    const { batcher, running, clock } = harness({ maxConcurrentRequests: 2 });
    const all = [batcher.submit([sequence(1, 1000)])];
    await settled();
    clock.ms += 1000;
    running[0]!.end();
    await settled();
    all.push(batcher.submit([sequence(1, 4500)]), batcher.submit([sequence(1, 3000)]));
    await expect(batcher.submit([sequence(2, 1)])).rejects.toMatchObject({ retryAfter: 8 });
    await settled();
    await expect(batcher.submit([sequence(2, 1)])).rejects.toMatchObject({ retryAfter: 8 });
    for (const { end } of running) end();
    await Promise.all(all);
  });

  it('drops what has not started when a request is aborted, and frees its place at once', async () => {
    const { batcher, running } = harness({ maxBatchTokens: 10, maxConcurrentRequests: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const gone = batcher.submit(
      Array.from({ length: 5 }, () => sequence(1, 10)),
      { signal },
    );
    await settled();
    controller.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    expect(batcher.state).toMatchObject({ requests: 0, queueTokens: 0, runningTokens: 20 });
    const next = batcher.submit([sequence(2, 1)]);
    for (const { end } of running) end();
    await settled();
    expect(running.map(({ ids }) => ids)).toEqual([[1], [1], [2]]);
    running[2]!.end();
    expect((await next).rows).toEqual([2]);
    expect(batcher.state).toMatchObject({ requests: 0, queueTokens: 0, runningTokens: 0, batches: 0 });
  });

  it('takes nothing from a signal that is aborted, and leaves nothing at one that is not', async () => {
    const { batcher, running } = harness();
    const reason = new Error('before');
    await expect(batcher.submit([sequence(1, 1)], { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const { signal } = new AbortController();
    const done = batcher.submit([sequence(2, 1)], { signal });
    await settled();
    expect(running.map(({ ids }) => ids)).toEqual([[2]]);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    running[0]!.end();
    await done;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('fails the requests of a batch that failed, and no others', async () => {
    const { batcher, running } = harness({ maxBatchTokens: 20 });
    const reports: unknown[] = [];
    const whole = batcher.submit([sequence(1, 10)]);
    const half = batcher.submit([sequence(2, 10), sequence(2, 10), sequence(2, 10)]);
    const other = batcher.submit([sequence(3, 10)]);
    for (const request of [whole, half, other]) request.catch((error) => reports.push(error));
    await settled();
    expect(running.map(({ ids }) => ids)).toEqual([
      [1, 2],
      [3, 2],
    ]);
    const cause = new Error('no memory');
    running[0]!.fail(cause);
    await settled();
    expect(reports).toHaveLength(2);
    await expect(whole).rejects.toThrow('no memory');
    await expect(half).rejects.toMatchObject({ code: 'ERR_BACKEND', cause });
    running[1]!.end();
    expect((await other).rows).toEqual([3]);
    await settled();
    expect(running).toHaveLength(2);
    expect(batcher.state).toMatchObject({ requests: 0, queueTokens: 0, runningTokens: 0, batches: 0 });
  });

  it.each([
    [
      'throws at once',
      () => {
        throw new Error('at once');
      },
      'at once',
    ],
    ['rejects with what is no error', () => Promise.reject('text'), '"text"'],
    ['gives too few rows', async () => [], 'rows: expected 1 but received 0'],
    ['gives nothing', async () => undefined as never, 'undefined'],
  ])('survives a model that %s', async (_, run, message) => {
    const { batcher } = harness({ run });
    for (let i = 0; i < 3; i++) {
      const request = batcher.submit([sequence(1, 1)]);
      await expect(request).rejects.toThrow(BackendError);
      await expect(request).rejects.toThrow(message);
    }
    expect(batcher.state).toMatchObject({ requests: 0, batches: 0 });
  });

  it('tells how long a request waited and ran', async () => {
    const { batcher, running, clock } = harness({ maxBatchTokens: 10 });
    const blockers = [batcher.submit([sequence(1, 10)]), batcher.submit([sequence(1, 10)])];
    await settled();
    const request = batcher.submit([sequence(2, 10), sequence(2, 10)]);
    clock.ms = 30;
    running[0]!.end();
    await settled();
    clock.ms = 50;
    running[1]!.end();
    await settled();
    clock.ms = 100;
    running[2]!.end();
    running[3]!.end();
    expect((await request).timings).toEqual({ queueMs: 30, inferenceMs: 70 });
    await Promise.all(blockers);
  });

  it('has nothing to do for a request without sequences, and a row for one without tokens', async () => {
    const { batcher, running } = harness();
    expect(await batcher.submit([])).toEqual({ rows: [], timings: { queueMs: 0, inferenceMs: 0 } });
    const empty = batcher.submit([new Int32Array(0)]);
    await settled();
    running[0]!.end();
    expect((await empty).rows).toHaveLength(1);
  });

  it('takes nothing after close, ends what it has, and tells when', async () => {
    const { batcher, running } = harness();
    await batcher.drain();
    const request = batcher.submit([sequence(1, 1)]);
    batcher.close();
    await expect(batcher.submit([sequence(2, 1)])).rejects.toThrow(ClosedError);
    let drained = false;
    const end = batcher.drain().then(() => {
      drained = true;
    });
    await settled();
    expect(drained).toBe(false);
    running[0]!.end();
    expect((await request).rows).toEqual([1]);
    await end;
  });
});
