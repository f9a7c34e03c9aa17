/** Where in its text a token stands: the tokenizer keeps no offsets, so that the names of the tokens are looked for. */

/** In Unicode characters, as text-embeddings-inference counts. */
export interface Span {
  start: number;
  stop: number;
}

interface Letter {
  letter: string;
  /** Index of the character that it comes from. */
  owner: number;
}

/** Letters that a token which is not found at its place may lie further on. */
const REACH = 32;

/** Characters or tokens of one step: about a millisecond. */
const STEP = 1024;

type Spans = (Span | undefined)[];

/**
 * In steps, between which other work may be done.
 * @param names what the vocabulary calls the tokens of the text, special ones left out
 * @returns undefined where the text does not show the token
 */
export function* tokenSpans(text: string, names: readonly string[]): Generator<void, Spans, void> {
  // The names of a single word don't show which kind of vocabulary they are of.
  const words = yield* wordSpans(text, names);
  if (!words.includes(undefined)) return words;
  const bytes = yield* byteSpans(text, names);
  const missing = (spans: readonly unknown[]): number => spans.filter((span) => span === undefined).length;
  return missing(bytes) < missing(words) ? bytes : words;
}

/** The bytes that byte-level vocabularies write as visible characters. */
const BYTES: ReadonlyMap<string, number> = (() => {
  const map = new Map<string, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const visible = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    map.set(String.fromCodePoint(visible ? byte : next++), byte);
  }
  return map;
})();

/** What `of` gives for every item, in steps. */
function* mapped<T, R>(items: Iterable<T>, of: (item: T, index: number) => R): Generator<void, R[], void> {
  const results: R[] = [];
  for (const item of items) {
    results.push(of(item, results.length));
    if (results.length % STEP === 0) yield;
  }
  return results;
}

function* byteSpans(text: string, names: readonly string[]): Generator<void, Spans, void> {
  const bytes = Buffer.from(text);
  // Of every byte the character that it belongs to.
  const owners = new Uint32Array(bytes.length);
  let filled = 0;
  yield* mapped(text, (character, i) => {
    const end = filled + Buffer.byteLength(character);
    owners.fill(i, filled, end);
    filled = end;
  });
  let at = 0;
  return yield* mapped(names, (name) => {
    // Added tokens are named as they are.
    const own = [...name].flatMap((character) => BYTES.get(character) ?? [...Buffer.from(character)]);
    // A tokenizer that puts a space before the first word gives it a byte which the text does not have.
    const shown = own[0] === 0x20 && bytes[at] !== 0x20 ? own.slice(1) : own;
    if (shown.length === 0 || !shown.every((byte, i) => bytes[at + i] === byte)) return undefined;
    const span = { start: owners[at]!, stop: owners[at + shown.length - 1]! + 1 };
    at += shown.length;
    return span;
  });
}

/** What normalizers take off before the vocabulary is asked: case, accents, compatibility forms. */
function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().normalize('NFKD');
}

function* wordSpans(text: string, names: readonly string[]): Generator<void, Spans, void> {
  // Folding may make several letters of a character, or none.
  const letters: Letter[] = [];
  yield* mapped(text, (character, owner) => {
    for (const letter of folded(character)) letters.push({ letter, owner });
  });
  let at = 0;
  const span = (begin: number, end: number): Span => {
    at = end;
    return { start: letters[begin]!.owner, stop: letters[end - 1]!.owner + 1 };
  };
  return yield* mapped(names, (name) => {
    while (at < letters.length && /^[\s\p{C}]$/u.test(letters[at]!.letter)) at++;
    const wanted = [...folded(name.replace(/^(?:##|\u2581+)/u, '').replace(/<\/w>$/, ''))];
    const fits = (begin: number): boolean =>
      wanted.every((letter, i) => letters[begin + i]?.letter === letter);
    if (wanted.length === 0 || at >= letters.length) return undefined;
    if (fits(at)) return span(at, at + wanted.length);
    if (/^(?:\[UNK\]|<unk>)$/i.test(name)) return span(at, wordEnd(letters, at));
    for (let begin = at + 1; begin < at + REACH; begin++) {
      if (fits(begin)) return span(begin, begin + wanted.length);
    }
    return undefined;
  });
}

/** A word that the vocabulary has no tokens for is one token as a whole; a mark stands alone. */
function wordEnd(letters: readonly Letter[], begin: number): number {
  // What tokenizers divide at besides spaces: marks, of ASCII the symbols too, and ideographs.
  const divides = (i: number): boolean =>
    /^[\s\p{P}$+<=>^`|~\p{Script=Han}]$/u.test(letters[i]?.letter ?? ' ');
  let end = begin + 1;
  while (!divides(begin) && !divides(end)) end++;
  return end;
}
