/** Token ids back to text. */
import type { Tokenizer } from '@huggingface/tokenizers';
import { expectation, ModelError } from '../errors.js';
import { MODEL_FILES } from '../hub/model_files.js';
import { ByteParts } from './byte_parts.js';
import { RequestError } from './errors.js';
import { MAX_REQUEST_TOKENS } from './schemas/schema.js';

type Files = readonly [tokenizer: object, config: object];

export type Decode = (ids: readonly number[], skipSpecialTokens: boolean) => string;

export class Decoder {
  readonly #read: () => Promise<Files>;
  #library: Promise<Tokenizer> | undefined;

  /** @param read tokenizer.json and tokenizer_config.json; not before the first text is asked for, which few ever do */
  constructor(read: () => Promise<Files>) {
    this.#read = read;
  }

  /** @throws ModelError when the files name a decoder that is not known */
  async load(): Promise<Decode> {
    this.#library ??= this.#load();
    const library = await this.#library;
    return (ids, skipSpecialTokens) => library.decode([...ids], { skip_special_tokens: skipSpecialTokens });
  }

  async #load(): Promise<Tokenizer> {
    const [{ Tokenizer }, [tokenizer, config]] = await Promise.all([
      import('@huggingface/tokenizers'),
      this.#read(),
    ]);
    try {
      return new Tokenizer(tokenizer, config);
    } catch (cause) {
      throw new ModelError(expectation(MODEL_FILES.tokenizer, 'a tokenizer', (cause as Error).message), {
        cause,
      });
    }
  }
}

export interface DecodeOptions {
  vocabularySize: number;
  skipSpecialTokens: boolean;
}

/**
 * Before anything is decoded.
 * @throws RequestError for too many ids in all
 */
export function checkIdCount(lists: readonly (readonly number[])[]): void {
  const count = lists.reduce((sum, ids) => sum + ids.length, 0);
  if (count <= MAX_REQUEST_TOKENS) return;
  const most = `at most ${MAX_REQUEST_TOKENS} tokens a request`;
  throw new RequestError('tooLong', expectation('ids', most, String(count)), 'ids');
}

/**
 * JSON of the texts of all lists, a list in each step: the decoder takes some milliseconds for one of the longest.
 * @throws RequestError for an id that the vocabulary does not have
 */
export function* decodedJson(
  decode: Decode,
  lists: readonly (readonly number[])[],
  { vocabularySize, skipSpecialTokens }: DecodeOptions,
): Generator<void, Buffer, void> {
  const parts = new ByteParts();
  for (const [i, ids] of lists.entries()) {
    const unknown = ids.find((id) => id >= vocabularySize);
    if (unknown !== undefined) {
      const message = expectation('ids', `token ids from 0 to ${vocabularySize - 1}`, String(unknown));
      throw new RequestError('invalid', message, 'ids');
    }
    parts.add(`${i === 0 ? '[' : ','}${JSON.stringify(decode(ids, skipSpecialTokens))}`);
    yield;
  }
  parts.add(']');
  return yield* parts.join();
}
