/** WordPiece (Schuster and Nakajima 2012): a word's longest pieces from the left; and words that are tokens themselves. */
import type { JsonObject } from '../json_file.js';
import type { Model } from './models.js';
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
  return {
    vocabulary,
    encode(word) {
      // Characters are at most as many as code units.
      if (word.length > longest && [...word].length > longest) return unknownIds();
      const ids: number[] = [];
      for (let begin = 0; begin < word.length; ) {
        const before = begin > 0 ? prefix : '';
        let end = Math.min(word.length, begin + vocabulary.longest);
        let id: number | undefined;
        for (; end > begin; end--) {
          id = vocabulary.id(before + word.slice(begin, end));
          if (id !== undefined) break;
        }
        if (id === undefined) return unknownIds();
        ids.push(id);
        begin = end;
      }
      return ids;
    },
  };
}

export function wordLevel(from: JsonObject): Model {
  const vocabulary = Vocabulary.read(from);
  const unknown = vocabulary.named(from, 'unk_token');
  return {
    vocabulary,
    encode(word) {
      const id = vocabulary.id(word) ?? unknown;
      return id === undefined ? [] : [id];
    },
  };
}
