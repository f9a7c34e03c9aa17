/** Where tokens stand in their text. */
import { describe, expect, it } from '@jest/globals';
import { Encoder } from '../../lib/models/encoder.js';
import { drain } from '../../lib/models/tokenizer/steps.js';
import { tokenSpans } from '../../lib/server/token_spans.js';
import { goldenPath } from '../support/golden.js';

function shown(text: string, names: readonly string[]): (string | undefined)[] {
  const characters = [...text];
  const spans = drain(tokenSpans(text, names));
  return spans.map((span) => span && characters.slice(span.start, span.stop).join(''));
}

describe('tokens of words', () => {
  it.each([
    ['Naïve CAFÉS', ['naive', 'cafe', '##s'], ['Naïve', 'CAFÉ', 'S']],
    ['a\u0301b', ['ab'], ['a\u0301b']],
    ['ﬁne ½', ['fine', '1', '##⁄', '##2'], ['ﬁne', '½', '½', '½']],
    ['\t x\u0000 y', ['x', 'y'], ['x', 'y']],
    ['你好!', ['你', '[UNK]', '!'], ['你', '好', '!']],
    ['qqq-z', ['[UNK]', '-', 'z'], ['qqq', '-', 'z']],
    ['a b', ['a', 'b', 'c'], ['a', 'b', undefined]],
    ['one lost two', ['one', 'two'], ['one', 'two']],
    ['', ['a'], [undefined]],
    ['Hello world', ['▁Hello', '▁wor', 'ld'], ['Hello', 'wor', 'ld']],
    ['x', ['▁', 'x'], [undefined, 'x']],
  ])('%j', (text, names, expected) => {
    expect(shown(text, names)).toEqual(expected);
  });
});

describe('tokens of bytes', () => {
  it.each([
    ['Hello world', ['Hello', 'Ġworld'], ['Hello', ' world']],
    ['Hello world', ['ĠHello', 'Ġworld'], ['Hello', ' world']],
    ['é 🙂', ['Ã©', 'Ġ', 'ðŁ', 'ĻĤ'], ['é', ' ', '🙂', '🙂']],
    ['é', ['Ã', '©'], ['é', 'é']],
    ['a-b', ['a', '-', 'b'], ['a', '-', 'b']],
  ])('%j', (text, names, expected) => {
    expect(shown(text, names)).toEqual(expected);
  });
});

it('a long text is gone through in steps', () => {
  const words = Array.from({ length: 5000 }, () => 'río');
  const steps = (names: readonly string[]): number => {
    let count = 0;
    for (const _ of { [Symbol.iterator]: () => tokenSpans(words.join(' '), names) }) count++;
    return count;
  };
  // Characters and tokens of words; and then those of bytes, when words are not found.
  expect(steps(words)).toBeGreaterThanOrEqual((5000 * 4 + 5000) / 1024 - 2);
  expect(steps(words.map(() => 'x'))).toBeGreaterThanOrEqual((2 * (5000 * 4 + 5000)) / 1024 - 4);
});

it.each([
  'tiny_bert',
  'encoders/roberta',
  'encoders/xlm_roberta',
  'encoders/modernbert',
  'encoders/albert',
  'encoders/mpnet',
])('every token of %s is found, in order', async (name) => {
  const encoder = await Encoder.load(goldenPath(name));
  const text = 'The river and the stone, walking  by the house: attention is all you read!';
  const { before, after } = encoder.specialTokens;
  const [ids] = encoder.tokenize([text]);
  const names = encoder.tokens(ids!.slice(before.length, ids!.length - after.length));
  let end = 0;
  let covered = 0;
  for (const [i, span] of drain(tokenSpans(text, names)).entries()) {
    // A space alone is a token that the text shows nothing of.
    if (span === undefined) expect(names[i]).toMatch(/^[\u2581\u0120]+$/);
    else {
      expect(span.start).toBeGreaterThanOrEqual(end);
      covered += span.stop - span.start;
      end = span.stop;
    }
  }
  expect(covered).toBeGreaterThanOrEqual(text.replace(/\s/g, '').length);
  encoder.dispose();
});
