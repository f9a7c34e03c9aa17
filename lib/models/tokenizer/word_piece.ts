/** WordPiece (Schuster and Nakajima 2012): a word's longest pieces from the left; and words that are tokens themselves. */
import type { JsonObject } from '../directory/json_file.js';
import type { LongWord, Model } from './model.js';
import { drainWithin, type WorkMeter } from './steps.js';
import { Vocabulary } from './vocabulary.js';

export function wordPiece(from: JsonObject): Model {
  const vocabulary = Vocabulary.read(from);
  const prefix = from.string('continuing_subword_prefix', '##');
  const longest = from.integer('max_input_chars_per_word', 0, Number.MAX_SAFE_INTEGER, 100);
  const unknown = vocabulary.id(from.string('unk_token', '[UNK]'));
  const unknownIds = (): number[] => {
    if (unknown === undefined) from.fail('unk_token', 'a token of the vocabulary');
    return [unknown];
  };
  function* cut(word: string, meter: WorkMeter): Generator<void, number[], void> {
    const ids: number[] = [];
    for (let begin = 0; begin < word.length; ) {
      const before = begin > 0 ? prefix : '';
      let end = Math.min(word.length, begin + vocabulary.longest);
      let id: number | undefined;
      let work = 0;
      for (; end > begin; end--) {
        id = vocabulary.id(before + word.slice(begin, end));
        work += end - begin;
        if (id !== undefined) break;
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
