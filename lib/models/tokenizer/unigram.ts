/** Unigram (Kudo, arXiv 1804.10959): of all ways to cut a word into tokens the one with the greatest sum of scores. */
import type { JsonObject } from '../directory/json_file.js';
import type { IntegerSink } from './integer_list.js';
import type { Model } from './model.js';
import { COPIED, drainWithin, type WorkMeter } from './steps.js';
import { Trie } from './trie.js';
import { type SearchParts, type TokenSink, UnigramWord } from './unigram_word.js';
import { Vocabulary } from './vocabulary.js';

/** How far the score of an unknown character is below the least of the vocabulary. */
const UNKNOWN_PENALTY = 10;

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

export function unigram(from: JsonObject): Model {
  const { tokens, scores } = readPieces(from);
  const unknown = from.optionalInteger('unk_id', 0, tokens.length - 1) ?? -1;
  const vocabulary = Vocabulary.of(tokens);
  const least = scores.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const search: SearchParts = {
    trie: new Trie(tokens),
    scores,
    unknown,
    unknownScore: least - UNKNOWN_PENALTY,
    longest: vocabulary.longest,
  };
  const bytes = from.boolean('byte_fallback', false) ? byteTokens(vocabulary) : undefined;
  const unknownId = (): number =>
    unknown < 0 ? from.fail('unk_id', 'the id of a token for what the vocabulary lacks') : unknown;
  const makeWord = (meter: WorkMeter): UnigramWord =>
    new UnigramWord(search, new UnknownRuns(vocabulary, unknown, unknownId, bytes, meter), meter);
  return {
    vocabulary,
    encode(word, meter) {
      const ids: number[] = [];
      drainWithin(meter, (own) => makeWord(own).all(word, ids));
      return ids;
    },
    long: makeWord,
  };
}

const encoder = new TextEncoder();

/** Ids of the bytes, as far as the vocabulary has them. */
function byteTokens(vocabulary: Vocabulary): (number | undefined)[] {
  return Array.from({ length: 256 }, (_, byte) =>
    vocabulary.id(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
  );
}

/**
 * Tokens of a word as they are reported. Unknown characters side by side, and tokens that share the id for unknown ones,
 * are one run: it is the token of that text if there is one, else its bytes if the vocabulary has each, else unknown.
 */
class UnknownRuns implements TokenSink {
  private open = false;
  /** The run as long as it may be a token. */
  private text: string | undefined = '';
  private ids: number[] = [];
  private lacksByte: boolean;
  /** The run is reported already. */
  private said = false;
  private readonly everyByte: boolean;

  constructor(
    private readonly vocabulary: Vocabulary,
    private readonly unknown: number,
    private readonly unknownId: () => number,
    private readonly bytes: readonly (number | undefined)[] | undefined,
    private readonly meter: WorkMeter,
  ) {
    this.everyByte = bytes?.includes(undefined) === false;
    this.lacksByte = bytes === undefined;
  }

  token(id: number, text: string | undefined, ids: IntegerSink): void {
    if (id === this.unknown) this.extend(text ?? this.vocabulary.name(id)!, ids);
    else {
      this.end(ids);
      ids.push(id);
    }
  }

  end(ids: IntegerSink): void {
    if (!this.open) return;
    const known = this.text === undefined ? undefined : this.vocabulary.id(this.text);
    if (known !== undefined) ids.push(known);
    else if (!this.lacksByte) this.release(ids);
    else if (!this.said) ids.push(this.unknownId());
    [this.open, this.text, this.ids, this.said] = [false, '', [], false];
    this.lacksByte = this.bytes === undefined;
  }

  private extend(text: string, ids: IntegerSink): void {
    this.open = true;
    if (this.text !== undefined) this.text += text;
    if (this.text !== undefined && this.text.length > this.vocabulary.longest) this.text = undefined;
    if (!this.lacksByte) this.addBytes(text);
    // What is longer than every token need not wait for its end.
    if (this.text !== undefined) return;
    if (this.everyByte) this.release(ids);
    else if (this.lacksByte && !this.said) {
      ids.push(this.unknownId());
      this.said = true;
    }
  }

  private addBytes(text: string): void {
    for (const byte of encoder.encode(text)) {
      const id = this.bytes![byte];
      if (id === undefined) {
        [this.lacksByte, this.ids] = [true, []];
        return;
      }
      this.ids.push(id);
    }
  }

  private release(ids: IntegerSink): void {
    for (const id of this.ids) ids.push(id);
    this.meter.add(this.ids.length / COPIED);
    this.ids = [];
  }
}
