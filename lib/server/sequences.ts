/** What a request embeds, texts or token ids, as sequences for the model. */
import type { Encoder } from '../encoder/encoder.js';
import { ArgumentError, describe, expectation } from '../errors.js';

export type EmbedInput = readonly string[] | readonly (readonly number[])[];

export interface SequenceOptions {
  /** Put before every text. */
  prompt: string;
  /** Cut off what is too long; otherwise it is refused. */
  truncate: boolean;
}

type Reader = Pick<Encoder, 'tokenizeSteps' | 'specialTokens' | 'vocabularySize' | 'maxLength'>;

/**
 * In steps, between which other work may be done.
 * @throws ArgumentError
 */
export function* sequencesOf(
  encoder: Reader,
  input: EmbedInput,
  { prompt, truncate }: SequenceOptions,
): Generator<void, Int32Array[], void> {
  if (!Array.isArray(input)) {
    throw new ArgumentError(expectation('input', 'an array of texts or of token ids', describe(input)));
  }
  const sequences: Int32Array[] = [];
  for (const [i, item] of input.entries()) {
    if (typeof item !== typeof input[0]) {
      throw new ArgumentError(expectation(`input[${i}]`, 'all texts or all token ids', describe(item)));
    }
    const { ids, truncated } =
      typeof item === 'string' ? yield* encoder.tokenizeSteps(prompt + item) : fromIds(encoder, item, i);
    if (truncated && !truncate) {
      throw new ArgumentError(expectation(`input[${i}]`, `at most ${encoder.maxLength} tokens`, 'more'));
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
): { ids: readonly number[]; truncated: boolean } {
  const { vocabularySize, maxLength } = encoder;
  if (!Array.isArray(given)) {
    throw new ArgumentError(expectation(`input[${index}]`, 'a string or token ids', describe(given)));
  }
  const wrong = given.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
  if (wrong >= 0) {
    const expected = `a token id from 0 to ${vocabularySize - 1}`;
    throw new ArgumentError(expectation(`input[${index}][${wrong}]`, expected, describe(given[wrong])));
  }
  const { before, after } = encoder.specialTokens;
  const has =
    given.length >= before.length + after.length &&
    before.every((id, i) => given[i] === id) &&
    after.every((id, i) => given[given.length - after.length + i] === id);
  const inner = has ? given.slice(before.length, given.length - after.length) : given;
  const room = maxLength - before.length - after.length;
  return { ids: [...before, ...inner.slice(0, room), ...after], truncated: inner.length > room };
}
