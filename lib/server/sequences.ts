/** What a request embeds, texts or token ids, as sequences for the model. */

import { ArgumentError, describe, expectation } from '../errors.js';
import type { Encoder } from '../models/encoder.js';
import type { TextCut } from '../models/types.js';

export type EmbedInput = readonly string[] | readonly (readonly number[])[];

export interface SequenceOptions {
  /** Put before every text. */
  prompt: string;
  /** At which end what is too long is cut off; 'nowhere': it is refused. */
  cut: TextCut;
}

type Reader = Pick<Encoder, 'tokenizeSteps' | 'specialTokens' | 'vocabularySize' | 'maxLength'>;

/**
 * In steps, between which other work may be done.
 * @throws ArgumentError
 */
export function* sequencesOf(
  encoder: Reader,
  input: EmbedInput,
  { prompt, cut }: SequenceOptions,
): Generator<void, Int32Array[], void> {
  if (!Array.isArray(input)) {
    throw new ArgumentError(
      expectation('input', 'an array of texts or of token ids', describe(input), 'type'),
    );
  }
  const sequences: Int32Array[] = [];
  for (const [i, item] of input.entries()) {
    if (typeof item !== typeof input[0]) {
      throw new ArgumentError(
        expectation(`input[${i}]`, 'all texts or all token ids', describe(item), 'type'),
      );
    }
    const { ids, truncated } =
      typeof item === 'string'
        ? yield* encoder.tokenizeSteps(prompt + item, cut === 'left' ? 'left' : 'right')
        : fromIds(encoder, item, i, cut);
    if (truncated && cut === 'nowhere') {
      throw new ArgumentError(
        expectation(`input[${i}]`, `at most ${encoder.maxLength} tokens`, 'more', 'length'),
      );
    }
    sequences.push(Int32Array.from(ids));
    yield;
  }
  return sequences;
}

/** With special tokens around them where they have none, so that ids give what their text gives. */
function fromIds(
  encoder: Reader,
  given: readonly number[],
  index: number,
  cut: TextCut,
): { ids: readonly number[]; truncated: boolean } {
  const { vocabularySize, maxLength } = encoder;
  if (!Array.isArray(given)) {
    throw new ArgumentError(expectation(`input[${index}]`, 'a string or token ids', describe(given), 'type'));
  }
  const wrong = given.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
  if (wrong >= 0) {
    const expected = `a token id from 0 to ${vocabularySize - 1}`;
    throw new ArgumentError(
      expectation(`input[${index}][${wrong}]`, expected, describe(given[wrong]), 'vocabulary'),
    );
  }
  const { before, after } = encoder.specialTokens;
  const has =
    given.length >= before.length + after.length &&
    before.every((id, i) => given[i] === id) &&
    after.every((id, i) => given[given.length - after.length + i] === id);
  const inner = has ? given.slice(before.length, given.length - after.length) : given;
  const room = maxLength - before.length - after.length;
  const truncated = inner.length > room;
  const kept = truncated && cut === 'left' ? inner.slice(-room) : inner.slice(0, room);
  return { ids: [...before, ...kept, ...after], truncated };
}
