/** Text from outside as a page may show it: what has no shape of its own gets one. */

/** Code points of a token that a page keeps; a token of a vocabulary has a few. */
const LONGEST = 200;

/** Joiners have no shape but belong to emoji, Persian and Indic words. */
const JOINERS = ['\u200c', '\u200d'];

/** Marks on one letter: no script stacks more, and a tall stack would cover the lines above. */
const STACK = /(\p{M}{8})\p{M}+/gu;

function shape(character: string): string {
  const code = character.codePointAt(0)!;
  if (JOINERS.includes(character)) return character;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return `\u2039U+${code.toString(16).toUpperCase().padStart(4, '0')}\u203a`;
}

/**
 * Well-formed text in which controls, direction marks and other invisible characters are written out, so that none
 * of them acts.
 */
export function visibleText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, shape)
    .replace(STACK, '$1');
}

/** The same for running text, in which line breaks and tabs are spaces. */
export function visibleLine(text: string): string {
  return visibleText(text.replace(/[\t\n\r]+/g, ' '));
}

/** The same for a token: blanks at its ends are written out too, and it ends where it is too long to read. */
export function visibleToken(token: string): string {
  // Cut first: a token may have millions of characters, each of which may become eight.
  const start = Array.from(token.slice(0, 2 * LONGEST + 2).toWellFormed());
  const cut = start.length > LONGEST ? `${start.slice(0, LONGEST).join('')}\u2026` : start.join('');
  return visibleText(cut).replace(/^ +| +$/g, (blanks) => '\u2423'.repeat(blanks.length));
}
