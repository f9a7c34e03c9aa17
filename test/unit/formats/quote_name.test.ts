import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { quoteName } from '../../../lib/formats/quote_name.js';

describe('quoteName', () => {
  it('quotes ordinary names as JSON does', () => {
    expect(quoteName('encoder.layer.0')).toBe('"encoder.layer.0"');
    expect(quoteName('größe "x" \\')).toBe('"größe \\"x\\" \\\\"');
  });

  it('cuts long names', () => {
    expect(quoteName('a'.repeat(80))).toBe(`"${'a'.repeat(80)}"`);
    expect(quoteName('a'.repeat(81))).toBe(`"${'a'.repeat(79)}…"`);
  });

  it('gives printable text that JSON reads back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (name) => {
        const quoted = quoteName(name);
        expect(quoted).not.toMatch(/\p{C}/u);
        expect(JSON.parse(quoted)).toBe(name);
      }),
    );
    expect(quoteName('\u{e0001}\u007f')).toBe('"\\udb40\\udc01\\u007f"');
  });
});
