/** Models of tokenizer.json: words to ids. */
import type { JsonObject } from '../directory/json_file.js';
import { bpe } from './bpe.js';
import { create } from './component.js';
import type { Model } from './model.js';
import type { WorkMeter } from './steps.js';
import { unigram } from './unigram.js';
import { wordLevel, wordPiece } from './word_piece.js';

const KINDS: Readonly<Record<string, (from: JsonObject) => Model>> = {
  BPE: bpe,
  Unigram: unigram,
  WordLevel: wordLevel,
  WordPiece: wordPiece,
};

/** Words up to this length are remembered; most of a text is made of few words. */
const REMEMBERED_LENGTH = 40;
/** Words that are remembered, some MiB of them. */
const REMEMBERED = 32768;

export function createModel(from: JsonObject): Model {
  const model = create(from, KINDS);
  const known = new Map<string, readonly number[]>();
  const encode = (word: string, meter: WorkMeter): readonly number[] => {
    if (word.length > REMEMBERED_LENGTH) return model.encode(word, meter);
    let ids = known.get(word);
    if (ids === undefined) {
      ids = model.encode(word, meter);
      if (known.size >= REMEMBERED) known.clear();
      // Slices of a text would keep the whole text in memory.
      known.set(Buffer.from(word, 'utf16le').toString('utf16le'), ids);
    }
    return ids;
  };
  return { ...model, encode };
}
