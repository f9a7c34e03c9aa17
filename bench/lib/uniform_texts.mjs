// Texts that all have the same number of tokens, to hold a rate of mixed lengths against.
import { fail } from './options.mjs';
import { randomSource } from './random.mjs';

/** How many words of the texts are looked at. */
const WORDS = 20_000;

/**
 * @param tokenize gives the ids of a text, special tokens included
 * @returns `count` texts of `length` tokens each, of words of `texts` that are one token
 */
export function uniformTexts(texts, tokenize, { count, length }) {
  const special = tokenize('').length;
  const seen = new Set();
  for (const text of texts) {
    for (const [word] of text.toLowerCase().matchAll(/(?<=^|\s)[a-z]{2,}(?=\s|$)/g)) seen.add(word);
    if (seen.size > WORDS) break;
  }
  const words = [...seen].filter((word) => tokenize(word).length === special + 1);
  if (words.length === 0) fail('words of one token in the texts', 'none');
  const random = randomSource(1);
  const pick = () => words[Math.floor(random() * words.length)];
  return Array.from({ length: count }, () =>
    Array.from({ length: Math.max(1, length - special) }, pick).join(' '),
  );
}

/** In an order of its own that is the same in every run. */
export function shuffled(values) {
  const random = randomSource(2);
  return values
    .map((value) => ({ value, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}
