/**
 * The types of the layers, held by the compiler (npm run lint): options autocomplete, wrong options do not compile.
 * An unused @ts-expect-error is an error too, so every line here can fail.
 */
import { expectTypeOf } from 'expect-type';
import {
  AdditiveAttention,
  Attention,
  type AttentionCache,
  type AttentionCallOptions,
  type AttentionConfig,
  DenseSynthesizer,
  EncoderDecoder,
  FactorizedDenseSynthesizer,
  FactorizedRandomSynthesizer,
  type fromMeshTensorflow,
  GroupedQueryAttention,
  Layer,
  type MaskLike,
  type MeshTensorflowMode,
  type MixtureAttention,
  MixtureSynthesizer,
  type MixtureSynthesizerConfig,
  MultiHeadAttention,
  type MultiHeadAttentionConfig,
  RandomSynthesizer,
  type ScoreName,
  type SelfAttention,
  type Tensor,
  type TensorLike,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
} from '../../lib/index.js';

declare const x: TensorLike;
declare const mask: MaskLike;
const mha = new MultiHeadAttention({ numHeads: 8, keyDim: 64 });

// What an editor offers: the options by name, and where a string is one of a few, those.
expectTypeOf<keyof MultiHeadAttentionConfig>().toEqualTypeOf<
  | 'name'
  | 'seed'
  | 'numHeads'
  | 'keyDim'
  | 'valueDim'
  | 'useBias'
  | 'useGate'
  | 'outputShape'
  | 'attentionAxes'
  | 'slidingWindow'
  | 'dropout'
>();
expectTypeOf<keyof AttentionCallOptions>().toEqualTypeOf<
  | 'value'
  | 'key'
  | 'queryMask'
  | 'valueMask'
  | 'keyMask'
  | 'attentionMask'
  | 'useCausalMask'
  | 'returnAttentionScores'
  | 'training'
  | 'cache'
>();
expectTypeOf<MixtureSynthesizerConfig['scores'][number]>().toEqualTypeOf<ScoreName>();
expectTypeOf<ScoreName>().toEqualTypeOf<
  'dot-product' | 'random' | 'factorized-random' | 'dense' | 'factorized-dense'
>();
expectTypeOf<NonNullable<MixtureSynthesizerConfig['mixing']>>().toEqualTypeOf<'learned' | 'sum'>();
expectTypeOf<NonNullable<AttentionConfig['scoreMode']>>().toEqualTypeOf<'dot' | 'concat'>();
expectTypeOf<Parameters<typeof fromMeshTensorflow>[1]['mode']>().toEqualTypeOf<MeshTensorflowMode>();

// What a call gives depends on what it is asked for.
expectTypeOf(mha.call(x)).toEqualTypeOf<Tensor>();
expectTypeOf(mha.call(x, { value: x, key: x, valueMask: mask, useCausalMask: true })).toEqualTypeOf<Tensor>();
expectTypeOf(mha.call(x, { returnAttentionScores: true })).toEqualTypeOf<[Tensor, Tensor]>();
expectTypeOf(mha.callAsync(x)).resolves.toEqualTypeOf<Tensor>();
expectTypeOf(mha.callAsync(x, { returnAttentionScores: true })).resolves.toEqualTypeOf<[Tensor, Tensor]>();
expectTypeOf(mha.callAsync(x, { signal: new AbortController().signal })).resolves.toEqualTypeOf<Tensor>();
expectTypeOf(mha.createCache()).toEqualTypeOf<AttentionCache>();

// A class makes its own kind, the base any kind.
expectTypeOf(MultiHeadAttention.load('a')).resolves.toEqualTypeOf<MultiHeadAttention>();
expectTypeOf(Layer.load('a')).resolves.toEqualTypeOf<Layer>();
expectTypeOf(
  RandomSynthesizer.fromConfig({ numHeads: 1, valueDim: 2, maxLength: 3 }),
).toEqualTypeOf<RandomSynthesizer>();
expectTypeOf(
  RandomSynthesizer.fromConfig(new RandomSynthesizer({ numHeads: 1, valueDim: 2, maxLength: 3 }).getConfig()),
);
expectTypeOf(MultiHeadAttention.fromTorch({}, { numHeads: 1 })).toEqualTypeOf<MultiHeadAttention>();
expectTypeOf<SelfAttention>().toExtend<MixtureAttention>();
expectTypeOf<GroupedQueryAttention>().toExtend<MixtureAttention>();

const encoder = new TransformerEncoderLayer({ attention: mha, intermediateDim: 16 });
expectTypeOf(encoder.call(x, { paddingMask: mask, returnAttentionScores: true })).toEqualTypeOf<
  [Tensor, Tensor]
>();
const decoder = new TransformerDecoderLayer({ attention: mha, crossAttention: mha, intermediateDim: 16 });
expectTypeOf(decoder.call(x, { encoderSequence: x })).toEqualTypeOf<Tensor>();
expectTypeOf(
  new EncoderDecoder({ encoder: [encoder], decoder: [decoder] }).call(x, { target: x }),
).toEqualTypeOf<Tensor>();

// What may not compile.
// @ts-expect-error keyDim is needed
new MultiHeadAttention({ numHeads: 8 });
// @ts-expect-error a name that is not an option
new MultiHeadAttention({ numHeads: 8, keyDim: 64, num_heads: 8 });
// @ts-expect-error a number
new MultiHeadAttention({ numHeads: '8', keyDim: 64 });
// @ts-expect-error maxLength is needed
new RandomSynthesizer({ numHeads: 8, valueDim: 64 });
// @ts-expect-error keyDim belongs to dot-product scores
new RandomSynthesizer({ numHeads: 8, valueDim: 64, maxLength: 10, keyDim: 64 });
// @ts-expect-error a boolean
new RandomSynthesizer({ numHeads: 8, valueDim: 64, maxLength: 10, trainable: 'no' });
// @ts-expect-error rank belongs to factorized random scores
new DenseSynthesizer({ numHeads: 8, valueDim: 64, maxLength: 10, rank: 8 });
// @ts-expect-error two factors
new FactorizedDenseSynthesizer({ numHeads: 8, valueDim: 64, maxLength: 10, factors: [2, 5, 1] });
// @ts-expect-error a number
new FactorizedRandomSynthesizer({ numHeads: 8, valueDim: 64, maxLength: 10, rank: 'low' });
const synthetic = { numHeads: 8, valueDim: 64, maxLength: 10 };
// @ts-expect-error an unknown score function
new MixtureSynthesizer({ ...synthetic, scores: ['random', 'vanilla'] });
// @ts-expect-error an unknown mixing
new MixtureSynthesizer({ ...synthetic, scores: ['random', 'dense'], mixing: 'max' });
// @ts-expect-error an unknown mode
new Attention({ scoreMode: 'cosine' });
// @ts-expect-error scoreMode belongs to Attention
new AdditiveAttention({ scoreMode: 'dot' });
// @ts-expect-error heads of queries are numQueryHeads
new GroupedQueryAttention({ headDim: 2, numHeads: 4, numKeyValueHeads: 2 });
// @ts-expect-error an option of no call
mha.call(x, { mask });
// @ts-expect-error no tensor
mha.call([[1, 2]]);
// @ts-expect-error an encoder layer pads by paddingMask
encoder.call(x, { valueMask: mask });
// @ts-expect-error the target is needed
new EncoderDecoder({ encoder: [encoder], decoder: [decoder] }).call(x);
// @ts-expect-error an activation that is not one
new TransformerEncoderLayer({ attention: mha, intermediateDim: 16, activation: 'swish' });
// @ts-expect-error attention is a layer
new TransformerEncoderLayer({ attention: 'multi-head', intermediateDim: 16 });
// @ts-expect-error the number of heads is needed
MultiHeadAttention.fromTorch({});
