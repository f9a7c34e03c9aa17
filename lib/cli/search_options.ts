/** What `search` can be told. */
import type { EncoderDType } from '../models/types.js';
import type { ModelChoice } from './find_model.js';
import type { InputOptions } from './input.js';

export const SEARCH_FORMATS = ['text', 'jsonl'] as const;

export type SearchFormat = (typeof SEARCH_FORMATS)[number];

export interface SearchCommandOptions extends InputOptions, ModelChoice {
  /** Paths, or - for standard input. */
  input: string | readonly string[];
  /** None: each text of the input is looked for among the others. */
  query?: readonly string[];
  topK: number;
  format?: SearchFormat;
  /** Path, or - for standard output. */
  output: string;
  dtype?: EncoderDType;
}
