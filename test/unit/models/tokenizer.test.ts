/** Ids of every family of tokenizers, and of every part of tokenizer.json, against the Rust library. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ModelError } from '../../../lib/errors.js';
import { JsonObject } from '../../../lib/models/directory/json_file.js';
import { type Cut, pieceEnd } from '../../../lib/models/tokenizer/pieces.js';
import { Tokenizer } from '../../../lib/models/tokenizer/tokenizer.js';
import { goldenPath, readGolden } from '../../support/golden.js';

interface Golden {
  texts: { text: string }[];
  /** Without `tokenizer`, that of encoders/<name>. */
  cases: { name: string; tokenizer?: Record<string, unknown>; ids: number[][] }[];
}

type Values = Record<string, unknown>;

function readTokenizer(name: string): Values {
  return JSON.parse(readFileSync(goldenPath(`encoders/${name}/tokenizer.json`), 'utf8')) as Values;
}

function load(values: Values, maxLength = 1_000_000, lowerCase = false): Tokenizer {
  const file = new JsonObject('tokenizer.json', values);
  return Tokenizer.create(file, { maxLength, lowerCase });
}

const golden = readGolden<Golden>('tokenizers.json');
const texts = golden.texts.map(({ text }) => text);
const charsmap = (readTokenizer('xlm_roberta').normalizer as Values).precompiled_charsmap as string;

/** The charsmap is left out of the golden: it is long. */
function valuesOf({ name, tokenizer }: Golden['cases'][number]): Values {
  if (tokenizer === undefined) return readTokenizer(name);
  return JSON.parse(JSON.stringify(tokenizer).replace('XLM_ROBERTA', charsmap)) as Values;
}

describe.each(golden.cases.map((c) => [c.name, c] as const))('the tokenizer %s', (_, c) => {
  const values = valuesOf(c);

  it('gives the ids of the reference', () => {
    const tokenizer = load(values);
    for (const [i, text] of texts.entries()) {
      expect({ text, ids: tokenizer.encode(text) }).toEqual({ text, ids: c.ids[i] });
    }
  });

  it('truncates before special tokens are put around', () => {
    const [empty, longest] = [load(values).encode('').length, load(values).encode(texts.join(' '))];
    for (const maxLength of [empty + 1, empty + 7, empty + 300]) {
      const short = load(values, maxLength).encode(texts.join(' '));
      expect(short.length).toBe(Math.min(maxLength, longest.length));
      const after = load(values).encode('').length > 0 ? 1 : 0;
      expect(short.slice(0, -after || undefined)).toEqual(longest.slice(0, short.length - after));
    }
  });
});

describe('long texts', () => {
  const families = ['bert_prefixed', 'roberta', 'modernbert', 'xlm_roberta', 'albert', 'camembert'];
  // Where a text is cut into pieces must leave no mark: the same words are one piece each and all of them.
  const words = Array.from({ length: 9000 }, (_, i) => texts[i % texts.length]!.trim().split(/\s/)[0] || 'x');

  it.each(families)('of %s have the ids of the whole', (name) => {
    const tokenizer = load(readTokenizer(name));
    // Too short to be cut.
    const part = (from: number): string => words.slice(from, from + 300).join(' ');
    const special = tokenizer.encode('').length / 2;
    const inside = (ids: number[]): number[] => ids.slice(special, ids.length - special);
    const expected: number[] = [];
    for (let i = 0; i < words.length; i += 300) {
      const text = i === 0 ? part(i) : ` ${part(i)}`;
      expect(text.length).toBeLessThan(8192);
      expected.push(...inside(tokenizer.encode(text)));
    }
    expect(inside(tokenizer.encode(words.join(' ')))).toEqual(expected);
  });

  const endless = [
    'a'.repeat(20_000),
    '東京語'.repeat(7_000),
    ' '.repeat(20_000),
    '👩‍👧'.repeat(4_000),
    `e${'\u0301'.repeat(9_000)}`,
    'hello brave new world '.repeat(1_000),
  ];
  it.each(families)('of %s come in short steps', (name) => {
    const tokenizer = load(readTokenizer(name), 512);
    for (const text of endless) {
      const steps = tokenizer.steps(text);
      let [count, step] = [1, steps.next()];
      for (; !step.done; step = steps.next()) count++;
      expect(step.value.length).toBeLessThanOrEqual(512);
      expect(step.value).toEqual(tokenizer.encode(text));
      expect(count).toBeLessThan(100);
    }
  });

  it('settle their first tokens without the last ones, as the whole would', () => {
    const values = readTokenizer('xlm_roberta');
    const text = 'thecatsatonthewarmstoneandwatchedtheriver'.repeat(900);
    const whole = load(values).encode(text);
    for (const length of [100, 3000, 15_000]) {
      expect(load(values, length).encode(text).slice(0, -1)).toEqual(whole.slice(0, length - 1));
    }
  });
});

describe('pieces', () => {
  const [one, two] = ['word and '.repeat(3000), 'word  and  '.repeat(3000)];
  const pieces = (text: string, cut: Cut): string[] => {
    const all: string[] = [];
    for (let begin = 0; begin < text.length; ) {
      const end = pieceEnd(text, cut, begin) ?? text.length;
      all.push(text.slice(begin, end));
      begin = end;
    }
    return all;
  };

  it.each([
    ['at spaces', one, true],
    ['at spaces', two, false],
    ['at spaces', '東京'.repeat(9000), false],
    ['at spaces and ideographs', '東京'.repeat(9000), true],
    ['at spaces', 'a\u00a0b\n'.repeat(9000), false],
    ['nowhere', one, false],
  ] as const)('are cut %s only', (cut, text, several) => {
    const all = pieces(text, cut);
    expect(all.join('')).toBe(text);
    expect(all.length > 1).toBe(several);
    expect(all.slice(0, -1).every((piece) => piece.length < 5000)).toBe(true);
  });
});

describe('Tokenizer', () => {
  it('lowers case first where the directory says so and the tokenizer does not', () => {
    const values = readTokenizer('roberta');
    const lowered = load(values, 100, true).encode('The CAT');
    expect(lowered).toEqual(load(values, 100).encode('the cat'));
    expect(lowered).not.toEqual(load(values, 100).encode('The CAT'));
    // Added tokens are found before.
    expect(load(values, 100, true).encode('</s>')).toEqual(load(values, 100).encode('</s>'));
  });

  it('names tokens', () => {
    const tokenizer = load(readTokenizer('bert_prefixed'));
    expect(tokenizer.tokens(tokenizer.encode('the cat'))).toEqual(['[CLS]', 'the', 'cat', '[SEP]']);
    expect(tokenizer.tokens([99999])).toEqual(['[99999]']);
  });

  const bert = readTokenizer('bert_prefixed');
  const roberta = readTokenizer('roberta');
  const xlm = readTokenizer('xlm_roberta');
  const change = (values: Values, key: string, changed: Values): Values => ({
    ...values,
    [key]: { ...(values[key] as Values), ...changed },
  });
  it.each<[string, Values]>([
    ['no model', { ...bert, model: null }],
    ['a model of no type', { ...bert, model: {} }],
    ['an unknown model', change(bert, 'model', { type: 'WordSalad' })],
    ['a vocabulary that is a list', change(bert, 'model', { vocab: ['a'] })],
    ['ids that are text', change(bert, 'model', { vocab: { a: '0' } })],
    ['ids without end', change(bert, 'model', { vocab: { a: 2 ** 40 } })],
    ['a prefix that is a number', change(bert, 'model', { continuing_subword_prefix: 2 })],
    ['an unknown normalizer', { ...bert, normalizer: { type: 'Constructor' } }],
    ['an inherited normalizer', { ...bert, normalizer: { type: 'toString' } }],
    ['a normalizer that is text', { ...bert, normalizer: 'NFC' }],
    ['normalizers that are no list', { ...bert, normalizer: { type: 'Sequence', normalizers: {} } }],
    ['a charsmap that is cut', change(xlm, 'normalizer', { precompiled_charsmap: '////' })],
    ['an unknown pre-tokenizer', { ...bert, pre_tokenizer: { type: 'Scissors' } }],
    [
      'a pattern of no kind',
      { ...bert, pre_tokenizer: { type: 'Split', pattern: {}, behavior: 'Isolated' } },
    ],
    [
      'an expression that is none',
      { ...bert, pre_tokenizer: { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated' } },
    ],
    ['added tokens that are no list', { ...bert, added_tokens: 7 }],
    ['an added token without an id', { ...bert, added_tokens: [{ content: 'x' }] }],
    ['a template without a text', change(bert, 'post_processor', { single: [] })],
    ['a template of unknown tokens', change(bert, 'post_processor', { special_tokens: {} })],
    ['a post-processor without cls', change(roberta, 'post_processor', { cls: null })],
    ['merges that are numbers', change(roberta, 'model', { merges: [1] })],
    ['merges of three', change(roberta, 'model', { merges: ['a b c'] })],
    ['merges of unknown tokens', change(roberta, 'model', { merges: ['never seen'] })],
    ['scores that are text', change(xlm, 'model', { vocab: [['a', 'b']] })],
    ['an empty vocabulary', change(xlm, 'model', { vocab: [] })],
    ['an unknown token that is not there', change(xlm, 'model', { unk_id: 99999 })],
  ])('refuses %s in one sentence', (_, values) => {
    let error: unknown;
    try {
      load(values).encode('a text €');
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(ModelError);
    expect((error as Error).message).toMatch(/^tokenizer\.json[^\n]*: expected [^\n]+ but received [^\n]+$/);
  });
});
