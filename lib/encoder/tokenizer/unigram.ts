/** Unigram (Kudo, arXiv 1804.10959): of all ways to cut a word into tokens the one with the greatest sum of scores. */
import type { JsonObject } from '../json_file.js';
import type { Model } from './models.js';
import { PairMap } from './pair_map.js';
import { Vocabulary } from './vocabulary.js';

/** How far the score of an unknown character is below the least of the vocabulary. */
const UNKNOWN_PENALTY = 10;

/** Characters after which it is looked whether enough of a long word is settled. */
const STRETCH = 4096;

interface Pieces {
  tokens: string[];
  scores: Float64Array;
}

function readPieces(from: JsonObject): Pieces {
  const value = from.get('vocab');
  const isPiece = (piece: unknown): piece is [string, number] =>
    Array.isArray(piece) && typeof piece[0] === 'string' && typeof piece[1] === 'number';
  if (!Array.isArray(value) || value.length === 0 || !value.every(isPiece)) {
    from.fail('vocab', 'an array of tokens with their scores');
  }
  return { tokens: value.map(([token]) => token), scores: Float64Array.from(value, ([, score]) => score) };
}

/** Tokens by their code units. */
class Trie {
  private readonly edges = new PairMap();
  /** Of every node the token that ends there, or -1. */
  private readonly ends: Int32Array;

  constructor(tokens: readonly string[]) {
    const most = tokens.reduce((sum, token) => sum + token.length, 1);
    const ends = new Int32Array(most).fill(-1);
    let nodes = 1;
    for (const [id, token] of tokens.entries()) {
      let node = 0;
      for (let i = 0; i < token.length; i++) {
        const unit = token.charCodeAt(i);
        let child = this.edges.get(node, unit);
        if (child < 0) {
          child = nodes++;
          this.edges.set(node, unit, child);
        }
        node = child;
      }
      ends[node] = id;
    }
    this.ends = ends.slice(0, nodes);
  }

  /** -1 where no token goes on like this. */
  child(node: number, unit: number): number {
    return this.edges.get(node, unit);
  }

  token(node: number): number {
    return this.ends[node]!;
  }
}

export function unigram(from: JsonObject): Model {
  const { tokens, scores } = readPieces(from);
  const unknown = from.optionalInteger('unk_id', 0, tokens.length - 1) ?? -1;
  const trie = new Trie(tokens);
  const vocabulary = Vocabulary.of(tokens);
  const least = scores.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const bytes = from.boolean('byte_fallback', false) ? byteTokens(vocabulary) : undefined;
  const search = new Search(trie, scores, least - UNKNOWN_PENALTY, unknown);
  return {
    vocabulary,
    encode(word, room) {
      const ids: number[] = [];
      let end = 0;
      let afterUnknown = false;
      for (const [id, length] of search.run(word, room)) {
        const begin = end;
        end += length;
        if (id === unknown && bytes) {
          for (const byte of encoder.encode(word.slice(begin, end))) ids.push(bytes[byte]!);
        } else if (id !== unknown || !afterUnknown) {
          // Unknown characters side by side are one token.
          if (id < 0) from.fail('unk_id', 'the id of a token for what the vocabulary lacks');
          ids.push(id);
        }
        afterUnknown = id === unknown;
      }
      return ids;
    },
  };
}

const encoder = new TextEncoder();

/** Ids of all bytes; undefined unless the vocabulary has every one. */
function byteTokens(vocabulary: Vocabulary): number[] | undefined {
  const ids = Array.from({ length: 256 }, (_, byte) =>
    vocabulary.id(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
  );
  return ids.includes(undefined) ? undefined : (ids as number[]);
}

class Search {
  constructor(
    private readonly trie: Trie,
    private readonly scores: Float64Array,
    private readonly unknownScore: number,
    private readonly unknown: number,
  ) {}

  /** [id, code units] of the best cut's tokens; of a long word at least the first `room`. */
  run(word: string, room: number): [number, number][] {
    const n = word.length;
    const best = new Float64Array(n + 1).fill(Number.NEGATIVE_INFINITY);
    const ids = new Int32Array(n + 1);
    // Where the last token of the best cut up to here begins; -1: no token ends here.
    const begins = new Int32Array(n + 1).fill(-1);
    best[0] = 0;
    begins[0] = 0;
    let farthest = 0;
    let look = STRETCH;
    for (let at = 0; at < n; ) {
      const width = word.codePointAt(at)! > 0xffff ? 2 : 1;
      let single = false;
      let node = 0;
      for (let end = at; end < n; ) {
        node = this.trie.child(node, word.charCodeAt(end++));
        if (node < 0) break;
        const id = this.trie.token(node);
        if (id < 0) continue;
        single ||= end - at === width;
        farthest = Math.max(farthest, end);
        const score = best[at]! + this.scores[id]!;
        if (begins[end]! < 0 || score > best[end]!) {
          best[end] = score;
          ids[end] = id;
          begins[end] = at;
        }
      }
      if (!single) {
        const end = at + width;
        farthest = Math.max(farthest, end);
        const score = best[at]! + this.unknownScore;
        if (begins[end]! < 0 || score > best[end]!) {
          best[end] = score;
          ids[end] = this.unknown;
          begins[end] = at;
        }
      }
      at += width;
      if (at >= look && at < n) {
        look = at + STRETCH;
        const settled = trace(ids, begins, meeting(begins, at, farthest));
        if (settled.length > room && this.fused(settled) > room) return settled;
      }
    }
    return trace(ids, begins, n);
  }

  /** How many there are when unknown characters side by side are one. */
  private fused(tokens: readonly [number, number][]): number {
    return tokens.filter(([id], i) => id !== this.unknown || tokens[i - 1]?.[0] !== this.unknown).length;
  }
}

/** The last place that all best cuts share whose ends lie from `at` to `farthest`: what is before it is settled. */
function meeting(begins: Int32Array, at: number, farthest: number): number {
  let low = -1;
  for (let end = at; end <= farthest; end++) {
    if (begins[end]! < 0) continue;
    let other = end;
    if (low < 0) low = other;
    while (other !== low) {
      if (other > low) other = begins[other]!;
      else low = begins[low]!;
    }
  }
  return low;
}

/** Tokens of the best cut that ends at `end`. */
function trace(ids: Int32Array, begins: Int32Array, end: number): [number, number][] {
  const tokens: [number, number][] = [];
  for (let at = end; at > 0; at = begins[at]!) tokens.push([ids[at]!, at - begins[at]!]);
  return tokens.reverse();
}
