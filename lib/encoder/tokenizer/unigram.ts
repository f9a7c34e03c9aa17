/** Unigram (Kudo, arXiv 1804.10959): of all ways to cut a word into tokens the one with the greatest sum of scores. */
import type { JsonObject } from '../json_file.js';
import type { IntegerSink } from './integer_list.js';
import type { Model } from './models.js';
import { drainWithin, type WorkMeter } from './steps.js';
import { Trie } from './trie.js';
import { type SearchParts, UnigramWord } from './unigram_word.js';
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
  const makeWord = (meter: WorkMeter): UnigramWord => {
    let afterUnknown = false;
    const onToken = (id: number, text: string | undefined, ids: IntegerSink): void => {
      if (id === unknown && bytes) {
        for (const byte of encoder.encode(text ?? tokens[id])) ids.push(bytes[byte]!);
      } else if (id !== unknown || !afterUnknown) {
        // Unknown characters side by side are one token.
        if (id < 0) from.fail('unk_id', 'the id of a token for what the vocabulary lacks');
        ids.push(id);
      }
      afterUnknown = id === unknown;
    };
    return new UnigramWord(search, onToken, meter);
  };
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

/** Ids of all bytes; undefined unless the vocabulary has every one. */
function byteTokens(vocabulary: Vocabulary): number[] | undefined {
  const ids = Array.from({ length: 256 }, (_, byte) =>
    vocabulary.id(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
  );
  return ids.includes(undefined) ? undefined : (ids as number[]);
}
