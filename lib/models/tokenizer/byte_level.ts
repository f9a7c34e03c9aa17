/** GPT-2's words, and the characters that stand for the bytes of byte-level tokenizers. */
import { SPACES } from './expressions.js';

export const BYTE_LEVEL_WORDS = new RegExp(
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${SPACES}\\p{L}\\p{N}]+|[${SPACES}]+(?![^${SPACES}])|[${SPACES}]+`,
  'gu',
);

/** Bytes that print stand for themselves, the others for characters from U+0100 on. */
const CHARACTERS: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const prints = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(prints ? byte : next++);
  });
})();

const encoder = new TextEncoder();

/** UTF-8 bytes of a text, a character each. */
export function byteCharacters(text: string): string {
  let out = '';
  for (const byte of encoder.encode(text)) out += CHARACTERS[byte];
  return out;
}
