/** Pre-tokenizers of tokenizer.json: normalized text to words, none of which a token crosses. */
import type { JsonObject } from '../json_file.js';
import { byteCharacters, byteLevelWords } from './byte_level.js';
import { components, create, pattern } from './component.js';
import { escapeRegExp, SPACES, WORD_CHARACTERS } from './expressions.js';
import { SPLIT_BEHAVIORS, type SplitBehavior, split } from './split.js';
import { PUNCTUATION } from './unicode.js';

/** @param first whether the text is the beginning of the whole input */
export type PreTokenizer = (text: string, first: boolean) => string[];

const BERT_WORD = new RegExp(`[^${SPACES}${PUNCTUATION}]+|${PUNCTUATION}`, 'gv');
const PUNCTUATION_MARK = new RegExp(PUNCTUATION, 'gv');
const UNSPACED = new RegExp(`[^${SPACES}]+`, 'gu');
const WORD_OR_REST = new RegExp(`[${WORD_CHARACTERS}]+|[^${WORD_CHARACTERS}${SPACES}]+`, 'gu');

function matches(expression: RegExp): () => PreTokenizer {
  return () => (text) => text.match(expression) ?? [];
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
  const expression = new RegExp(escapeRegExp(mark), 'gu');
  return (text, first) => {
    let marked = text.replaceAll(' ', mark);
    if ((scheme === 'always' || (scheme === 'first' && first)) && !marked.startsWith(mark)) {
      marked = mark + marked;
    }
    return apart ? split(marked, expression, 'MergedWithNext') : [marked];
  };
}

function byteLevel(from: JsonObject): PreTokenizer {
  const prefix = from.boolean('add_prefix_space', true);
  const words = from.boolean('use_regex', true);
  return (text) => {
    const spaced = prefix && !text.startsWith(' ') ? ` ${text}` : text;
    return (words ? byteLevelWords(spaced) : [spaced]).map(byteCharacters);
  };
}

function splitting(from: JsonObject): PreTokenizer {
  const expression = pattern(from);
  const how = behavior(from);
  const invert = from.boolean('invert', false);
  return (text) => split(text, expression, how, invert);
}

function punctuation(from: JsonObject): PreTokenizer {
  const how = behavior(from, 'Isolated');
  return (text) => split(text, PUNCTUATION_MARK, how);
}

function digits(from: JsonObject): PreTokenizer {
  const how = from.boolean('individual_digits', false) ? 'Isolated' : 'Contiguous';
  return (text) => split(text, /\p{N}/gu, how);
}

function delimited(from: JsonObject): PreTokenizer {
  const expression = new RegExp(escapeRegExp(from.string('delimiter')), 'gu');
  return (text) => split(text, expression, 'Removed');
}

function sequence(from: JsonObject): PreTokenizer {
  const all = components(from, 'pretokenizers').map(createPreTokenizer);
  return (text, first) =>
    all.reduce((words, one) => words.flatMap((word, i) => one(word, first && i === 0)), [text]);
}

const KINDS: Readonly<Record<string, (from: JsonObject) => PreTokenizer>> = {
  BertPreTokenizer: matches(BERT_WORD),
  ByteLevel: byteLevel,
  CharDelimiterSplit: delimited,
  Digits: digits,
  Metaspace: metaspace,
  Punctuation: punctuation,
  Sequence: sequence,
  Split: splitting,
  Whitespace: matches(WORD_OR_REST),
  WhitespaceSplit: matches(UNSPACED),
};

export function createPreTokenizer(from: JsonObject): PreTokenizer {
  return create(from, KINDS);
}

/** Whether no word goes on behind a space: then a text may be cut there. */
export function dividesAtSpaces(from: JsonObject): boolean {
  switch (from.get('type')) {
    case 'BertPreTokenizer':
    case 'Whitespace':
    case 'WhitespaceSplit':
      return true;
    case 'ByteLevel':
      return from.boolean('use_regex', true);
    case 'Metaspace':
      return from.boolean('split', true);
    case 'Sequence':
      return components(from, 'pretokenizers').some(dividesAtSpaces);
    default:
      return false;
  }
}
