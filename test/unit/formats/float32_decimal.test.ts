import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_DECIMAL_BYTES, putDecimal } from '../../../lib/formats/float32_decimal.js';

function float32ToDecimal(x: number): string {
  const bytes = new Uint8Array(40).fill(0x21);
  const end = putDecimal(x, bytes, 3);
  const text = Buffer.from(bytes).toString('latin1');
  // Nothing before the offset or after the end is touched. One check for both, as thousands of numbers come here.
  const untouched = text.slice(0, 3) + text.slice(end) === '!'.repeat(40 - (end - 3));
  if (!untouched || end - 3 > MAX_DECIMAL_BYTES) expect({ x, text, end }).toBe('within its bytes');
  return text.slice(3, end);
}

/** The rounded decimal with the fewest digits, by its definition. */
function byDefinition(x: number): string {
  for (let digits = 1; ; digits++) {
    const decimal = Number(x.toPrecision(digits));
    if (Math.fround(decimal) === x) {
      if (Object.is(x, -0)) return '-0';
      return String(decimal);
    }
  }
}

const fromBits = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer)[0]!;

describe('putDecimal', () => {
  it.each([
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [-1.5, '-1.5'],
    [Math.fround(0.1), '0.1'],
    [Math.fround(-0.047213), '-0.047213'],
    [Math.fround(1 / 3), '0.33333334'],
    [16_777_216, '16777216'],
    [Math.fround(3.4028234663852886e38), '3.4028235e+38'],
    [2 ** -149, '1e-45'],
    [Math.fround(1e-7), '1e-7'],
    [20_000, '20000'],
    [-1234.5, '-1234.5'],
    [999_999.94, '999999.94'],
    [-(2 ** 69), '-590295800000000000000'],
  ])('writes %d as %s', (x, text) => {
    expect(float32ToDecimal(x)).toBe(text);
  });

  it('is the shortest that reads back, for every exponent', () => {
    for (let exponent = 0; exponent < 255; exponent++) {
      for (const fraction of [0, 1, 2, 0x2aaaaa, 0x400000, 0x7ffffe, 0x7fffff]) {
        const x = fromBits(exponent * 2 ** 23 + fraction);
        expect(float32ToDecimal(x)).toBe(byDefinition(x));
      }
    }
  });

  it('is the shortest that reads back, near powers of ten', () => {
    for (let k = -15; k < 9; k++) {
      const bits = new Uint32Array(Float32Array.of(10 ** k).buffer)[0]!;
      for (let step = -20; step <= 20; step++) {
        const x = fromBits(bits + step);
        expect(float32ToDecimal(x)).toBe(byDefinition(x));
      }
    }
  });

  it('is the shortest that reads back, at random', () => {
    const any = fc.integer({ min: 0, max: 0xffffffff }).map(fromBits).filter(Number.isFinite);
    const usual = fc.double({ min: -1, max: 1, noNaN: true }).map(Math.fround);
    const decimal = fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.integer({ min: 0, max: 9 }));
    const short = decimal.map(([n, k]) => Math.fround(n / 10 ** k));
    fc.assert(
      fc.property(fc.oneof(any, usual, short), (x) => {
        const text = float32ToDecimal(x);
        expect(Math.fround(JSON.parse(text) as number)).toBe(x);
        expect(text).toBe(byDefinition(x));
      }),
      { numRuns: 5_000 },
    );
  });
});
