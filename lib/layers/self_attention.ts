import { commonReaders, readConfig } from './config.js';
import { registerOwnLayer } from './own_layers.js';
import {
  PlainAttention,
  type PlainAttentionConfig,
  type PlainOptions,
  plainReaders,
} from './plain_attention.js';
import { plainDotProductScores } from './scores/dot_product.js';

export type SelfAttentionConfig = PlainAttentionConfig;

/**
 * Basic self-attention without parameters: z = softmax(x x^T) x. With `value` (and `key`) it is the same formula
 * across two sequences.
 */
export class SelfAttention extends PlainAttention<PlainOptions> {
  static override readonly className = 'SelfAttention';

  constructor(config: SelfAttentionConfig = {}) {
    const readers = { ...commonReaders('self_attention'), ...plainReaders };
    super(readConfig<PlainOptions>(SelfAttention.className, readers, config), plainDotProductScores());
  }
}

registerOwnLayer(SelfAttention);
