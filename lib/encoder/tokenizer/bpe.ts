/** Byte pair encoding (Sennrich et al., arXiv 1508.07909): of all neighbours the pair with the earliest merge joins first. */
import type { JsonObject } from '../json_file.js';
import type { Model } from './models.js';
import { PairMap } from './pair_map.js';
import { PairQueue } from './pair_queue.js';
import { drain } from './steps.js';
import { Vocabulary } from './vocabulary.js';

/** Longer words join their pairs by a queue, shorter ones by looking through them again and again. */
const SHORT = 48;

/** Pairs that are queued or taken in one step: a millisecond or less. */
const STEP = 2048;

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
    encode(word) {
      const known = whole ? vocabulary.id(word) : undefined;
      if (known !== undefined) return [known];
      const ids = symbols(word);
      return ids.length <= SHORT ? mergeShort(ids, merges) : drain(mergeLong(ids, merges));
    },
    *steps(word) {
      const known = whole ? vocabulary.id(word) : undefined;
      return known === undefined ? yield* mergeLong(symbols(word), merges) : [known];
    },
  };
}

const encoder = new TextEncoder();

/** The characters of a word as ids, before any are merged. */
function symbolsOf(from: JsonObject, vocabulary: Vocabulary, prefix: string): (word: string) => number[] {
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
  return (word) => {
    const ids: number[] = [];
    let afterUnknown = false;
    let at = 0;
    for (const character of word) {
      const begins = at === 0;
      at += character.length;
      const symbol = (begins ? '' : prefix) + character + (at === word.length ? suffix : '');
      const id = vocabulary.id(symbol);
      const bytes = id === undefined && fallback ? bytesOf(symbol) : undefined;
      if (id !== undefined) ids.push(id);
      else if (bytes) ids.push(...bytes);
      else if (unknown !== undefined && !(fuse && afterUnknown)) ids.push(unknown);
      afterUnknown = id === undefined && bytes === undefined;
    }
    return ids;
  };
}

function mergeShort(ids: number[], { ranks, results }: Merges): number[] {
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    let place = -1;
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
function* mergeLong(symbols: readonly number[], { ranks, results }: Merges): Generator<void, number[], void> {
  const n = symbols.length;
  const ids = Int32Array.from(symbols);
  const next = Int32Array.from(symbols, (_, i) => (i + 1 < n ? i + 1 : -1));
  const previous = Int32Array.from(symbols, (_, i) => i - 1);
  const queue = new PairQueue();
  const offer = (place: number): void => {
    const rank = place < 0 || next[place]! < 0 ? -1 : ranks.get(ids[place]!, ids[next[place]!]!);
    if (rank >= 0) queue.push(rank, place);
  };
  for (let i = 0; i + 1 < n; i++) {
    if (i % STEP === STEP - 1) yield;
    offer(i);
  }
  for (let taken = 1; queue.pop(); taken++) {
    if (taken % STEP === 0) yield;
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
  return Array.from(ids.filter((id) => id >= 0));
}
