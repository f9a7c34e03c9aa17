/** White space at the ends of texts, without regular expressions: these look at every run of spaces within. */
import { SPACES } from './expressions.js';

const SPACE = new RegExp(`[${SPACES}]`);
const codes = new Set<number>();
for (let code = 0; code <= 0x3000; code++) if (SPACE.test(String.fromCharCode(code))) codes.add(code);

/** All white space is of one code unit. */
function isSpace(code: number): boolean {
  return code <= 0x20 ? code === 0x20 || (code >= 9 && code <= 13) : code >= 0x85 && codes.has(code);
}

/** Where the white space that begins at `begin` ends. */
export function spacesEnd(text: string, begin: number): number {
  let end = begin;
  while (end < text.length && isSpace(text.charCodeAt(end))) end++;
  return end;
}

/** Where the white space that ends at `end` begins, `least` at the least. */
export function spacesBegin(text: string, end: number, least: number): number {
  let begin = end;
  while (begin > least && isSpace(text.charCodeAt(begin - 1))) begin--;
  return begin;
}
