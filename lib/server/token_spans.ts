/** Where in its text a token stands: the tokenizer keeps no offsets, so that the names of the tokens are looked for. */

import { IntegerList } from '../models/tokenizer/integer_list.js';

/** In Unicode characters, as text-embeddings-inference counts. */
export interface Span {
  start: number;
  stop: number;
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
  return missing(bytes) < missing(words) ? bytes : words;
}

function missing(spans: Spans): number {
  let count = 0;
  for (const span of spans) if (span === undefined) count++;
  return count;
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

function* byteSpans(text: string, names: readonly string[]): Generator<void, Spans, void> {
  const bytes = Buffer.from(text);
  // The character that each byte belongs to.
  const owners = new Uint32Array(bytes.length);
  let filled = 0;
  let owner = 0;
  for (const character of text) {
    const end = filled + Buffer.byteLength(character);
    owners.fill(owner, filled, end);
    filled = end;
    if (++owner % STEP === 0) yield;
  }
  const spans: Spans = [];
  let at = 0;
  for (const name of names) {
    // Added tokens are named as they are.
    const own = [...name].flatMap((character) => BYTES.get(character) ?? [...Buffer.from(character)]);
    // A tokenizer that puts a space before the first word gives it a byte which the text does not have.
    const shown = own[0] === 0x20 && bytes[at] !== 0x20 ? own.slice(1) : own;
    if (shown.length === 0 || !shown.every((byte, i) => bytes[at + i] === byte)) spans.push(undefined);
    else {
      spans.push({ start: owners[at]!, stop: owners[at + shown.length - 1]! + 1 });
      at += shown.length;
    }
    if (spans.length % STEP === 0) yield;
  }
  return spans;
}

/** What normalizers take off before the vocabulary is asked: case, accents, compatibility forms. */
function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().normalize('NFKD');
}

/** Letters of a folded text, each with the index of the character that it comes from. */
class Letters {
  private readonly points = new IntegerList();
  private readonly owners = new IntegerList();

  get length(): number {
    return this.points.length;
  }

  add(letter: string, owner: number): void {
    this.points.push(letter.codePointAt(0)!);
    this.owners.push(owner);
  }

  at(index: number): string | undefined {
    return index < this.length ? String.fromCodePoint(this.points.get(index)) : undefined;
  }

  /** What the letters from `begin` to `end - 1` are of the text. */
  span(begin: number, end: number): Span {
    return { start: this.owners.get(begin), stop: this.owners.get(end - 1) + 1 };
  }

  has(wanted: readonly string[], begin: number): boolean {
    return wanted.every((letter, i) => this.at(begin + i) === letter);
  }
}

function* wordSpans(text: string, names: readonly string[]): Generator<void, Spans, void> {
  // Folding may make several letters of a character, or none.
  const letters = new Letters();
  let owner = 0;
  for (const character of text) {
    for (const letter of folded(character)) letters.add(letter, owner);
    if (++owner % STEP === 0) yield;
  }
  const spans: Spans = [];
  let at = 0;
  for (const name of names) {
    for (let skipped = 0; at < letters.length && /^[\s\p{C}]$/u.test(letters.at(at)!); at++) {
      if (++skipped % STEP === 0) yield;
    }
    const wanted = [...folded(name.replace(/^(?:##|\u2581+)/u, '').replace(/<\/w>$/, ''))];
    const found = wanted.length === 0 ? undefined : yield* findWord(letters, wanted, name, at);
    if (found) at = found.end;
    spans.push(found && letters.span(found.begin, found.end));
    if (spans.length % STEP === 0) yield;
  }
  return spans;
}

function* findWord(
  letters: Letters,
  wanted: readonly string[],
  name: string,
  at: number,
): Generator<void, { begin: number; end: number } | undefined, void> {
  if (at >= letters.length) return undefined;
  if (letters.has(wanted, at)) return { begin: at, end: at + wanted.length };
  if (/^(?:\[UNK\]|<unk>)$/i.test(name)) return { begin: at, end: yield* wordEnd(letters, at) };
  for (let begin = at + 1; begin < at + REACH; begin++) {
    if (letters.has(wanted, begin)) return { begin, end: begin + wanted.length };
  }
  return undefined;
}

/** What tokenizers divide at besides spaces: marks, of ASCII the symbols too, and ideographs. */
const DIVIDES = /^[\s\p{P}$+<=>^`|~\p{Script=Han}]$/u;

/** A word that the vocabulary has no tokens for is one token as a whole; a mark stands alone. */
function* wordEnd(letters: Letters, begin: number): Generator<void, number, void> {
  let end = begin + 1;
  if (DIVIDES.test(letters.at(begin) ?? ' ')) return end;
  for (; !DIVIDES.test(letters.at(end) ?? ' '); end++) if (end % STEP === 0) yield;
  return end;
}
