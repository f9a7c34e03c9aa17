/** BERT (Devlin et al., arXiv 1810.04805) and ELECTRA (Clark et al., arXiv 2003.10555), whose embeddings may be narrower. */
import type { JsonObject } from '../directory/json_file.js';
import { sliceRows, type Weights } from '../directory/weights.js';
import type { Architecture } from './architecture.js';
import {
  checkEncoder,
  checkOption,
  inOrder,
  layerCount,
  layerSizes,
  postNormConfig,
  size,
} from './config.js';
import { type LayerNames, postNormLayer } from './layer.js';
import type { TransformerParts } from './transformer_parts.js';

const BERT_LAYER: LayerNames = {
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  attentionOutput: 'attention.output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  up: 'intermediate.dense',
  down: 'output.dense',
  outputNorm: 'output.LayerNorm',
};

export interface BertVariant {
  /** Rows of the position table before that of the first token. */
  positionOffset: number;
  /** Columns of the embeddings. */
  embeddingSize: number;
}

export function readBert(config: JsonObject, weights: Weights, variant: BertVariant): TransformerParts {
  checkEncoder(config);
  checkOption(config, 'position_embedding_type', 'absolute');
  const sizes = layerSizes(config);
  const { hidden } = sizes;
  const vocabulary = size(config, 'vocab_size');
  const rows = size(config, 'max_position_embeddings');
  const positions = rows - variant.positionOffset;
  if (positions < 1) config.fail('max_position_embeddings', `more than ${variant.positionOffset}`);
  const types = config.integer('type_vocab_size', 0, 1 << 24, 2);
  const { embeddingSize: width } = variant;
  const table = (name: string, n: number) =>
    weights.tensor(`embeddings.${name}_embeddings.weight`, [n, width]);
  const layers = layerCount(config, 'num_hidden_layers');
  return {
    config: postNormConfig(config, { ...sizes, vocabulary, positions }),
    embeddings: {
      size: width,
      words: table('word', vocabulary),
      positions: sliceRows(table('position', rows), variant.positionOffset, positions, width),
      tokenType: types > 0 ? sliceRows(table('token_type', types), 0, 1, width) : undefined,
      norm: weights.norm('embeddings.LayerNorm', width),
      projection: width === hidden ? undefined : weights.linear('embeddings_project', hidden, width),
    },
    rotary: [],
    layers: Array.from({ length: layers }, (_, i) =>
      postNormLayer(weights, `encoder.layer.${i}`, BERT_LAYER, sizes),
    ),
    order: inOrder(layers),
  };
}

export const bert: Architecture = {
  modelTypes: ['bert'],
  prefixes: ['', 'bert.'],
  probe: 'embeddings.word_embeddings.weight',
  read: (config, weights) =>
    readBert(config, weights, { positionOffset: 0, embeddingSize: size(config, 'hidden_size') }),
};

export const electra: Architecture = {
  modelTypes: ['electra'],
  prefixes: ['', 'electra.'],
  probe: 'embeddings.word_embeddings.weight',
  read: (config, weights) =>
    readBert(config, weights, { positionOffset: 0, embeddingSize: size(config, 'embedding_size', 128) }),
};
