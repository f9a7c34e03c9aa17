import { describe, expect, it } from '@jest/globals';
import { Throughput } from '../../../lib/server/throughput.js';

describe('Throughput', () => {
  it('is not known before there was work', () => {
    expect(new Throughput().perSecond).toBe(undefined);
  });

  it('counts the time of batches that run beside each other once, and none of the time between', () => {
    const throughput = new Throughput();
    throughput.add(100, 0, 100);
    throughput.add(100, 50, 200);
    throughput.add(100, 100, 300);
    throughput.add(100, 5000, 5100);
    expect(throughput.perSecond).toBeCloseTo(1000, 6);
  });

  it('follows what is seen of late', () => {
    const throughput = new Throughput();
    for (let i = 0; i < 50; i++) throughput.add(100, 100 * i, 100 * (i + 1));
    for (let i = 50; i < 100; i++) throughput.add(10, 100 * i, 100 * (i + 1));
    expect(throughput.perSecond).toBeGreaterThan(100);
    expect(throughput.perSecond).toBeLessThan(110);
  });
});
