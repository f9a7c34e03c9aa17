/** The types of the encoder: what comes back follows the options. */
import { expectTypeOf } from 'expect-type';
import {
  type AnyEncodeOptions,
  Encoder,
  type EncoderLoadOptions,
  type Precision,
  type QuantizedEmbeddings,
  quantizeEmbeddings,
  type SearchHit,
  semanticSearch,
  type Tensor,
  type TensorLike,
  type TextEncoder,
} from '../../lib/index.js';

declare const text: string;
declare const texts: readonly string[];
declare const either: string | readonly string[];
declare const ranges: TensorLike;
declare const precision: Precision;
declare const anyOptions: AnyEncodeOptions;

const encoder = await Encoder.load('org/model', {
  dtype: 'int8',
  truncateDim: 128,
  similarity: 'dot',
  revision: 'main',
});
expectTypeOf(encoder).toExtend<TextEncoder>();
// @ts-expect-error weights have one of two types
await Encoder.load('org/model', { dtype: 'float16' });
expectTypeOf<EncoderLoadOptions['similarity']>().toEqualTypeOf<
  'cosine' | 'dot' | 'euclidean' | 'manhattan' | undefined
>();

// Embeddings.
expectTypeOf(await encoder.encode(text)).toEqualTypeOf<Tensor>();
expectTypeOf(
  await encoder.encode(texts, { pooling: ['cls', 'mean'], normalize: true }),
).toEqualTypeOf<Tensor>();
expectTypeOf(await encoder.encodeQuery(either, { prompt: 'query: ' })).toEqualTypeOf<Tensor>();
expectTypeOf(await encoder.encodeDocument(texts)).toEqualTypeOf<Tensor>();
// @ts-expect-error another pooling
await encoder.encode(texts, { pooling: 'median' });
// @ts-expect-error an option that is not there
await encoder.encode(texts, { convertToTensor: true });

// Precisions.
expectTypeOf((await encoder.encode(texts, { precision: 'int8', ranges })).data).toEqualTypeOf<Int8Array>();
expectTypeOf((await encoder.encode(texts, { precision: 'binary' })).data).toEqualTypeOf<Int8Array>();
expectTypeOf((await encoder.encode(text, { precision: 'uint8', ranges })).data).toEqualTypeOf<Uint8Array>();
expectTypeOf((await encoder.encodeQuery(text, { precision: 'ubinary' })).data).toEqualTypeOf<Uint8Array>();
expectTypeOf(await encoder.encode(texts, { precision: 'float32' })).toEqualTypeOf<Tensor>();
expectTypeOf(quantizeEmbeddings(ranges, 'int8').data).toEqualTypeOf<Int8Array>();
expectTypeOf(quantizeEmbeddings(ranges, precision)).toEqualTypeOf<Tensor | QuantizedEmbeddings>();

// States of tokens.
expectTypeOf(await encoder.encode(text, { outputValue: 'token' })).toEqualTypeOf<Tensor>();
expectTypeOf(await encoder.encode(texts, { outputValue: 'token' })).toEqualTypeOf<Tensor[]>();
expectTypeOf(await encoder.encode(either, { outputValue: 'token' })).toEqualTypeOf<Tensor | Tensor[]>();

// Options that are known at run time only.
expectTypeOf(await encoder.encode(texts, anyOptions)).toEqualTypeOf<
  Tensor | Tensor[] | QuantizedEmbeddings
>();

// Streams.
for await (const batch of encoder.encodeStream(texts)) {
  expectTypeOf(batch.embeddings).toExtend<Float32Array>();
}
for await (const batch of encoder.encodeStream(texts, { precision: 'uint8', ranges })) {
  expectTypeOf(batch.embeddings).toEqualTypeOf<Uint8Array>();
}
// @ts-expect-error there are no states of tokens in a stream
encoder.encodeStream(texts, { outputValue: 'token' });

expectTypeOf(encoder.similarity(ranges, ranges)).toEqualTypeOf<Tensor>();
expectTypeOf(await semanticSearch(ranges, ranges, { topK: 3 })).toEqualTypeOf<SearchHit[][]>();
// @ts-expect-error another function
await semanticSearch(ranges, ranges, { scoreFunction: 'hamming' });
