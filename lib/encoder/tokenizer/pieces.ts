/** Long texts in pieces, each of which gives the tokens that it gives as a part of the whole. */
import { SPACES } from './expressions.js';

/** Characters after which a place to cut is looked for. */
const PIECE = 4096;

/** A single space between what is none: nothing before it depends on it or on what follows, nor the other way round. */
const CUT = new RegExp(`(?<=[^${SPACES}]) (?=[^${SPACES}])`, 'g');

/** The text before each space at which it may be cut; a space begins the piece behind it. */
export function* pieces(text: string): Generator<string, void, undefined> {
  let begin = 0;
  while (text.length - begin > 2 * PIECE) {
    CUT.lastIndex = begin + PIECE;
    const end = CUT.exec(text)?.index;
    if (end === undefined) break;
    yield text.slice(begin, end);
    begin = end;
  }
  yield begin === 0 ? text : text.slice(begin);
}
