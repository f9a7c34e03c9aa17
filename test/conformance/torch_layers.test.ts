/** torch.nn's attention and transformer modules by their own state dicts and masks, float64. */
import { describe, expect, it } from '@jest/globals';
import { attentionWithWeights } from '../../lib/kernels/index.js';
import {
  MultiHeadAttention,
  masksFromTorch,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
} from '../../lib/layers/index.js';
import {
  expectClose,
  type GoldenCase,
  type Goldens,
  type GoldenTensor,
  masks,
  readGolden,
  tensors,
} from '../support/golden.js';

interface TorchCase extends GoldenCase {
  state: Record<string, GoldenTensor>;
  torch_masks: Record<string, GoldenTensor>;
}

const goldens = readGolden<Goldens>('torch_layers.json');
const cases = (family: string) => (goldens[family] as TorchCase[]).map((c) => [c.name, c] as const);

const FAMILIES = [
  'torch_multihead_attention',
  'torch_sdpa_gqa',
  'torch_transformer_encoder_layer',
  'torch_transformer_decoder_layer',
];

it('there is no family that is not tested', () => {
  expect(Object.keys(goldens).filter((name) => Array.isArray(goldens[name]))).toEqual(FAMILIES);
});

/** torch's masks under our names; prefix and suffix as in src_mask, tgt_key_padding_mask, attn_mask. */
function ownMasks(golden: TorchCase, heads: number, attention: string, padding: string) {
  const given = masks(golden.torch_masks);
  const { [attention]: attnMask, [padding]: keyPaddingMask } = given;
  return masksFromTorch({ ...(attnMask && { attnMask }), ...(keyPaddingMask && { keyPaddingMask }) }, heads);
}

describe('nn.MultiheadAttention', () => {
  it.each(cases('torch_multihead_attention'))('%s', (_, golden) => {
    const numHeads = golden.config.numHeads as number;
    const layer = MultiHeadAttention.fromTorch(tensors(golden.state), { numHeads });
    const { query, ...others } = tensors(golden.inputs);
    const options = { ...others, ...ownMasks(golden, numHeads, 'attn_mask', 'key_padding_mask') };
    const [output, scores] = layer.call(query!, { ...options, returnAttentionScores: true });
    expect(output.shape).toEqual(golden.output.shape);
    expectClose(output.data, golden.output.data, golden.name);
    expectClose(scores.data, golden.scores!.data, `${golden.name}: scores`);
    expectClose(layer.call(query!, options).data, golden.output.data, `${golden.name}, without scores`);
  });
});

describe('scaled_dot_product_attention with enable_gqa', () => {
  it.each(cases('torch_sdpa_gqa'))('%s', (_, golden) => {
    const { query, key, value } = tensors(golden.inputs);
    const { attentionMask } = masks(golden.masks);
    const { output, weights } = attentionWithWeights(query!, key!, value!, {
      ...(attentionMask ? { mask: attentionMask } : {}),
      enableGqa: true,
      causal: golden.options?.useCausalMask === true,
      ...(golden.options?.scale === undefined ? {} : { scale: golden.options.scale as number }),
    });
    expect(output.shape).toEqual(golden.output.shape);
    expectClose(output.data, golden.output.data, golden.name);
    expectClose(weights.data, golden.scores!.data, `${golden.name}: weights`);
  });
});

/** Two normalisations follow each other's errors. */
const ROUNDINGS = 600;

const transformerOptions = ({ config }: TorchCase) => ({
  numHeads: config.numHeads as number,
  normalizeFirst: config.normalizeFirst as boolean,
  activation: config.activation as 'relu' | 'gelu',
  layerNormEpsilon: config.layerNormEpsilon as number,
});

describe('nn.TransformerEncoderLayer', () => {
  it.each(cases('torch_transformer_encoder_layer'))('%s', async (_, golden) => {
    const options = transformerOptions(golden);
    const layer = TransformerEncoderLayer.fromTorch(tensors(golden.state), options);
    const { query } = tensors(golden.inputs);
    const { valueMask, attentionMask } = ownMasks(
      golden,
      options.numHeads,
      'src_mask',
      'src_key_padding_mask',
    );
    const call = { ...(valueMask && { paddingMask: valueMask }), ...(attentionMask && { attentionMask }) };
    const output = layer.call(query!, call);
    expect(output.shape).toEqual(golden.output.shape);
    expectClose(output.data, golden.output.data, golden.name, ROUNDINGS);
    expect([...(await layer.callAsync(query!, call)).data]).toEqual([...output.data]);
  });
});

describe('nn.TransformerDecoderLayer', () => {
  it.each(cases('torch_transformer_decoder_layer'))('%s', (_, golden) => {
    const options = transformerOptions(golden);
    const layer = TransformerDecoderLayer.fromTorch(tensors(golden.state), options);
    const { query, memory } = tensors(golden.inputs);
    const own = ownMasks(golden, options.numHeads, 'tgt_mask', 'tgt_key_padding_mask');
    const cross = ownMasks(golden, options.numHeads, 'memory_mask', 'memory_key_padding_mask');
    const output = layer.call(query!, {
      encoderSequence: memory!,
      useCausalMask: false,
      ...(own.valueMask && { decoderPaddingMask: own.valueMask }),
      ...(own.attentionMask && { decoderAttentionMask: own.attentionMask }),
      ...(cross.valueMask && { encoderPaddingMask: cross.valueMask }),
      ...(cross.attentionMask && { encoderAttentionMask: cross.attentionMask }),
    });
    expect(output.shape).toEqual(golden.output.shape);
    expectClose(output.data, golden.output.data, golden.name, ROUNDINGS);
  });
});
