/** Tokens beside the model's vocabulary, such as [SEP]: they are found in a text before anything else. */
import type { JsonObject } from '../json_file.js';
import { components } from './component.js';
import { escapeRegExp, SPACES, WORD_CHARACTERS } from './expressions.js';
import type { Normalizer } from './normalizers.js';
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

const WORD_END = new RegExp(`[${WORD_CHARACTERS}]$`, 'u');
const WORD_START = new RegExp(`^[${WORD_CHARACTERS}]`, 'u');
const SPACES_START = new RegExp(`^[${SPACES}]*`);
const SPACES_END = new RegExp(`[${SPACES}]*$`);

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

/** Finds some added tokens in texts. */
export class AddedTokenFinder {
  private readonly tokens = new Map<string, AddedToken>();
  private readonly expression: RegExp | undefined;

  /** @param normalizer what the texts have been through */
  constructor(tokens: readonly AddedToken[], normalizer?: Normalizer) {
    for (const token of tokens) {
      const content = normalizer ? normalizer(token.content) : token.content;
      if (content !== '') this.tokens.set(content, token);
    }
    // Of several at one place the longest counts.
    const contents = [...this.tokens.keys()].sort((a, b) => b.length - a.length);
    if (contents.length > 0) this.expression = new RegExp(contents.map(escapeRegExp).join('|'), 'gu');
  }

  split(text: string): Section[] {
    if (this.expression === undefined || text === '') return [{ text, id: undefined, begin: 0 }];
    const sections: Section[] = [];
    let done = 0;
    for (const found of text.matchAll(this.expression)) {
      const token = this.tokens.get(found[0])!;
      let begin = found.index;
      let end = begin + found[0].length;
      if (begin < done) continue;
      if (token.singleWord && (WORD_END.test(text.slice(0, begin)) || WORD_START.test(text.slice(end)))) {
        continue;
      }
      if (token.stripLeft) begin -= SPACES_END.exec(text.slice(done, begin))![0].length;
      if (token.stripRight) end += SPACES_START.exec(text.slice(end))![0].length;
      if (begin > done) sections.push({ text: text.slice(done, begin), id: undefined, begin: done });
      sections.push({ text: text.slice(begin, end), id: token.id, begin });
      done = end;
    }
    if (done < text.length) sections.push({ text: text.slice(done), id: undefined, begin: done });
    return sections;
  }
}
