import { describe, expect, it } from '@jest/globals';
import { combiningClass } from '../../../../lib/models/tokenizer/combining_classes.js';
import type { Form } from '../../../../lib/models/tokenizer/mark_run.js';
import { WorkMeter } from '../../../../lib/models/tokenizer/steps.js';
import { DEPENDENT, normalizeForm } from '../../../../lib/models/tokenizer/unicode_forms.js';

const FORMS: readonly Form[] = ['NFC', 'NFD', 'NFKC', 'NFKD'];
const UNITS = [
  '\u0301\u0316',
  '\u0316\u0301\u0345\u0334',
  '\u0344\u0f73\u0f75\u0f81',
  '\u09be\u09d7\u09bc',
  '\u1161\u11a8\u0301',
  '\u3099\u309a\uff9e\uff9f',
  '\u{1d165}\u{1d16e}\u{11127}',
  '\u0e33\u314f\uffc2',
  '\u0302\u0301\u0323\u031b',
];
const BASES = [
  '',
  'x',
  'a',
  '\u1e69',
  '\u1100',
  '\uac00',
  '\u09c7',
  '\u30ab',
  '\u{1d157}',
  '\ufb01',
  '\u0dd9',
];

describe('normalizeForm', () => {
  it.each(FORMS)('gives what normalize gives, %s', (form) => {
    for (const unit of UNITS) {
      for (const base of BASES) {
        for (const length of [3, 20, 140, 1100]) {
          const text = `${base}${unit.repeat(length)}${base}${unit}z`;
          expect({ unit, base, out: normalizeForm(text, form, new WorkMeter()) }).toEqual({
            unit,
            base,
            out: text.normalize(form),
          });
        }
      }
    }
  });

  it.each(FORMS)('takes work by the length, %s', (form) => {
    const work = (length: number): number => {
      const meter = new WorkMeter();
      normalizeForm(`a${'\u0301\u0316\u0345'.repeat(length / 3)}`, form, meter);
      meter.endStep();
      return meter.total;
    };
    expect(work(60_000)).toBeLessThan(2.01 * work(30_000));
    expect(work(60_000)).toBeGreaterThan(60_000);
  });
});

it('before every character that is not dependent, a text may be cut', () => {
  const dependent = new RegExp(`^[${DEPENDENT}]$`, 'u');
  const bases = ['a', '\u1100', '\uac00', '\u09c7', '\u0dd9', '\u{16d63}', '\u30ab', '\u0316'];
  const wrong: string[] = [];
  for (let point = 0; point < 0x30000; point++) {
    if (point >= 0xd800 && point < 0xe000) continue;
    const character = String.fromCodePoint(point);
    if (dependent.test(character)) continue;
    for (const base of bases) {
      const whole = (base + character).normalize('NFKC');
      if (whole !== base.normalize('NFKC') + character.normalize('NFKC')) wrong.push(point.toString(16));
    }
  }
  expect(wrong).toEqual([]);
});

it.each([
  ['a', 0],
  ['\u09be', 0],
  ['\u0334', 1],
  ['\u0338', 1],
  ['\u3099', 4],
  ['\u0316', 46],
  ['\u0317', 46],
  ['\u0301', 51],
  ['\u0300', 51],
  ['\u0345', 55],
])('the combining class of %j has its place', (character, place) => {
  expect(combiningClass(character)).toBe(place);
});
