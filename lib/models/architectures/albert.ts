/** ALBERT (Lan et al., arXiv 1909.11942): narrow embeddings, and groups of layers that are applied again and again. */
import type { JsonObject } from '../directory/json_file.js';
import { sliceRows, type Weights } from '../directory/weights.js';
import type { Architecture } from './architecture.js';
import { checkEncoder, checkOption, layerCount, layerSizes, postNormConfig, size } from './config.js';
import { type LayerNames, postNormLayer } from './layer.js';
import type { TransformerParts } from './transformer_parts.js';

const NAMES: LayerNames = {
  query: 'attention.query',
  key: 'attention.key',
  value: 'attention.value',
  attentionOutput: 'attention.dense',
  attentionNorm: 'attention.LayerNorm',
  up: 'ffn',
  down: 'ffn_output',
  outputNorm: 'full_layer_layer_norm',
};

function read(config: JsonObject, weights: Weights): TransformerParts {
  checkEncoder(config);
  checkOption(config, 'position_embedding_type', 'absolute');
  const sizes = layerSizes(config);
  const { hidden } = sizes;
  const width = size(config, 'embedding_size', 128);
  const vocabulary = size(config, 'vocab_size');
  const positions = size(config, 'max_position_embeddings');
  const types = size(config, 'type_vocab_size', 2);
  const applied = layerCount(config, 'num_hidden_layers');
  const groups = config.integer('num_hidden_groups', 1, 4096, 1);
  const inner = config.integer('inner_group_num', 1, 4096, 1);
  if (applied > 0 && applied < groups) config.fail('num_hidden_groups', `at most ${applied}`);
  const table = (name: string, n: number) =>
    weights.tensor(`embeddings.${name}_embeddings.weight`, [n, width]);
  const perGroup = applied / groups;
  const order = Array.from({ length: applied }, (_, i) => Math.floor(i / perGroup)).flatMap((group) =>
    Array.from({ length: inner }, (_, i) => group * inner + i),
  );
  return {
    config: postNormConfig(config, { ...sizes, vocabulary, positions }, 'gelu_new'),
    embeddings: {
      size: width,
      words: table('word', vocabulary),
      positions: table('position', positions),
      tokenType: sliceRows(table('token_type', types), 0, 1, width),
      norm: weights.norm('embeddings.LayerNorm', width),
      projection: weights.linear('encoder.embedding_hidden_mapping_in', hidden, width),
    },
    rotary: [],
    layers: Array.from({ length: groups * inner }, (_, i) => {
      const group = `encoder.albert_layer_groups.${Math.floor(i / inner)}`;
      return postNormLayer(weights, `${group}.albert_layers.${i % inner}`, NAMES, sizes);
    }),
    order: Int32Array.from(order),
  };
}

export const albert: Architecture = {
  modelTypes: ['albert'],
  prefixes: ['', 'albert.'],
  probe: 'embeddings.word_embeddings.weight',
  read,
};
