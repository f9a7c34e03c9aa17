/** Every stage gives for a text in chunks what it gives for the whole. */
import { describe, expect, it } from '@jest/globals';
import { JsonObject } from '../../../../lib/models/directory/json_file.js';
import {
  AddedTokenReader,
  type TextsAndTokens,
} from '../../../../lib/models/tokenizer/added_token_reader.js';
import { AddedTokenFinder, readAddedTokens } from '../../../../lib/models/tokenizer/added_tokens.js';
import { createModel } from '../../../../lib/models/tokenizer/models.js';
import { createNormalizer } from '../../../../lib/models/tokenizer/normalizers.js';
import { createPreTokenizer } from '../../../../lib/models/tokenizer/pre_tokenizers.js';
import { type TextStage, Words } from '../../../../lib/models/tokenizer/stage.js';
import { drain, WorkMeter } from '../../../../lib/models/tokenizer/steps.js';
import { chunksOf, goldenTokenizers, tokenizerFile } from '../../../support/tokenizers.js';

const texts = goldenTokenizers.texts.map(({ text }) => text.toWellFormed()).filter((text) => text !== '');
texts.push(
  `e${'\u0301\u0316'.repeat(200)}x${'\u0345\u05b0\u0f73'.repeat(90)} y`,
  ` ${' '.repeat(90)}a${' '.repeat(90)}b${' \u3000'.repeat(90)}`,
  '\u{1f469}\u200d'.repeat(90) + '\u{1f1e9}\u{1f1ea}'.repeat(90),
  '\u0915\u094d\u0937'.repeat(60) + 'e\u0301'.repeat(60),
  `${'a'.repeat(200)}${'1'.repeat(200)}${'.'.repeat(200)}\r\n\r\n  'll x`,
);

const MARKS = `x${'\u0301\u0316'.repeat(5000)}\u1161${'\u0316'.repeat(5000)}`;
/** Code units that one call may give. */
const LARGEST = 8192;

function inStages(makers: readonly ((meter: WorkMeter) => TextStage)[], chunks: string[]): string {
  let current = chunks;
  for (const make of makers) {
    const stage = make(new WorkMeter());
    const out: string[] = [];
    const batch = (call: (batch: string[]) => boolean): boolean => {
      const made: string[] = [];
      const more = call(made);
      // No call gives more than a step may work on, however much is held back.
      expect(made.join('').length).toBeLessThan(LARGEST);
      out.push(...made);
      return more;
    };
    for (const chunk of current) {
      for (let more = batch((made) => stage.push(chunk, made)); more; ) {
        more = batch((made) => stage.push('', made));
      }
    }
    while (batch((made) => stage.end(made)));
    current = out;
  }
  return current.join('');
}

const files = goldenTokenizers.cases.map((c) => [c.name, tokenizerFile(c)] as const);

describe('normalizers', () => {
  const strip = (sides: object): JsonObject => new JsonObject('strip', { type: 'Strip', ...sides });
  const more = ['NFC', 'NFD', 'NFKC', 'NFKD'].map((type) => [type, new JsonObject(type, { type })] as const);
  const replace = new JsonObject('replace', { type: 'Replace', pattern: { String: 'aa' }, content: 'b' });
  const unsupported = { type: 'Replace', pattern: { Regex: '^\\s+|\\s+$' }, content: '' };
  const all = files.flatMap(([name, file]) => {
    const normalizer = file.optionalObject('normalizer');
    return normalizer ? [[name, normalizer] as const] : [];
  });

  it.each([
    ...all,
    ...more,
    ['Strip', strip({})],
    ['Strip at the left', strip({ strip_right: false })],
    ['Strip at the right', strip({ strip_left: false })],
    ['Replace', replace],
    ['Replace of an expression with anchors', new JsonObject('replace', unsupported)],
  ])('of %s', (_, from) => {
    const normalizer = createNormalizer(from);
    for (const text of [...texts, MARKS]) {
      const whole = normalizer.apply(text, new WorkMeter());
      for (const most of text === MARKS ? [300] : [3, 300]) {
        expect({ text, out: inStages(normalizer.stages, chunksOf(text, most, 5)) }).toEqual({
          text,
          out: whole,
        });
      }
    }
  });
});

describe('pre-tokenizers', () => {
  it.each(files.filter(([, file]) => file.get('pre_tokenizer')))('of %s', (_, file) => {
    const pre = createPreTokenizer(file.optionalObject('pre_tokenizer')!);
    for (const text of texts) {
      for (const first of [true, false]) {
        const stage = pre.stage(first, new WorkMeter());
        const words: string[] = [];
        const take = ({ list, joined }: Words): void => {
          for (const [i, word] of list.entries()) {
            if (i === 0 && joined) words[words.length - 1] += word;
            else words.push(word);
          }
        };
        for (const chunk of chunksOf(text, 5, 3)) {
          let rest = chunk;
          for (let more = true; more; rest = '') {
            const out = new Words();
            more = stage.push(rest, out);
            take(out);
          }
        }
        for (let more = true; more; ) {
          const out = new Words();
          more = stage.end(out);
          take(out);
        }
        expect({ text, first, words }).toEqual({ text, first, words: pre.apply(text, first) });
      }
    }
  });
});

describe('models', () => {
  it.each(files)('of %s', (_, file) => {
    const model = createModel(file.optionalObject('model')!);
    for (const text of texts) {
      const long = model.long(new WorkMeter());
      const ids: number[] = [];
      for (const chunk of chunksOf(text, 7, 11)) drain(long.push(chunk, ids));
      drain(long.end(ids));
      expect({ text, ids }).toEqual({ text, ids: [...model.encode(text, new WorkMeter())] });
    }
  });
});

describe('added tokens', () => {
  const token = (content: string, options: object): object => ({ content, special: true, ...options });
  const own = new JsonObject('own', {
    added_tokens: [
      token('<L>', { lstrip: true }),
      token('<R>', { rstrip: true }),
      token('<B>', { lstrip: true, rstrip: true }),
      token('sea', { single_word: true }),
      token('  ', {}),
      token(' x', {}),
      token('xy', {}),
    ].map((value, id) => ({ ...value, id })),
  });
  const awkward = [
    `a${' '.repeat(50)}<L>${' '.repeat(50)}<R>${' '.repeat(51)}x<B>  <B> sea seal asea sea`,
    'sea\u{1f30a}sea\u0301 sea_<R>  xy<R>   x  <L><R> xy',
    ' '.repeat(33),
  ];

  it.each([...files, ['awkward ones', own] as const])('of %s', (_, file) => {
    const finder = new AddedTokenFinder(readAddedTokens(file));
    for (const text of [...texts, ...awkward]) {
      const reader = new AddedTokenReader(finder, new WorkMeter());
      const found: TextsAndTokens = [];
      for (const chunk of chunksOf(text, 4, 2)) reader.push(chunk, found);
      reader.end(found);
      const sections: (string | number)[] = [];
      for (const item of found) {
        const before = sections.at(-1);
        if (typeof item !== 'string') sections.push(item.id);
        else if (typeof before === 'string') sections[sections.length - 1] = before + item;
        else sections.push(item);
      }
      expect({ text, sections }).toEqual({
        text,
        sections: finder.split(text).map(({ id, text: section }) => id ?? section),
      });
    }
  });

  it('that white space before it belongs to may follow white space that belongs to another', () => {
    const ids = (text: string): unknown[] =>
      new AddedTokenFinder(readAddedTokens(own)).split(text).map(({ id, text: section }) => id ?? section);
    // As the Rust library has it: the white space of <R> does not hide the token of two spaces.
    expect(ids('<R>   x')).toEqual([1, 4, 5]);
    expect(ids('a  <L> b')).toEqual(['a', 4, 0, ' b']);
  });
});
