/** Tokens beside the model's vocabulary, such as [SEP]: they are found in a text before anything else. */
import type { JsonObject } from '../directory/json_file.js';
import { components } from './component.js';
import { escapeRegExp, WORD_CHARACTERS } from './expressions.js';
import { spacesBegin, spacesEnd } from './spaces.js';
import { characterBefore } from './stage.js';
import { checkId } from './vocabulary.js';

export interface AddedToken {
  id: number;
  content: string;
  /** Only where no word goes on at either side. */
  singleWord: boolean;
  /** White space before or behind belongs to it. */
  stripLeft: boolean;
  stripRight: boolean;
  /** Is looked for in the normalized text. */
  normalized: boolean;
}

/** A stretch of text, or an added token that was found. */
export interface Section {
  text: string;
  /** Of the added token; undefined for text. */
  id: number | undefined;
  /** Where it begins. */
  begin: number;
}

const WORD_CHARACTER = new RegExp(`^[${WORD_CHARACTERS}]`, 'u');

export function readAddedTokens(file: JsonObject): AddedToken[] {
  return components(file, 'added_tokens').map((from) => {
    const content = from.string('content');
    return {
      id: checkId(from, 'id', content, from.get('id')),
      content,
      singleWord: from.boolean('single_word', false),
      stripLeft: from.boolean('lstrip', false),
      stripRight: from.boolean('rstrip', false),
      normalized: from.boolean('normalized', !from.boolean('special', false)),
    };
  });
}

/** Whether the character that ends at `end` is one of words; false where the text begins. */
function wordBefore(text: string, end: number): boolean {
  return WORD_CHARACTER.test(text.slice(characterBefore(text, end), end));
}

function wordAfter(text: string, begin: number): boolean {
  return WORD_CHARACTER.test(text.slice(begin, begin + 2));
}

/** Finds some added tokens in texts. */
export class AddedTokenFinder {
  readonly tokens = new Map<string, AddedToken>();
  /** With the flag g; undefined without tokens. */
  readonly expression: RegExp | undefined;
  /** Code units of the longest token. */
  readonly longest: number;
  readonly stripsLeft: boolean;

  /** @param normalize what the texts have been through */
  constructor(tokens: readonly AddedToken[], normalize: (text: string) => string = String) {
    for (const token of tokens) {
      const content = normalize(token.content);
      if (content !== '') this.tokens.set(content, token);
    }
    // Of several at one place the longest counts.
    const contents = [...this.tokens.keys()].sort((a, b) => b.length - a.length);
    if (contents.length > 0) this.expression = new RegExp(contents.map(escapeRegExp).join('|'), 'gu');
    this.longest = contents[0]?.length ?? 0;
    this.stripsLeft = tokens.some(({ stripLeft }) => stripLeft);
  }

  /** The sections of a short text. */
  split(text: string): Section[] {
    if (this.expression === undefined || text === '') return [{ text, id: undefined, begin: 0 }];
    const sections: Section[] = [];
    let done = 0;
    for (const found of text.matchAll(this.expression)) {
      const token = this.tokens.get(found[0])!;
      const end = found.index + found[0].length;
      if (!stands(token, text, found.index, end)) continue;
      // White space that the token before has taken is no longer there, and may have been all of this token.
      const begin = token.stripLeft ? Math.max(done, spacesBegin(text, found.index, done)) : found.index;
      if (begin >= end) continue;
      if (begin > done) sections.push({ text: text.slice(done, begin), id: undefined, begin: done });
      sections.push({ text: found[0], id: token.id, begin });
      done = token.stripRight ? spacesEnd(text, end) : end;
    }
    if (done < text.length) sections.push({ text: text.slice(done), id: undefined, begin: done });
    return sections;
  }
}

/** Whether a token that was found counts where it is. */
export function stands(token: AddedToken, text: string, begin: number, end: number): boolean {
  return !token.singleWord || !(wordBefore(text, begin) || wordAfter(text, end));
}
