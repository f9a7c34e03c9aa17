/**
 * RoBERTa (Liu et al., arXiv 1907.11692), XLM-RoBERTa (Conneau et al., arXiv 1911.02116) and CamemBERT (Martin et al.,
 * arXiv 1911.03894): BERT whose first token takes the position after that of padding.
 */
import type { Architecture } from './architecture.js';
import { readBert } from './bert.js';
import { LARGEST, size } from './config.js';

export const roberta: Architecture = {
  modelTypes: ['roberta', 'xlm-roberta', 'camembert'],
  prefixes: ['', 'roberta.', 'camembert.'],
  probe: 'embeddings.word_embeddings.weight',
  read: (config, weights) =>
    readBert(config, weights, {
      positionOffset: config.integer('pad_token_id', 0, LARGEST, 1) + 1,
      embeddingSize: size(config, 'hidden_size'),
    }),
};
