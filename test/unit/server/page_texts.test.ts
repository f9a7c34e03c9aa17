/** What the playground computes in the browser. */
import { describe, expect, it } from '@jest/globals';
import { capital, shortened } from '../../../lib/server/page/browser/text.js';
import { cosine, unitVector } from '../../../lib/server/page/browser/vectors.js';

const base64 = (...numbers: number[]) => {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [i, number] of numbers.entries()) bytes.writeFloatLE(number, 4 * i);
  return bytes.toString('base64');
};

describe('vectors', () => {
  it('have length 1, or 0 where all numbers are 0', () => {
    expect([...unitVector(base64(3, -4))]).toEqual([0.6, -0.8]);
    expect([...unitVector(base64(0, 0))]).toEqual([0, 0]);
  });

  it('have a cosine from -1 to 1', () => {
    const vector = unitVector(base64(1, 2, 3, 4, 5, 6, 7));
    expect(cosine(vector, vector)).toBeCloseTo(1, 12);
    expect(cosine(Float64Array.of(1.0000001), Float64Array.of(1.0000001))).toBe(1);
    expect(cosine(Float64Array.of(1.0000001), Float64Array.of(-1.0000001))).toBe(-1);
    expect(cosine(unitVector(base64(1, 0)), unitVector(base64(0, 2)))).toBe(0);
  });
});

describe('texts', () => {
  it('are shortened between characters', () => {
    expect(shortened('x'.repeat(140))).toBe('x'.repeat(140));
    expect(shortened('x'.repeat(141))).toBe(`${'x'.repeat(140)}…`);
    expect(shortened('😀'.repeat(140))).toBe('😀'.repeat(140));
    expect(shortened('😀'.repeat(100_000))).toBe(`${'😀'.repeat(140)}…`);
  });

  it('begin with a capital in a sentence of their own', () => {
    expect([capital('the server'), capital('')]).toEqual(['The server', '']);
  });
});
