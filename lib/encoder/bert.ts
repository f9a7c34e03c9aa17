/** BERT (Devlin et al., arXiv 1810.04805) as transformers writes it. */

import { Activation, type TensorReference } from '../native/addon.js';
import { addon } from '../native/load.js';
import type { JsonObject } from './json_file.js';
import type { LoadedModel } from './loaded_model.js';
import { WeightsFile } from './weights.js';

const ACTIVATIONS: ReadonlyMap<string, number> = new Map([
  ['gelu', Activation.gelu],
  ['gelu_new', Activation.geluTanh],
  ['gelu_pytorch_tanh', Activation.geluTanh],
  ['relu', Activation.relu],
]);

const LARGEST = 1 << 24;

function readConfig(config: JsonObject) {
  const hidden = config.integer('hidden_size', 1, LARGEST);
  const heads = config.integer('num_attention_heads', 1, LARGEST);
  if (hidden % heads !== 0) config.fail('num_attention_heads', `a divisor of hidden_size ${hidden}`);
  const position = config.string('position_embedding_type', 'absolute');
  if (position !== 'absolute') config.fail('position_embedding_type', '"absolute"');
  if (config.boolean('is_decoder', false)) config.fail('is_decoder', 'false (an encoder)');
  const activation = ACTIVATIONS.get(config.string('hidden_act', 'gelu'));
  if (activation === undefined) config.fail('hidden_act', `one of ${[...ACTIVATIONS.keys()].join(', ')}`);
  return {
    hidden,
    heads,
    layers: config.integer('num_hidden_layers', 0, 4096),
    intermediate: config.integer('intermediate_size', 1, LARGEST),
    vocabulary: config.integer('vocab_size', 1, LARGEST),
    positions: config.integer('max_position_embeddings', 1, LARGEST),
    tokenTypes: config.integer('type_vocab_size', 1, LARGEST, 2),
    epsilon: config.number('layer_norm_eps', 1e-12),
    activation,
  };
}

export async function loadBert(directory: string, source: JsonObject): Promise<LoadedModel> {
  const config = readConfig(source);
  const { hidden, intermediate } = config;
  const file = await WeightsFile.open(directory, ['', 'bert.'], 'embeddings.word_embeddings.weight');
  // Checkpoints converted from TensorFlow call LayerNorm's weight and bias gamma and beta.
  const norm = (name: string): TensorReference[] => [
    file.reference([`${name}.weight`, `${name}.gamma`], [hidden]),
    file.reference([`${name}.bias`, `${name}.beta`], [hidden]),
  ];
  const linear = (name: string, out: number, columns: number): TensorReference[] => [
    file.reference([`${name}.weight`], [out, columns]),
    file.reference([`${name}.bias`], [out]),
  ];
  const table = (name: string, rows: number) =>
    file.reference([`embeddings.${name}_embeddings.weight`], [rows, hidden]);
  const tensors = [
    table('word', config.vocabulary),
    table('position', config.positions),
    table('token_type', config.tokenTypes),
    ...norm('embeddings.LayerNorm'),
  ];
  const layerTensors = Array.from({ length: config.layers }, (_, i) => {
    const layer = `encoder.layer.${i}`;
    return [
      ...linear(`${layer}.attention.self.query`, hidden, hidden),
      ...linear(`${layer}.attention.self.key`, hidden, hidden),
      ...linear(`${layer}.attention.self.value`, hidden, hidden),
      ...linear(`${layer}.attention.output.dense`, hidden, hidden),
      ...norm(`${layer}.attention.output.LayerNorm`),
      ...linear(`${layer}.intermediate.dense`, intermediate, hidden),
      ...linear(`${layer}.output.dense`, hidden, intermediate),
      ...norm(`${layer}.output.LayerNorm`),
    ];
  }).flat();
  const handle = await addon().loadBertAsync({ path: file.path, config, tensors, layerTensors });
  const { positions, layers, heads } = config;
  return { handle, dimensions: hidden, positions, layers, heads, kind: 'MultiHeadAttention' };
}
