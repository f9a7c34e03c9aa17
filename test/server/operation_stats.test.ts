/** Live figures over time, and answers of numbers. */
import { describe, expect, it } from '@jest/globals';
import { failureOf } from '../../lib/server/errors.js';
import { JsonWriter, rowsJson } from '../../lib/server/json_writer.js';
import { Stats } from '../../lib/server/stats.js';

describe('Stats', () => {
  it('are those of the last ten whole seconds', () => {
    let now = 5000;
    const stats = new Stats(() => now);
    const second = (requests: number, tokens: number): void => {
      for (let i = 0; i < requests; i++) stats.add(tokens, 5);
      now += 1000;
    };
    for (let i = 0; i < 4; i++) second(20, 3);
    // Younger than the window: over the four seconds that there were.
    expect(stats.read()).toMatchObject({ requestsPerSecond: 20, tokensPerSecond: 60 });
    for (let i = 0; i < 6; i++) second(0, 0);
    expect(stats.read()).toMatchObject({ requestsPerSecond: 8, tokensPerSecond: 24 });
    second(0, 0);
    expect(stats.read().requestsPerSecond).toBe(6);
    // What is counted now is not a whole second yet.
    stats.add(1000, 5);
    expect(stats.read().requestsPerSecond).toBe(6);
    now += 3_600_000;
    expect(stats.read()).toEqual({ requestsPerSecond: 0, tokensPerSecond: 0, p50: null, p99: null });
  });

  it('have quantiles of the last minute', () => {
    let now = 0;
    const stats = new Stats(() => now);
    stats.add(1, 1_000_000);
    now = 70_000;
    for (let ms = 1; ms <= 100; ms++) stats.add(1, ms);
    expect(stats.read()).toMatchObject({ p50: 51, p99: 100 });
    // Sorted as numbers, and no more of them than are kept.
    for (let i = 0; i < 5000; i++) stats.add(1, 9 + (i % 2));
    expect(stats.read()).toMatchObject({ p50: 10, p99: 10 });
  });
});

describe('JsonWriter', () => {
  it('writes numbers that read back as they were', async () => {
    const rows = [
      Float32Array.of(0.1, -0, 1e-20, 3.4028234663852886e38),
      new Float32Array(0),
      Float32Array.of(7),
    ];
    const json = (await rowsJson(rows)).toString();
    expect((JSON.parse(json) as number[][]).map((row) => Float32Array.from(row))).toEqual(rows);
    const long = new Float32Array(100_000).fill(-1.2345678e-30);
    expect(JSON.parse((await rowsJson([long, long])).toString())[1].length).toBe(100_000);
    expect(new JsonWriter().text('"é\u2028"').end().toString()).toBe('"é\u2028"');
  });

  it('refuses what JSON has no number for', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      let error: unknown;
      try {
        new JsonWriter().numbers(Float32Array.of(1, value));
      } catch (caught) {
        error = caught;
      }
      expect(failureOf(error)).toMatchObject({ kind: 'backend' });
    }
  });
});

it('errors that are nobody’s purpose are not shown', () => {
  expect(failureOf(new TypeError('secret of the server'))).toMatchObject({
    kind: 'internal',
    message: 'the server failed; its log has the reason under the id of the request',
  });
  expect(failureOf(undefined).kind).toBe('internal');
});
