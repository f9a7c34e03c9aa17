/** What a model of a tokenizer does. */
import type { IntegerSink } from './integer_list.js';
import type { WorkMeter } from './steps.js';
import type { Vocabulary } from './vocabulary.js';

export interface Model {
  readonly vocabulary: Vocabulary;
  /** A short word, at once. */
  encode(word: string, meter: WorkMeter): readonly number[];
  /** A word that comes in parts. */
  long(meter: WorkMeter): LongWord;
}

/** A word in steps between which other work may be done. */
export interface LongWord {
  /** Appends to `ids` those that no later part can change. */
  push(part: string, ids: IntegerSink): Generator<void, void, void>;
  end(ids: IntegerSink): Generator<void, void, void>;
}
