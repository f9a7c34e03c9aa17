import { describe, expect, it } from '@jest/globals';
import { attentionWithWeights, gelu, layerNorm, softmax } from '../../lib/kernels/index.js';
import {
  DenseSynthesizer,
  MixtureSynthesizer,
  MultiHeadAttention,
  RandomSynthesizer,
  SelfAttention,
} from '../../lib/layers/index.js';
import {
  expectClose,
  type GoldenCase,
  type Goldens,
  masks,
  readGolden,
  tensor,
  tensors,
} from '../support/golden.js';
import { checkLayerGolden, type LayerClass } from '../support/layer_golden.js';

const goldens = readGolden<Goldens>('attention.json');
const cases = (name: string) => goldens[name] as GoldenCase[];

const FAMILIES: [string, LayerClass][] = [
  ['self_attention', SelfAttention as unknown as LayerClass],
  ['keras_mha', MultiHeadAttention as unknown as LayerClass],
  ['random_synthesizer', RandomSynthesizer as unknown as LayerClass],
  ['dense_synthesizer', DenseSynthesizer as unknown as LayerClass],
  ['mixture', MixtureSynthesizer as unknown as LayerClass],
];

describe.each(FAMILIES)('%s', (family, LayerOf) => {
  it.each(cases(family).map((c) => [c.name, c] as const))('%s', async (_, golden) => {
    await checkLayerGolden(LayerOf, golden);
  });
});

describe('kernels against other implementations', () => {
  it.each(cases('torch_sdpa').map((c) => [c.name, c] as const))(
    'scaled_dot_product_attention: %s',
    (_, golden) => {
      const { query, key, value } = tensors(golden.inputs);
      const { attentionMask } = masks(golden.masks);
      const { output, weights } = attentionWithWeights(query!, key!, value!, {
        ...(attentionMask ? { mask: attentionMask } : {}),
        causal: golden.options?.useCausalMask === true,
        ...(golden.options?.scale === undefined ? {} : { scale: golden.options.scale as number }),
      });
      expectClose(output.data, golden.output.data, golden.name);
      expectClose(weights.data, golden.scores!.data, `${golden.name}: weights`);
    },
  );

  it.each(cases('softmax').map((c) => [c.name, c] as const))('softmax: %s', (_, golden) => {
    const { mask } = masks(golden.masks);
    const y = softmax(tensor(golden.inputs.x!), {
      ...(mask ? { mask } : {}),
      causal: golden.options?.useCausalMask === true,
    });
    expectClose(y.data, golden.output.data, golden.name, 400);
  });

  it.each(cases('layer_norm').map((c) => [c.name, c] as const))('layer norm: %s', (_, golden) => {
    const { x, gamma, beta } = tensors(golden.inputs);
    const y = layerNorm(x!, { gamma: gamma!, beta: beta!, epsilon: golden.config.epsilon as number });
    expectClose(y.data, golden.output.data, golden.name);
  });

  it('gelu: both forms within 1e-6 max(1, |x|)', () => {
    const { x, erf, tanh } = goldens.gelu;
    for (const [approximate, expected] of [
      [false, erf],
      [true, tanh],
    ] as const) {
      const y = gelu(tensor(x), { approximate }).data;
      x.data.forEach((v, i) => {
        expect(Math.abs(y[i]! - expected.data[i]!)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(v)));
      });
    }
  });
});
