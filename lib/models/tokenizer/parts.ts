/** What a tokenizer is made of. */
import type { AddedTokenFinder } from './added_tokens.js';
import type { Model } from './model.js';
import type { Normalizer } from './normalizer.js';
import type { PreTokenizer } from './pre_tokenizer.js';

export interface TokenizerParts {
  /** Finds added tokens in a text as it is. */
  readonly raw: AddedTokenFinder;
  readonly normalizer: Normalizer | undefined;
  /** Finds added tokens in normalized text. */
  readonly normalized: AddedTokenFinder;
  readonly preTokenizer: PreTokenizer;
  readonly model: Model;
}
