/** A regular expression as a tree. Everything but sets of code points and what looks around is made of few nodes. */
import { ALL, type CodePoints } from './code_points.js';

export type Node =
  | { readonly kind: 'set'; readonly set: CodePoints }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  /** The first alternative that leads to a match counts. */
  | { readonly kind: 'choice'; readonly parts: readonly Node[] }
  | {
      readonly kind: 'repeat';
      readonly body: Node;
      readonly min: number;
      readonly max: number;
      readonly greedy: boolean;
    }
  | { readonly kind: 'look'; readonly body: Node; readonly behind: boolean; readonly negative: boolean };

/** Why an expression is refused; the caller adds where it stands. */
export class ExpressionError extends Error {}

const ANY: Node = { kind: 'set', set: ALL };

export function look(body: Node, behind: boolean, negative: boolean): Node {
  return { kind: 'look', body, behind, negative };
}

export const sequence = (...parts: Node[]): Node => ({ kind: 'sequence', parts });
export const choice = (...parts: Node[]): Node => ({ kind: 'choice', parts });

const NEWLINE: Node = { kind: 'set', set: [10, 10] };
export const TEXT_START = look(ANY, true, true);
export const TEXT_END = look(ANY, false, true);
export const TEXT_FOLLOWS = look(ANY, false, false);
/** `^`: not behind a newline that ends the text. */
export const LINE_START = choice(TEXT_START, sequence(look(NEWLINE, true, false), TEXT_FOLLOWS));
/** `$` */
export const LINE_END = choice(look(NEWLINE, false, false), TEXT_END);
/** `\Z` */
export const LAST_LINE_END = choice(TEXT_END, look(sequence(NEWLINE, TEXT_END), false, false));
/** `\R` */
export const LINE_BREAK = choice(sequence({ kind: 'set', set: [13, 13] }, NEWLINE), {
  kind: 'set',
  set: [10, 13, 0x85, 0x85, 0x2028, 0x2029],
});

export function wordBoundary(word: CodePoints, negative: boolean): Node {
  const at = (behind: boolean, not: boolean): Node => look({ kind: 'set', set: word }, behind, not);
  return choice(
    sequence(at(true, false), at(false, !negative)),
    sequence(at(true, true), at(false, negative)),
  );
}
