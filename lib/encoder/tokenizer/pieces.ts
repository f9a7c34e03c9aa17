/** Long texts in pieces, each of which gives the tokens that it gives as a part of the whole. */
import { SPACES } from './expressions.js';

/** Characters after which a place to cut is looked for. */
const PIECE = 4096;

/** A single space between what is none: nothing before it depends on it or on what follows, nor the other way round. */
const SPACE = `(?<=[^${SPACES}]) (?=[^${SPACES}])`;
/** Between two ideographs, for tokenizers that set each apart. */
const IDEOGRAPHS = '(?<=[\\u4e00-\\u9fff])(?=[\\u4e00-\\u9fff])';

export type Cut = 'nowhere' | 'at spaces' | 'at spaces and ideographs';

const CUTS: Readonly<Record<Exclude<Cut, 'nowhere'>, RegExp>> = {
  'at spaces': new RegExp(SPACE, 'g'),
  'at spaces and ideographs': new RegExp(`${SPACE}|${IDEOGRAPHS}`, 'g'),
};

/** A space at which the text is cut begins the piece behind it. */
export function* pieces(text: string, cut: Cut): Generator<string, void, undefined> {
  let begin = 0;
  while (cut !== 'nowhere' && text.length - begin > 2 * PIECE) {
    const expression = CUTS[cut];
    expression.lastIndex = begin + PIECE;
    const end = expression.exec(text)?.index;
    if (end === undefined) break;
    yield text.slice(begin, end);
    begin = end;
  }
  yield begin === 0 ? text : text.slice(begin);
}
