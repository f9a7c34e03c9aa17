import { describe, expect, it } from '@jest/globals';
import { Turns } from '../../../lib/server/turns.js';

/** Steps of some milliseconds each, which note their name. */
function* steps(name: string, count: number, ms: number, log: string[]): Generator<void, string, void> {
  for (let i = 0; i < count; i++) {
    const end = performance.now() + ms;
    while (performance.now() < end);
    log.push(name);
    yield;
  }
  return name;
}

describe('Turns', () => {
  it('does what is short at once', async () => {
    const turns = new Turns();
    const log: string[] = [];
    let waited = false;
    setImmediate(() => {
      waited = true;
    });
    expect(await turns.run(steps('a', 5, 0, log))).toBe('a');
    expect([log.length, waited]).toEqual([5, false]);
  });

  it.each([false, true])(
    'gives the event loop its turn, other threads being busy or not: %s',
    async (busy) => {
      const turns = new Turns(() => busy);
      let turn = 0;
      let done = false;
      const loop = (): void => {
        turn++;
        if (!done) setImmediate(loop);
      };
      setImmediate(loop);
      const seen: number[] = [];
      const log = { push: () => seen.push(turn) } as unknown as string[];
      await turns.run(steps('a', 12, 1.1, log));
      done = true;
      const most = Math.max(...seen.map((t) => seen.filter((other) => other === t).length));
      expect(most).toBeLessThanOrEqual(2);
    },
  );

  it('has all who come take turns, one step each', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const all = ['a', 'b', 'c'].map((name) => turns.run(steps(name, 6, 1.1, log)));
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c']);
    // The first had the first turn for itself, one step or two.
    const shared = log.slice(log.indexOf('b') - 1);
    for (let i = 0; i < 12; i += 3) expect(shared.slice(i, i + 3)).toEqual(['a', 'b', 'c']);
  });

  it('counts the work of many callers together', async () => {
    const turns = new Turns();
    const log: string[] = [];
    setImmediate(() => log.push('loop'));
    await Promise.all(Array.from({ length: 20 }, (_, i) => turns.run(steps(`${i}`, 1, 1.1, log))));
    expect(log.indexOf('loop')).toBeLessThanOrEqual(4);
  });

  it('lets a failure and an abort be those of their caller alone', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const controller = new AbortController();
    // biome-ignore lint/correctness/useYield: it fails before.
    function* failing(): Generator<void, never, void> {
      throw new Error('in a step');
    }
    const all = [
      turns.run(steps('a', 6, 1.1, log)),
      turns.run(steps('b', 6, 1.1, log), controller.signal),
      turns.run(failing()),
      turns.run(steps('c', 6, 1.1, log), AbortSignal.abort('before')),
    ];
    setTimeout(() => controller.abort('meanwhile'), 3);
    const ends = await Promise.allSettled(all);
    expect(ends).toEqual([
      { status: 'fulfilled', value: 'a' },
      { status: 'rejected', reason: 'meanwhile' },
      { status: 'rejected', reason: new Error('in a step') },
      { status: 'rejected', reason: 'before' },
    ]);
    expect(log).not.toContain('c');
    expect(log.filter((name) => name === 'b').length).toBeLessThan(6);
    expect(await turns.run(steps('d', 1, 0, log))).toBe('d');
  });
});
