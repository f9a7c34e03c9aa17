// A BERT so small that tokenization is most of the work: one layer, a few numbers wide, beside a tokenizer that is real.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uniform } from '../lib/random.mjs';

const WIDTH = 8;
const POSITIONS = 512;

function shapes(words) {
  const layer = 'encoder.layer.0';
  const linear = [
    'attention.self.query',
    'attention.self.key',
    'attention.self.value',
    'attention.output.dense',
  ]
    .concat('intermediate.dense', 'output.dense')
    .flatMap((name) => [
      [`${layer}.${name}.weight`, [WIDTH, WIDTH]],
      [`${layer}.${name}.bias`, [WIDTH]],
    ]);
  const norms = ['embeddings.LayerNorm', `${layer}.attention.output.LayerNorm`, `${layer}.output.LayerNorm`];
  return [
    ['embeddings.word_embeddings.weight', [words, WIDTH]],
    ['embeddings.position_embeddings.weight', [POSITIONS, WIDTH]],
    ['embeddings.token_type_embeddings.weight', [1, WIDTH]],
    ...linear,
    ...norms.flatMap((name) => ['weight', 'bias'].map((part) => [`${name}.${part}`, [WIDTH]])),
  ];
}

/** Ids of a vocabulary that is a table or a list of pairs, added tokens included. */
function countWords({ model, added_tokens: added = [] }) {
  const listed = Array.isArray(model.vocab) ? model.vocab.length : Object.keys(model.vocab).length;
  return added.reduce((most, { id }) => Math.max(most, id + 1), listed);
}

/** @param tokenizer folder with tokenizer.json */
export function writeSmallModel(tokenizer, folder) {
  copyFileSync(join(tokenizer, 'tokenizer.json'), join(folder, 'tokenizer.json'));
  const words = countWords(JSON.parse(readFileSync(join(tokenizer, 'tokenizer.json'), 'utf8')));
  const config = {
    model_type: 'bert',
    hidden_act: 'gelu',
    hidden_size: WIDTH,
    intermediate_size: WIDTH,
    layer_norm_eps: 1e-12,
    max_position_embeddings: POSITIONS,
    num_attention_heads: 1,
    num_hidden_layers: 1,
    type_vocab_size: 1,
    vocab_size: words,
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const header = {};
  const values = [];
  let at = 0;
  for (const [name, shape] of shapes(words)) {
    const bytes = Buffer.from(
      uniform(
        shape.reduce((a, b) => a * b),
        values.length,
      ).buffer,
    );
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
    values.push(bytes);
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([length, json, ...values]));
}
