/** Work is linear in the length, comes in small steps, and ends where the text is cut off. */
import { describe, expect, it } from '@jest/globals';
import { drain, WorkMeter } from '../../../../lib/models/tokenizer/steps.js';
import { Tokenizer } from '../../../../lib/models/tokenizer/tokenizer.js';
import { goldenTokenizers, tokenizerFile } from '../../../support/tokenizers.js';

const NO_LIMIT = 1e9;
/** Of one step. A character takes up to some hundreds, where a word is cut into its letters. */
const LARGEST = 250_000;
const UNITS = ['a', '\u3000', '\u0301\u0316', '\u{10400}', '\u{1f469}\u200d', '\u6771', '<mask>', ' <mask>'];
const wrapped = (unit: string, length: number): string =>
  `x${unit.repeat(Math.floor(length / unit.length))}x<mask>`;

const all = goldenTokenizers.cases.map((c) => [c.name, tokenizerFile(c)] as const);
const cases = all.map(
  ([name, file]) => [name, Tokenizer.create(file, { maxLength: NO_LIMIT, lowerCase: false })] as const,
);

describe.each(cases)('%s', (_, tokenizer) => {
  const measured = (text: string): { ids: number[]; meter: WorkMeter } => {
    const meter = new WorkMeter();
    return { ids: drain(tokenizer.steps(text, NO_LIMIT, meter)), meter };
  };

  it('takes work by the length, in small steps', () => {
    for (const unit of UNITS) {
      const [half, whole] = [measured(wrapped(unit, 5000)), measured(wrapped(unit, 10_000))];
      expect({ unit, fits: whole.meter.total < 2.2 * half.meter.total }).toEqual({ unit, fits: true });
      expect({ unit, fits: whole.meter.largest < LARGEST }).toEqual({ unit, fits: true });
      expect(whole.meter.total).toBeGreaterThan(10_000);
    }
  });

  it('keeps the end or the beginning of what is too long', () => {
    const { before, after } = tokenizer.template;
    for (const unit of UNITS) {
      const text = wrapped(unit, 3000);
      const { ids } = measured(text);
      const excess = ids.length - 100;
      const left = drain(tokenizer.lastSteps(text, 100));
      const right = drain(tokenizer.steps(text, 100));
      const own = ids.slice(before.length, ids.length - after.length);
      const room = 100 - before.length - after.length;
      expect({ unit, ...left }).toEqual({
        unit,
        ids: [...before, ...own.slice(-room), ...after],
        truncated: excess > 0,
      });
      expect({ unit, right }).toEqual({ unit, right: [...before, ...own.slice(0, room), ...after] });
    }
  });
});

describe('truncation', () => {
  const named = new Map(cases);
  const work = (name: string, text: string, cut: 'left' | 'right'): number => {
    const meter = new WorkMeter();
    const tokenizer = named.get(name)!;
    if (cut === 'left') drain(tokenizer.lastSteps(text, 128, meter));
    else drain(tokenizer.steps(text, 128, meter));
    return meter.total;
  };

  it.each([
    ['roberta', 'a word '],
    ['albert', 'word by word '],
    ['bert_prefixed', '\u6771'],
  ])('at either side stops the work of %s with %j', (name, unit) => {
    const text = unit.repeat(40_000);
    expect(work(name, text, 'left')).toBeLessThan(text.length);
    expect(work(name, text, 'right')).toBeLessThan(text.length);
  });

  it.each([
    ['albert', 'a'],
    ['camembert', '.'],
    ['modernbert', 'a1'],
    ['bpe_expression', 'a1'],
    ['bpe_split_isolated', '.a'],
    ['unigram_one_word', 'a '],
  ])('at the right stops the work of %s within a text that cannot be cut, of %j', (name, unit) => {
    const text = unit.repeat(100_000 / unit.length);
    expect(work(name, text, 'right')).toBeLessThan(text.length);
  });
});
