/** Byte pair encoding (Sennrich et al., arXiv 1508.07909): of all neighbours the pair with the earliest merge joins first. */
import type { JsonObject } from '../directory/json_file.js';
import { IntegerList, type IntegerSink } from './integer_list.js';
import type { LongWord, Model } from './model.js';
import { PairMap } from './pair_map.js';
import { PairQueue } from './pair_queue.js';
import { characterBefore } from './stage.js';
import { drainWithin, type WorkMeter } from './steps.js';
import { Vocabulary } from './vocabulary.js';

/** Longer words join their pairs by a queue, shorter ones by looking through them again and again. */
const SHORT = 48;

/** Merges by rank: the pair's rank, and the id that it becomes. */
interface Merges {
  ranks: PairMap;
  results: Int32Array;
}

function mergePairs(from: JsonObject): [string, string][] {
  const value = from.get('merges');
  const pairs = Array.isArray(value)
    ? value.map((merge: unknown) => (typeof merge === 'string' ? merge.split(' ') : merge))
    : undefined;
  const isPair = (pair: unknown): pair is [string, string] =>
    Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string');
  if (!pairs?.every(isPair)) from.fail('merges', 'an array of pairs of tokens');
  return pairs;
}

function readMerges(from: JsonObject, vocabulary: Vocabulary, prefix: string): Merges {
  const pairs = mergePairs(from);
  const ranks = new PairMap();
  const results = new Int32Array(pairs.length);
  const id = (token: string): number =>
    vocabulary.id(token) ?? from.fail('merges', 'tokens of the vocabulary', token);
  for (const [rank, [left, right]] of pairs.entries()) {
    ranks.set(id(left), id(right), rank);
    results[rank] = id(left + right.slice(prefix.length));
  }
  return { ranks, results };
}

export function bpe(from: JsonObject): Model {
  const vocabulary = Vocabulary.read(from);
  const prefix = from.optionalString('continuing_subword_prefix') ?? '';
  const merges = readMerges(from, vocabulary, prefix);
  const whole = from.boolean('ignore_merges', false);
  const symbols = symbolsOf(from, vocabulary, prefix);
  return {
    vocabulary,
    encode(word, meter) {
      const known = whole ? vocabulary.id(word) : undefined;
      if (known !== undefined) return [known];
      const ids: number[] = [];
      symbols(word, ids, { begins: true, ends: true, unknown: false });
      meter.add(word.length);
      if (ids.length <= SHORT) return mergeShort(ids, merges, meter);
      const out: number[] = [];
      const list = { length: ids.length, get: (index: number) => ids[index]! };
      drainWithin(meter, (own) => mergeLong(list, merges, out, own));
      return out;
    },
    long: (meter) => new BpeWord(vocabulary, whole, symbols, merges, meter),
  };
}

/** Where in its word a part lies, and what comes before it. */
interface Place {
  begins: boolean;
  ends: boolean;
  /** An unknown character is still to be reported. */
  unknown: boolean;
}

/** Appends the characters of a part of a word as ids, before any are merged. */
type Symbols = (part: string, ids: IntegerSink, place: Place) => void;

class BpeWord implements LongWord {
  private readonly symbols = new IntegerList();
  private readonly place: Place = { begins: true, ends: false, unknown: false };
  /** The last character: it may be the end of the word. */
  private held = '';
  /** The whole word as long as it may be a token. */
  private word: string | undefined;

  constructor(
    private readonly vocabulary: Vocabulary,
    whole: boolean,
    private readonly symbolsOf: Symbols,
    private readonly merges: Merges,
    private readonly meter: WorkMeter,
  ) {
    this.word = whole ? '' : undefined;
  }

  // biome-ignore lint/correctness/useYield: a part is read in one step
  *push(part: string): Generator<void, void, void> {
    this.meter.add(part.length);
    if (this.word !== undefined) {
      this.word = this.word.length > this.vocabulary.longest ? undefined : this.word + part;
    }
    const text = this.held + part;
    const last = characterBefore(text, text.length);
    this.held = text.slice(last);
    if (last > 0) this.symbolsOf(text.slice(0, last), this.symbols, this.place);
  }

  *end(ids: IntegerSink): Generator<void, void, void> {
    const known = this.word === undefined ? undefined : this.vocabulary.id(this.word);
    if (known !== undefined) ids.push(known);
    else {
      this.symbolsOf(this.held, this.symbols, { ...this.place, ends: true });
      yield* mergeLong(this.symbols, this.merges, ids, this.meter);
    }
  }
}

const encoder = new TextEncoder();

function symbolsOf(from: JsonObject, vocabulary: Vocabulary, prefix: string): Symbols {
  const suffix = from.optionalString('end_of_word_suffix') ?? '';
  const unknown = vocabulary.named(from, 'unk_token');
  const fuse = from.boolean('fuse_unk', false);
  const fallback = from.boolean('byte_fallback', false);
  const bytesOf = (text: string): number[] | undefined => {
    const ids = Array.from(encoder.encode(text), (byte) =>
      vocabulary.id(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
    );
    return ids.includes(undefined) ? undefined : (ids as number[]);
  };
  return (part, ids, place) => {
    let at = 0;
    for (const character of part) {
      const before = place.begins ? '' : prefix;
      place.begins = false;
      at += character.length;
      const symbol = before + character + (place.ends && at === part.length ? suffix : '');
      const id = vocabulary.id(symbol);
      const bytes = id === undefined && fallback ? bytesOf(symbol) : undefined;
      // As in the reference an unknown character waits for the next one that is a token or unknown: bytes go before it.
      if (place.unknown && unknown !== undefined && (id !== undefined || (bytes === undefined && !fuse))) {
        ids.push(unknown);
      }
      if (id !== undefined) ids.push(id);
      if (bytes) for (const byte of bytes) ids.push(byte);
      else place.unknown = id === undefined;
    }
    if (place.ends && place.unknown && unknown !== undefined) ids.push(unknown);
  };
}

function mergeShort(ids: number[], { ranks, results }: Merges, meter: WorkMeter): number[] {
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    let place = -1;
    meter.add(ids.length);
    for (let i = 0; i + 1 < ids.length; i++) {
      const rank = ranks.get(ids[i]!, ids[i + 1]!);
      if (rank >= 0 && rank < best) {
        best = rank;
        place = i;
      }
    }
    if (place < 0) return ids;
    ids.splice(place, 2, results[best]!);
  }
}

/** The same by a queue of pairs over a linked list: n log n comparisons. */
function* mergeLong(
  symbols: { readonly length: number; get(index: number): number },
  { ranks, results }: Merges,
  out: IntegerSink,
  meter: WorkMeter,
): Generator<void, void, void> {
  const n = symbols.length;
  const ids = new Int32Array(n);
  const next = new Int32Array(n);
  const previous = new Int32Array(n);
  const queue = new PairQueue(n);
  const offer = (place: number): void => {
    const rank = place < 0 || next[place]! < 0 ? -1 : ranks.get(ids[place]!, ids[next[place]!]!);
    if (rank >= 0) meter.add(queue.push(rank, place));
  };
  for (let i = 0; i < n; i++) {
    ids[i] = symbols.get(i);
    next[i] = i + 1 < n ? i + 1 : -1;
    previous[i] = i - 1;
    meter.add(1);
    if (meter.pauses) yield;
  }
  for (let i = 0; i + 1 < n; i++) {
    meter.add(1);
    offer(i);
    if (meter.pauses) yield;
  }
  while (queue.size > 0) {
    meter.add(queue.pop());
    if (meter.pauses) yield;
    const { rank, place } = queue;
    const right = next[place]!;
    // Either symbol may have been merged since the pair was queued.
    if (ids[place]! < 0 || right < 0 || ranks.get(ids[place]!, ids[right]!) !== rank) continue;
    ids[place] = results[rank]!;
    ids[right] = -1;
    next[place] = next[right]!;
    if (next[right]! >= 0) previous[next[right]!] = place;
    offer(previous[place]!);
    offer(place);
  }
  // The first symbol is never merged into one before it.
  for (let i = n > 0 ? 0 : -1; i >= 0; i = next[i]!) {
    out.push(ids[i]!);
    meter.add(1);
    if (meter.pauses) yield;
  }
}
