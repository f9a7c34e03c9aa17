/** What the encoder says it attends to, against the same network made of this package's layers. */
import { describe, expect, it } from '@jest/globals';
import { embedding, layerNorm } from '../../lib/kernels/index.js';
import { loadSafetensors, MultiHeadAttention, TransformerEncoderLayer } from '../../lib/layers/index.js';
import { readModelDirectory } from '../../lib/models/directory/model_directory.js';
import { Encoder } from '../../lib/models/encoder.js';
import { Tokenizer } from '../../lib/models/tokenizer/tokenizer.js';
import { permute } from '../../lib/tensor/permute.js';
import { Tensor } from '../../lib/tensor/tensor.js';
import { goldenPath } from '../support/golden.js';

const DIRECTORY = goldenPath('tiny_bert');

/** Weights of one BERT layer under the names of TransformerEncoderLayer. */
function layerWeights(state: Record<string, Tensor>, layer: number, heads: number): Record<string, Tensor> {
  const at = (name: string) => state[`encoder.layer.${layer}.${name}`]!;
  const kernel = (name: string, ...axes: number[]): Tensor => {
    const { data, shape } = at(`${name}.weight`);
    const turned = permute(data, shape, [1, 0]);
    return new Tensor(turned.data, axes.length ? axes : turned.shape);
  };
  const hidden = at('attention.self.query.weight').shape[0]!;
  const size = hidden / heads;
  const weights: Record<string, Tensor> = {
    'self_attention/attention_output/kernel': kernel('attention.output.dense', heads, size, hidden),
    'self_attention/attention_output/bias': at('attention.output.dense.bias'),
    'self_attention_layer_norm/gamma': at('attention.output.LayerNorm.weight'),
    'self_attention_layer_norm/beta': at('attention.output.LayerNorm.bias'),
    'feedforward_intermediate_dense/kernel': kernel('intermediate.dense'),
    'feedforward_intermediate_dense/bias': at('intermediate.dense.bias'),
    'feedforward_output_dense/kernel': kernel('output.dense'),
    'feedforward_output_dense/bias': at('output.dense.bias'),
    'feedforward_layer_norm/gamma': at('output.LayerNorm.weight'),
    'feedforward_layer_norm/beta': at('output.LayerNorm.bias'),
  };
  for (const name of ['query', 'key', 'value']) {
    weights[`self_attention/${name}/kernel`] = kernel(`attention.self.${name}`, hidden, heads, size);
    weights[`self_attention/${name}/bias`] = at(`attention.self.${name}.bias`).reshape([heads, size]);
  }
  return weights;
}

describe('Encoder.explain', () => {
  it('gives the attention of every layer and head', async () => {
    const text = 'the quick brown fox';
    const encoder = await Encoder.load(DIRECTORY);
    const explanation = await encoder.explain(text, { title: 'T' });
    const found = await readModelDirectory(DIRECTORY);
    const tokenizer = Tokenizer.create(found.tokenizer, {
      maxLength: 64,
      lowerCase: false,
    });
    const ids = tokenizer.encode(text);
    expect(explanation.queryTokens).toEqual(tokenizer.tokens(ids));
    expect([explanation.queryTokens[0], explanation.queryTokens.at(-1)]).toEqual(['[CLS]', '[SEP]']);
    expect([explanation.title, explanation.subtitle]).toEqual(['T', text]);

    const state = await loadSafetensors(`${DIRECTORY}/model.safetensors`);
    const config = found.config.values as Record<string, number>;
    const epsilon = config.layer_norm_eps!;
    const table = (name: string, rows: Int32Array) => ({
      table: state[`embeddings.${name}_embeddings.weight`]!,
      ids: rows,
    });
    const sum = embedding([
      table('word', Int32Array.from(ids)),
      table(
        'position',
        Int32Array.from(ids, (_, i) => i),
      ),
      table('token_type', new Int32Array(ids.length)),
    ]);
    let x = layerNorm(sum, {
      gamma: state['embeddings.LayerNorm.weight']!,
      beta: state['embeddings.LayerNorm.bias']!,
      epsilon,
    }).reshape([1, ids.length, config.hidden_size!]);
    const heads = config.num_attention_heads!;
    expect(explanation.layers).toHaveLength(config.num_hidden_layers!);
    for (const [i, explained] of explanation.layers.entries()) {
      const layer = new TransformerEncoderLayer({
        attention: new MultiHeadAttention({ numHeads: heads, keyDim: config.hidden_size! / heads }),
        intermediateDim: config.intermediate_size!,
        activation: 'gelu',
        layerNormEpsilon: epsilon,
      });
      layer.build(x.shape);
      layer.setWeights(layerWeights(state, i, heads));
      const [output, scores] = layer.call(x, { returnAttentionScores: true });
      const { weights } = explained.parts[0]!;
      expect(weights.length).toBe(scores.size);
      weights.forEach((weight, at) => {
        // The same arithmetic in another order, through up to three layers of a wild random model.
        expect(Math.abs(weight - scores.data[at]!)).toBeLessThan(2e-5);
      });
      x = output;
    }
    const embedded = await encoder.encode(text);
    expect(embedded.size).toBe(config.hidden_size!);
    await expect(encoder.explain(5 as never)).rejects.toThrow('text: expected a string but received 5');
    encoder.dispose();
  });
});
