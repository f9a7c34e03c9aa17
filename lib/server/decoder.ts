/** Token ids back to text. */
import type { Tokenizer } from '@huggingface/tokenizers';
import { expectation, ModelError } from '../errors.js';

type Files = readonly [tokenizer: object, config: object];

export class Decoder {
  readonly #read: () => Promise<Files>;
  #library: Promise<Tokenizer> | undefined;

  /** @param read tokenizer.json and tokenizer_config.json; not before the first text is asked for, which few ever do */
  constructor(read: () => Promise<Files>) {
    this.#read = read;
  }

  /** @throws ModelError when the files name a decoder that is not known */
  async decode(ids: readonly number[], skipSpecialTokens: boolean): Promise<string> {
    this.#library ??= this.#load();
    const library = await this.#library;
    return library.decode([...ids], { skip_special_tokens: skipSpecialTokens });
  }

  async #load(): Promise<Tokenizer> {
    const [{ Tokenizer }, [tokenizer, config]] = await Promise.all([
      import('@huggingface/tokenizers'),
      this.#read(),
    ]);
    try {
      return new Tokenizer(tokenizer, config);
    } catch (cause) {
      throw new ModelError(expectation('tokenizer.json', 'a tokenizer', (cause as Error).message), { cause });
    }
  }
}
