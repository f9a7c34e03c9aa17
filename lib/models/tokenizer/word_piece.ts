/** WordPiece (Schuster and Nakajima 2012): a word's longest pieces from the left; and words that are tokens themselves. */
import type { JsonObject } from '../directory/json_file.js';
import type { LongWord, Model } from './model.js';
import { drainWithin, type WorkMeter } from './steps.js';
import { LONG_TOKEN, Vocabulary } from './vocabulary.js';

export function wordPiece(from: JsonObject): Model {
  const vocabulary = Vocabulary.read(from);
  const prefix = from.string('continuing_subword_prefix', '##');
  const longest = from.integer('max_input_chars_per_word', 0, Number.MAX_SAFE_INTEGER, 100);
  const unknown = vocabulary.id(from.string('unk_token', '[UNK]'));
  const unknownIds = (): number[] => {
    if (unknown === undefined) from.fail('unk_token', 'a token of the vocabulary');
    return [unknown];
  };
  const long = longTokens(vocabulary);
  function* cut(word: string, meter: WorkMeter): Generator<void, number[], void> {
    const ids: number[] = [];
    for (let begin = 0; begin < word.length; ) {
      const before = begin > 0 ? prefix : '';
      let end = begin;
      let id: number | undefined;
      let work = LONG_TOKEN;
      // Trying every length up to the longest would take its square.
      const beginning = (before + word.slice(begin, begin + LONG_TOKEN)).slice(0, LONG_TOKEN);
      for (const length of long.get(beginning) ?? []) {
        end = begin + length - before.length;
        if (end > word.length) continue;
        id = vocabulary.id(before + word.slice(begin, end));
        work += length;
        if (id !== undefined) break;
      }
      if (id === undefined) end = Math.min(word.length, begin + LONG_TOKEN);
      while (id === undefined && end > begin) {
        id = vocabulary.id(before + word.slice(begin, end));
        work += end - begin;
        if (id === undefined) end--;
      }
      meter.add(work);
      if (id === undefined) return unknownIds();
      ids.push(id);
      begin = end;
      if (meter.pauses) yield;
    }
    return ids;
  }
  return {
    vocabulary,
    encode(word, meter) {
      // Characters are at most as many as code units.
      if (word.length > longest && [...word].length > longest) return unknownIds();
      return drainWithin(meter, (own) => cut(word, own));
    },
    long: (meter) =>
      gathered(longest, (word) => (word === undefined ? unknownIds() : cut(word, meter)), meter),
  };
}

/** Lengths of the tokens that begin with the same LONG_TOKEN code units, from the longest on. */
function longTokens({ long }: Vocabulary): ReadonlyMap<string, readonly number[]> {
  const lengths = new Map<string, number[]>();
  for (const token of long) {
    const begin = token.slice(0, LONG_TOKEN);
    const known = lengths.get(begin);
    if (known === undefined) lengths.set(begin, [token.length]);
    else known.push(token.length);
  }
  for (const known of lengths.values()) known.sort((a, b) => b - a);
  return lengths;
}

export function wordLevel(from: JsonObject): Model {
  const vocabulary = Vocabulary.read(from);
  const unknown = vocabulary.named(from, 'unk_token');
  const encode = (word: string | undefined): number[] => {
    const id = (word === undefined ? undefined : vocabulary.id(word)) ?? unknown;
    return id === undefined ? [] : [id];
  };
  return {
    vocabulary,
    encode,
    long: (meter) => gathered(vocabulary.longest, encode, meter),
  };
}

/** @param encode gets no word where it has more than `longest` characters: nothing of it is needed then */
function gathered(
  longest: number,
  encode: (word: string | undefined) => number[] | Generator<void, number[], void>,
  meter: WorkMeter,
): LongWord {
  let parts: string[] = [];
  let characters = 0;
  return {
    // biome-ignore lint/correctness/useYield: a part is read in one step
    *push(part) {
      meter.add(part.length);
      if (characters > longest) return;
      characters += [...part].length;
      parts.push(part);
      if (characters > longest) parts = [];
    },
    *end(ids) {
      const found = encode(characters > longest ? undefined : parts.join(''));
      for (const id of Array.isArray(found) ? found : yield* found) ids.push(id);
    },
  };
}
