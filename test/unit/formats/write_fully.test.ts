import { describe, expect, it } from '@jest/globals';
import { writeFully } from '../../../lib/formats/write_fully.js';

describe('writeFully', () => {
  it('goes on after a short write', async () => {
    const calls: number[][] = [];
    await writeFully(10, async (offset, length) => {
      calls.push([offset, length]);
      return Math.min(length, 4);
    });
    expect(calls).toEqual([
      [0, 10],
      [4, 6],
      [8, 2],
    ]);
  });

  it('never asks for 2 GiB at once', async () => {
    const lengths: number[] = [];
    await writeFully(2.5 * 2 ** 30, async (_, length) => {
      lengths.push(length);
      return length;
    });
    expect(lengths).toEqual([2 ** 30, 2 ** 30, 2 ** 29]);
  });

  it('waits for the reader of a full non-blocking pipe', async () => {
    let calls = 0;
    await writeFully(1, async () => {
      if (++calls < 3) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
      return 1;
    });
    expect(calls).toBe(3);
  });

  it('passes other errors on and does not spin on writes of nothing', async () => {
    const broken = Object.assign(new Error('gone'), { code: 'EPIPE' });
    await expect(writeFully(1, () => Promise.reject(broken))).rejects.toBe(broken);
    await expect(writeFully(1, async () => 0)).rejects.toThrow('no progress');
    await writeFully(0, () => Promise.reject(broken));
  });
});
