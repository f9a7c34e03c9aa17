import { describe, expect, it } from '@jest/globals';
import { visibleLine, visibleText, visibleToken } from '../../../lib/explain/visible_text.js';

describe('visible text', () => {
  it.each<[string, string, string]>([
    ['controls', 'a\0b\x1b[31m\x7f', 'a␀b␛[31m␡'],
    ['line breaks in a token', '\r\n\t', '␍␊␉'],
    ['later controls', '\x85\x9b', '‹U+0085›‹U+009B›'],
    ['directions', '\u202eabc\u2066\u200f', '‹U+202E›abc‹U+2066›‹U+200F›'],
    ['line separators', '\u2028\u2029', '‹U+2028›‹U+2029›'],
    ['soft hyphens and byte order marks', '\xad\ufeff', '‹U+00AD›‹U+FEFF›'],
    ['characters beyond 16 bits', '\u{e0001}', '‹U+E0001›'],
    ['half characters', 'a\ud800b\udc00', 'a\ufffdb\ufffd'],
    ['stacked marks', `o${'\u0301'.repeat(60)}k`, `o${'\u0301'.repeat(8)}k`],
  ])('shows %s', (_, text, shown) => {
    expect(visibleText(text)).toBe(shown);
    expect(visibleToken(text)).toBe(shown);
  });

  it.each(['word', '##ing', 'Ġthe', '▁the', '👩🏽‍🚀', 'می‌خواهم', 'שלום', '</script>', '"&\'', ''])(
    'leaves %j alone',
    (text) => {
      expect(visibleToken(text)).toBe(text);
      expect(visibleLine(text)).toBe(text);
    },
  );

  it('shows blanks at the ends of a token', () => {
    expect(visibleToken('  a b ')).toBe('␣␣a b␣');
    expect(visibleToken(' ')).toBe('␣');
    expect(visibleLine(' a ')).toBe(' a ');
  });

  it('keeps running text on its lines', () => {
    expect(visibleLine('a\r\n\tb\0')).toBe('a b␀');
  });

  it('cuts long tokens between code points', () => {
    expect(visibleToken('x'.repeat(200))).toBe('x'.repeat(200));
    expect(visibleToken('x'.repeat(201))).toBe(`${'x'.repeat(200)}…`);
    expect(visibleToken('😀'.repeat(200))).toBe('😀'.repeat(200));
    expect(visibleToken(`${'😀'.repeat(199)}x😀😀`)).toBe(`${'😀'.repeat(199)}x…`);
    expect(visibleToken('\u202e'.repeat(10_000_000)).length).toBeLessThan(2000);
  });
});
