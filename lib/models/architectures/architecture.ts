/** What an architecture is: where its tensors are, and which switches of the transformer it sets. */
import type { JsonObject } from '../directory/json_file.js';
import type { Weights } from '../directory/weights.js';
import type { TransformerParts } from './transformer_parts.js';

export interface Architecture {
  /** config.json's model_type. */
  modelTypes: readonly string[];
  /** Prefixes that the names of a checkpoint's tensors may carry. */
  prefixes: readonly string[];
  /** A tensor that every checkpoint has: tells which prefix it carries. */
  probe: string;
  /** @throws ModelError for a config that it does not cover, and for missing or wrong tensors */
  read(config: JsonObject, weights: Weights): TransformerParts | Promise<TransformerParts>;
  /** Classes of the attention layers; by default MultiHeadAttention. */
  kinds?(config: JsonObject): readonly string[];
}
