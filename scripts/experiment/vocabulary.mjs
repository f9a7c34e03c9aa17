// Words and their numbers. Whole words: what the variants differ in does not depend on how words are cut.

export const PADDING = 0;
const UNKNOWN = 1;
const FIRST_WORD = 2;

/** Letters with apostrophes between, digits, and the two marks that carry mood. */
const WORD = /\p{L}+(?:['’]\p{L}+)*|\p{N}+|[!?]/gu;

const wordsOf = (text) => text.toLowerCase().match(WORD) ?? [];

export class Vocabulary {
  #ids;

  /** The `size` most frequent words that occur twice, with the padding and the unknown word. */
  constructor(texts, size) {
    const counts = new Map();
    for (const text of texts) {
      for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    const words = [...counts].filter(([, count]) => count > 1);
    // By count, then by code units: equal counts must not depend on the order of the texts.
    words.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    this.#ids = new Map(words.slice(0, size - FIRST_WORD).map(([word], i) => [word, i + FIRST_WORD]));
  }

  get size() {
    return this.#ids.size + FIRST_WORD;
  }

  /** At least one number, at most `maxLength`: those of the last words. */
  encode(text, maxLength) {
    const words = wordsOf(text).slice(-maxLength);
    return Int32Array.from(words.length > 0 ? words : [''], (word) => this.#ids.get(word) ?? UNKNOWN);
  }
}
