/** Long texts in pieces, each of which gives the tokens that it gives as a part of the whole. */
import { SPACES } from './expressions.js';

/** Code units after which a place to cut is looked for; a piece of twice as many is worked on in one step. */
const PIECE = 1024;

/** A single space between what is none: nothing before it depends on it or on what follows, nor the other way round. */
const SPACE = `(?<=[^${SPACES}]) (?=[^${SPACES}])`;
/** The same between words of ASCII, for tokenizers that may change other characters together with the space. */
const ASCII_SPACE = '(?<=[!-~]{2}) (?=[!-~]{2})';
/** Between two ideographs, for tokenizers that set each apart. */
const IDEOGRAPHS = '(?<=[\\u4e00-\\u9fff])(?=[\\u4e00-\\u9fff])';

/** Code units at either side of a place that decide whether the text may be cut there. */
const AROUND = 2;

export type Cut = 'nowhere' | 'at spaces' | 'at spaces between ASCII' | 'at spaces and ideographs';

const CUTS: Readonly<Record<Exclude<Cut, 'nowhere'>, RegExp>> = {
  'at spaces': new RegExp(SPACE, 'g'),
  'at spaces between ASCII': new RegExp(ASCII_SPACE, 'g'),
  'at spaces and ideographs': new RegExp(`${SPACE}|${IDEOGRAPHS}`, 'g'),
};

/**
 * The first place behind `begin` and not behind `end` at which the text may be cut; a space there begins what follows.
 * Nothing beyond is looked at.
 */
export function findCut(text: string, cut: Cut, begin: number, end: number): number | undefined {
  if (cut === 'nowhere') return undefined;
  const expression = CUTS[cut];
  // With the characters around that decide.
  const from = Math.max(0, begin - AROUND);
  expression.lastIndex = begin + 1 - from;
  const found = expression.exec(text.slice(from, end + 1 + AROUND));
  const place = found === null ? undefined : from + found.index;
  return place !== undefined && place <= end ? place : undefined;
}

/** Where the piece that begins at `begin` ends; undefined for one that is too long to be worked on at once. */
export function pieceEnd(text: string, cut: Cut, begin: number): number | undefined {
  if (text.length - begin <= 2 * PIECE) return text.length;
  return findCut(text, cut, begin + PIECE, begin + 2 * PIECE);
}

/** Where the piece that ends at `end` begins; undefined for one that is too long to be worked on at once. */
export function lastPieceBegin(text: string, cut: Cut, end: number): number | undefined {
  if (end <= 2 * PIECE) return 0;
  return findCut(text, cut, end - 2 * PIECE, end - PIECE);
}
