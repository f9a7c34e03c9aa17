/** Pre-tokenizers of tokenizer.json: normalized text to words, none of which a token crosses. */
import type { JsonObject } from '../directory/json_file.js';
import { BYTE_LEVEL_WORDS, byteCharacters } from './byte_level.js';
import { components, create, pattern } from './component.js';
import { escapeRegExp, SPACES, WORD_CHARACTERS } from './expressions.js';
import { matching } from './matcher.js';
import type { PreTokenizer } from './pre_tokenizer.js';
import type { Expression } from './regex/expression.js';
import { SPLIT_BEHAVIORS, type SplitBehavior, split, splitting } from './split.js';
import { type WordStage, Words } from './stage.js';
import type { WorkMeter } from './steps.js';
import { PUNCTUATION } from './unicode.js';
import { inSequence, ONE_WORD } from './word_sequence.js';

const BERT_WORD = new RegExp(`[^${SPACES}${PUNCTUATION}]+|${PUNCTUATION}`, 'gv');
const PUNCTUATION_MARK = new RegExp(PUNCTUATION, 'gv');
const UNSPACED = new RegExp(`[^${SPACES}]+`, 'gu');
const WORD_OR_REST = new RegExp(`[${WORD_CHARACTERS}]+|[^${WORD_CHARACTERS}${SPACES}]+`, 'gu');

/** The words are the matches. */
function matches(expression: RegExp): PreTokenizer {
  const matcher = matching(expression);
  return {
    apply: (text) => text.match(expression) ?? [],
    stage: (_, meter) => splitting(matcher, 'Removed', true, meter),
  };
}

/** The words lie at the matches, or between them. */
function atMatches(expression: RegExp | Expression, how: SplitBehavior, invert = false): PreTokenizer {
  const matcher = matching(expression);
  return {
    apply: (text) => split(text, expression, how, invert),
    stage: (_, meter) => splitting(matcher, how, invert, meter),
  };
}

/** Changes chunks of text before they are cut into words. */
function changing(change: (text: string, begins: boolean) => string, inner: WordStage): WordStage {
  let begins = true;
  return {
    push(text, out) {
      const changed = change(text, begins);
      begins = false;
      return inner.push(changed, out);
    },
    end: (out) => inner.end(out),
  };
}

function behavior(from: JsonObject, fallback?: SplitBehavior): SplitBehavior {
  const value = from.string('behavior', fallback);
  if (!SPLIT_BEHAVIORS.includes(value as SplitBehavior)) {
    from.fail('behavior', `one of ${SPLIT_BEHAVIORS.join(', ')}`);
  }
  return value as SplitBehavior;
}

function metaspace(from: JsonObject): PreTokenizer {
  const mark = from.string('replacement', '▁');
  const scheme = from.string('prepend_scheme', from.boolean('add_prefix_space', true) ? 'always' : 'never');
  if (!['always', 'first', 'never'].includes(scheme)) {
    from.fail('prepend_scheme', 'one of always, first, never');
  }
  const apart = from.boolean('split', true);
  const words = apart ? atMatches(new RegExp(escapeRegExp(mark), 'gu'), 'MergedWithNext') : ONE_WORD;
  const marked = (text: string, begins: boolean): string => {
    const out = text.replaceAll(' ', mark);
    return begins && !out.startsWith(mark) ? mark + out : out;
  };
  const marks = (first: boolean): boolean => scheme === 'always' || (scheme === 'first' && first);
  return {
    apply: (text, first) => words.apply(marked(text, marks(first)), first),
    stage(first, meter) {
      const begin = marks(first);
      return changing((text, begins) => marked(text, begin && begins), words.stage(first, meter));
    },
  };
}

function byteLevel(from: JsonObject): PreTokenizer {
  const prefix = from.boolean('add_prefix_space', true);
  const words = from.boolean('use_regex', true) ? matches(BYTE_LEVEL_WORDS) : ONE_WORD;
  const spaced = (text: string): string => (prefix && !text.startsWith(' ') ? ` ${text}` : text);
  return {
    apply: (text, first) => words.apply(spaced(text), first).map(byteCharacters),
    stage(first, meter) {
      const inner = words.stage(first, meter);
      return inBytes(
        changing((text, begins) => (begins ? spaced(text) : text), inner),
        meter,
      );
    },
  };
}

/** The words of `inner` in the characters of their bytes. */
function inBytes(inner: WordStage, meter: WorkMeter): WordStage {
  const translate = (found: Words, out: Words): void => {
    for (const [i, word] of found.list.entries()) {
      meter.add(word.length);
      out.add(byteCharacters(word), i === 0 && found.joined);
    }
  };
  return {
    push(text, out) {
      const found = new Words();
      const more = inner.push(text, found);
      translate(found, out);
      return more;
    },
    end(out) {
      const found = new Words();
      const more = inner.end(found);
      translate(found, out);
      return more;
    },
  };
}

function splitAt(from: JsonObject): PreTokenizer {
  return atMatches(pattern(from), behavior(from), from.boolean('invert', false));
}

function digits(from: JsonObject): PreTokenizer {
  return atMatches(/\p{N}/gu, from.boolean('individual_digits', false) ? 'Isolated' : 'Contiguous');
}

function delimited(from: JsonObject): PreTokenizer {
  return atMatches(new RegExp(escapeRegExp(from.string('delimiter')), 'gu'), 'Removed');
}

const KINDS: Readonly<Record<string, (from: JsonObject) => PreTokenizer>> = {
  BertPreTokenizer: () => matches(BERT_WORD),
  ByteLevel: byteLevel,
  CharDelimiterSplit: delimited,
  Digits: digits,
  Metaspace: metaspace,
  Punctuation: (from) => atMatches(PUNCTUATION_MARK, behavior(from, 'Isolated')),
  Sequence: (from) => inSequence(components(from, 'pretokenizers').map(createPreTokenizer)),
  Split: splitAt,
  Whitespace: () => matches(WORD_OR_REST),
  WhitespaceSplit: () => matches(UNSPACED),
};

export function createPreTokenizer(from: JsonObject): PreTokenizer {
  return create(from, KINDS);
}
