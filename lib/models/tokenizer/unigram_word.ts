/** The search for the best cut of a word that comes in parts (Viterbi's), which reports tokens once they are settled. */
import { IntegerList, type IntegerSink } from './integer_list.js';
import type { LongWord } from './model.js';
import { COPIED, type WorkMeter } from './steps.js';
import type { Trie } from './trie.js';

/** Code units after which it is looked whether the first tokens of a word are settled. */
const STRETCH = 2048;
/** Places that most words need. */
const ROOM = 64;
/** Places that are copied at once. */
const PART = 16_384;

export interface SearchParts {
  trie: Trie;
  scores: Float64Array;
  unknown: number;
  unknownScore: number;
  /** Code units of the longest token. */
  longest: number;
}

/** Makes ids of the tokens of a word. */
export interface TokenSink {
  /** @param text of an unknown character; undefined for tokens of the vocabulary */
  token(id: number, text: string | undefined, ids: IntegerSink): void;
  /** The word has ended. */
  end(ids: IntegerSink): void;
}

export class UnigramWord implements LongWord {
  /** What is not read yet; all below counts from where the settled tokens end. */
  private text = '';
  /** Where `text` begins. */
  private at = 0;
  private farthest = 0;
  /** Places from `at` on that the tokens of one character may reach. */
  private readonly ahead: number;
  private look = STRETCH;
  /** Places in the arrays below that are initialized. */
  private cleared = 0;
  /** The score of the best cut up to each place. */
  private best = new Float64Array(ROOM);
  /** The last token of the best cut; for an unknown character -1 less its code point. */
  private tokens = new Int32Array(ROOM);
  /** Where that token begins; -1: none ends here. */
  private begins = new Int32Array(ROOM);

  constructor(
    private readonly parts: SearchParts,
    private readonly sink: TokenSink,
    private readonly meter: WorkMeter,
  ) {
    this.ahead = Math.max(parts.longest, 2) + 1;
    this.clear(1);
    this.best[0] = 0;
    this.begins[0] = 0;
  }

  *push(part: string, ids: IntegerSink): Generator<void, void, void> {
    this.text += part;
    // The tokens that begin at a character are all there.
    yield* this.read(this.text.length - this.parts.longest - 1, ids);
  }

  *end(ids: IntegerSink): Generator<void, void, void> {
    yield* this.read(this.text.length, ids);
    yield* this.report(this.at, ids);
    this.sink.end(ids);
  }

  /** The whole word. */
  *all(word: string, ids: IntegerSink): Generator<void, void, void> {
    this.text = word;
    yield* this.end(ids);
  }

  /** The characters of `text` that begin before `limit`. */
  private *read(limit: number, ids: IntegerSink): Generator<void, void, void> {
    const { text, meter } = this;
    let i = 0;
    while (i < limit) {
      const places = this.at + this.ahead;
      if (places > this.best.length) yield* this.grow(2 * places);
      const width = text.codePointAt(i)! > 0xffff ? 2 : 1;
      this.readCharacter(text, i, width);
      i += width;
      this.at += width;
      if (this.at >= this.look) yield* this.settle(ids);
      if (meter.pauses) yield;
    }
    this.text = text.slice(i);
  }

  private readCharacter(text: string, i: number, width: number): void {
    const { trie, scores, unknownScore } = this.parts;
    const { at } = this;
    this.clear(at + this.ahead);
    const score = this.best[at]!;
    let single = false;
    let node = 0;
    let j = i;
    while (j < text.length) {
      node = trie.child(node, text.charCodeAt(j++));
      if (node < 0) break;
      const id = trie.token(node);
      if (id < 0) continue;
      single ||= j - i === width;
      this.offer(at + j - i, score + scores[id]!, id);
    }
    this.meter.add(j - i);
    if (!single) this.offer(at + width, score + unknownScore, -1 - text.codePointAt(i)!);
  }

  private offer(end: number, score: number, token: number): void {
    if (end > this.farthest) this.farthest = end;
    if (this.begins[end]! >= 0 && score <= this.best[end]!) return;
    this.best[end] = score;
    this.tokens[end] = token;
    this.begins[end] = this.at;
  }

  /** Reports the tokens before the last place that all best cuts share whose ends lie from `at` on. */
  private *settle(ids: IntegerSink): Generator<void, void, void> {
    const { begins, at, farthest, meter } = this;
    let low = at;
    for (let end = at + 1; end <= farthest; end++) {
      let other = begins[end]! < 0 ? low : end;
      while (other !== low) {
        if (other > low) other = begins[other]!;
        else low = begins[low]!;
        meter.add(1);
        if (meter.pauses) yield;
      }
    }
    if (low === 0) {
      // Twice as far, so that all looks together cost no more than the reading.
      this.look = 2 * at;
      return;
    }
    yield* this.report(low, ids);
    begins.copyWithin(0, low, farthest + 1);
    this.best.copyWithin(0, low, farthest + 1);
    this.tokens.copyWithin(0, low, farthest + 1);
    this.at = at - low;
    this.farthest = farthest - low;
    this.cleared = this.farthest + 1;
    for (let i = 0; i < this.cleared; i++) if (begins[i]! >= 0) begins[i] = Math.max(0, begins[i]! - low);
    meter.add(this.cleared);
    this.look = this.at + STRETCH;
  }

  /** The tokens of the best cut up to `end`. */
  private *report(end: number, ids: IntegerSink): Generator<void, void, void> {
    const { begins, tokens, meter } = this;
    const ends = new IntegerList();
    for (let place = end; place > 0; place = begins[place]!) {
      ends.push(place);
      meter.add(1);
      if (meter.pauses) yield;
    }
    for (let i = ends.length - 1; i >= 0; i--) {
      const token = tokens[ends.get(i)]!;
      if (token >= 0) this.sink.token(token, undefined, ids);
      else this.sink.token(this.parts.unknown, String.fromCodePoint(-1 - token), ids);
      meter.add(1);
      if (meter.pauses) yield;
    }
  }

  /** Makes room for so many places. What is there is copied in parts, as it may be many megabytes. */
  private *grow(room: number): Generator<void, void, void> {
    const { best, tokens, begins, meter } = this;
    const larger = {
      best: new Float64Array(room),
      tokens: new Int32Array(room),
      begins: new Int32Array(room),
    };
    for (let at = 0; at < this.cleared; at += PART) {
      const end = Math.min(at + PART, this.cleared);
      larger.best.set(best.subarray(at, end), at);
      larger.tokens.set(tokens.subarray(at, end), at);
      larger.begins.set(begins.subarray(at, end), at);
      meter.add((3 * (end - at)) / COPIED);
      if (meter.pauses) yield;
    }
    this.best = larger.best;
    this.tokens = larger.tokens;
    this.begins = larger.begins;
  }

  /** Marks so many places as reached by no token, those that are not marked yet. */
  private clear(places: number): void {
    if (places <= this.cleared) return;
    this.begins.fill(-1, this.cleared, places);
    this.cleared = places;
  }
}
