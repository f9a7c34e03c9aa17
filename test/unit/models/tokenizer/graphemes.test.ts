import { expect, it } from '@jest/globals';
import { GraphemeReader } from '../../../../lib/models/tokenizer/graphemes.js';
import { WorkMeter } from '../../../../lib/models/tokenizer/steps.js';
import { chunksOf } from '../../../support/tokenizers.js';

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });
const TEXTS = [
  `e${'\u0301\u0316'.repeat(400)}xe\u0301`,
  `${'\u{1f469}\u200d'.repeat(200)}\u{1f469}a\u{1f1e9}\u{1f1ea}`,
  `\u{1f469}${'\u0301'.repeat(300)}\u200d\u{1f469}b`,
  `${'\u1100'.repeat(300)}\u1161\u11a8\u1100`,
  '\u{1f1e9}\u{1f1ea}'.repeat(150),
];

it.each(TEXTS)('short clusters beside long ones are those of Intl.Segmenter (%#)', (text) => {
  const expected = Array.from(segmenter.segment(text), ({ segment }) => segment);
  for (const most of [5, 500]) {
    const whole: string[] = [];
    let all = '';
    const reader = new GraphemeReader(new WorkMeter());
    const take = (part: string, isWhole: boolean): void => {
      all += part;
      if (isWhole && part.length <= 32) whole.push(part);
    };
    for (const chunk of chunksOf(text, most, 4)) reader.push(chunk, take);
    reader.end(take);
    expect(all).toBe(text);
    expect(whole).toEqual(expected.filter((cluster) => cluster.length <= 32));
  }
});
