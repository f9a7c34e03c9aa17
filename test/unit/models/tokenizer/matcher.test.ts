import { describe, expect, it } from '@jest/globals';
import { BYTE_LEVEL_WORDS } from '../../../../lib/models/tokenizer/byte_level.js';
import { matching } from '../../../../lib/models/tokenizer/matcher.js';
import { WorkMeter } from '../../../../lib/models/tokenizer/steps.js';
import { chunksOf } from '../../../support/tokenizers.js';

/** Matches behind +, what lies between behind -. */
function expected(text: string, expression: RegExp): string[] {
  const parts: string[] = [];
  let done = 0;
  for (const found of text.matchAll(expression)) {
    if (found[0] === '') continue;
    if (found.index > done) parts.push(`-${text.slice(done, found.index)}`);
    parts.push(`+${found[0]}`);
    done = found.index + found[0].length;
  }
  if (done < text.length) parts.push(`-${text.slice(done)}`);
  return parts;
}

function received(chunks: readonly string[], expression: RegExp, meter = new WorkMeter()): string[] {
  const parts: string[] = [];
  const matcher = matching(expression)((text, match, begins) => {
    const sign = match ? '+' : '-';
    if (begins) parts.push(sign + text);
    else if (parts.at(-1)?.startsWith(sign)) parts[parts.length - 1] += text;
    else parts.push(`goes on as ${sign}`);
  }, meter);
  for (const chunk of chunks) matcher.push(chunk);
  while (matcher.end());
  meter.endStep();
  return parts;
}

const EXPRESSIONS = [
  BYTE_LEVEL_WORDS,
  /[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+/gu,
  /a(?:b|bc)c?/gu,
  /(?:ab)*a|b/gu,
  /a{2,4}?b*/gu,
  /(a|ab)(c|bcd)d*/gu,
  /a(?=b)|b+?c/gu,
  /[ab]*?c/gu,
  /(?<=a)b/gu,
  /(?!ab)a/gu,
  // Biome writes literals, whose flag v the compiler refuses.
  new RegExp(['[[a-c]--[b]]+', '\\u{1f600}'].join('|'), 'gv'),
];
const TEXTS = [
  'abcabca abcd aabbcc',
  "it's  12345 \n\n x",
  '\u{1f600}ab\u{1f600}',
  'aaaaabbbbbccccc',
  'zzz',
  '',
];

describe('matches of a text in chunks', () => {
  it.each(EXPRESSIONS)('%s', (expression) => {
    for (const text of TEXTS) {
      for (const most of [1, 3, 100]) {
        expect({ text, parts: received(chunksOf(text, most, 1), expression) }).toEqual({
          text,
          parts: expected(text, expression),
        });
      }
    }
  });

  it('are the same for random expressions', () => {
    let state = 20;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % below;
    };
    const source = (depth: number): string => {
      const kind = random(depth > 0 ? 7 : 3);
      if (kind < 2) return 'abc'[random(3)]!;
      if (kind === 2) return '[ab]';
      if (kind === 3) return `(?:${source(depth - 1)}|${source(depth - 1)})`;
      if (kind === 4) return source(depth - 1) + source(depth - 1);
      if (kind === 5) return source(depth - 1) + ['(?!a)', '(?=b)'][random(2)];
      // No empty matches, of which the library has a rule of its own (expressions.test.ts).
      const body = `(?:${'abc'[random(3)]}${source(depth - 1)})`;
      return `${body}${['*', '+', '?', '{1,2}', '*?', '+?', '??'][random(7)]}${'abc'[random(3)]}`;
    };
    for (let i = 0; i < 3000; i++) {
      const expression = new RegExp(source(3), 'gu');
      const text = Array.from({ length: random(16) }, () => 'abcd'[random(4)]).join('');
      const parts = received(chunksOf(text, 3, i), expression);
      expect({ expression, text, parts }).toEqual({ expression, text, parts: expected(text, expression) });
    }
  });

  it('take no backtracking', () => {
    const work = (length: number): number => {
      const meter = new WorkMeter();
      const text = `${'a'.repeat(length)}c`;
      expect(received([text], /(?:a+)+b|a+c/gu, meter)).toEqual([`+${text}`]);
      return meter.total;
    };
    expect(work(40_000)).toBeLessThan(2.5 * work(20_000));
  });
});
