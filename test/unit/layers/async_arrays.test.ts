/**
 * Asynchronous calls of kernels and layers give the result of the arrays as they were when they were called, or an error
 * of this package: whatever is written to the caller's arrays meanwhile, and wherever their buffers go.
 */
import { describe, expect, it } from '@jest/globals';
import { ArgumentError, SyntheticAttentionError } from '../../../lib/errors.js';
import * as kernels from '../../../lib/kernels/index.js';
import type { Steps } from '../../../lib/kernels/run.js';
import {
  Attention,
  EncoderDecoder,
  MultiHeadAttention,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
} from '../../../lib/layers/index.js';
import { Tensor, type TensorLike } from '../../../lib/tensor/tensor.js';
import { built, FAMILY } from '../../support/layer_family.js';
import { random } from '../../support/layers.js';

type Typed = Float32Array | Uint8Array | Int32Array;

function typedArrays(value: unknown, found = new Set<Typed>()): Set<Typed> {
  if (ArrayBuffer.isView(value)) found.add(value as Typed);
  else if (Array.isArray(value)) for (const item of value) typedArrays(item, found);
  else if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    for (const item of Object.values(value)) typedArrays(item, found);
  else if (value instanceof Tensor) found.add(value.data);
  return found;
}

const overwrite = (array: Typed) => array.fill(77);
const transfer = (array: Typed) => structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });

const results = (value: unknown): number[][] => [value].flat().map((tensor) => [...(tensor as Tensor).data]);

/** Now, and at several turns of the event loop, so that it falls between the steps of a call too. */
async function atEveryTurn(
  make: () => unknown[],
  call: (...args: never[]) => Promise<unknown>,
  spoil: (array: Typed) => unknown,
): Promise<void> {
  const right = results(await call(...(make() as never[])));
  for (let turns = 0; turns < 4; turns++) {
    const args = make();
    const job = call(...(args as never[]));
    for (let i = 0; i < turns; i++) await new Promise(setImmediate);
    for (const array of typedArrays(args)) spoil(array);
    expect(results(await job)).toEqual(right);
  }
}

const t = (seed: number, ...shape: number[]) => random(seed, ...shape);
const mask = (...shape: number[]) => ({
  data: Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Number(i % 3 !== 1)),
  shape,
});
const scores = new kernels.PreparedScores(t(9, 2, 4, 4));
const panels = new kernels.PackedMatrix(t(8, 2, 3, 5));

/** Arguments of every asynchronous kernel. */
const KERNELS: Record<string, () => unknown[]> = {
  matmulAsync: () => [t(1, 5, 4), t(2, 4, 3), { bias: t(3, 3), residual: t(4, 5, 3) }],
  'matmulAsync with several steps': () => [
    t(1, 2, 1, 5, 4),
    t(2, 1, 3, 4, 3),
    { residual: t(4, 2, 3, 5, 3) },
  ],
  int8MatmulAsync: () => [t(1, 5, 4), new kernels.QuantizedMatrix(t(2, 4, 3)), { bias: t(3, 3) }],
  softmaxAsync: () => [t(1, 3, 4), { mask: mask(3, 4) }],
  layerNormAsync: () => [t(1, 3, 4), { gamma: t(2, 4), beta: t(3, 4) }],
  geluAsync: () => [t(1, 12)],
  gateAsync: () => [t(1, 12), t(2, 12)],
  embeddingAsync: () => [[{ table: t(1, 5, 4), ids: Int32Array.of(4, 0, 3) }]],
  poolAsync: () => [t(1, 5, 4), Int32Array.of(0, 2, 5)],
  l2NormalizeAsync: () => [t(1, 3, 4)],
  attentionAsync: () => [t(1, 2, 3, 4), t(2, 2, 5, 4), t(3, 2, 5, 6), { mask: mask(3, 5) }],
  randomAttentionAsync: () => [scores, t(1, 2, 4, 3), { mask: mask(4, 4) }],
  denseAttentionAsync: () => [t(1, 2, 4, 3), panels, t(2, 2, 5, 6), { bias: t(3, 5) }],
};

describe('kernels', () => {
  it('are all in the table', () => {
    const exported = Object.keys(kernels).filter((name) => name.endsWith('Async'));
    const covered = new Set(Object.keys(KERNELS).map((name) => name.split(' ')[0]));
    expect([...covered].sort()).toEqual(exported.sort());
  });

  it.each(Object.keys(KERNELS))('%s', async (name) => {
    const call = (kernels as unknown as Record<string, (...args: never[]) => Promise<unknown>>)[
      name.split(' ')[0]!
    ]!;
    await atEveryTurn(KERNELS[name]!, call, overwrite);
    await atEveryTurn(KERNELS[name]!, call, transfer);
  });

  it('say so when `out` is not there any more', async () => {
    const out = Tensor.zeros([3, 4]);
    const job = kernels.softmaxAsync(t(1, 3, 4), { out });
    transfer(out.data);
    await expect(job).rejects.toThrow(ArgumentError);
    await expect(job).rejects.toThrow('y: its buffer was transferred, detached or made smaller');
  });

  it('give results that are the caller’s alone', async () => {
    const first = await kernels.geluAsync(t(1, 12));
    const kept = [...first.data];
    const second = kernels.gateAsync(first, t(2, 12));
    transfer(first.data);
    const right = kernels.gate(new Tensor(Float32Array.from(kept), [12]), t(2, 12));
    expect([...(await second).data]).toEqual([...right.data]);
  });

  it('keep prepared scores out of reach', async () => {
    const value = t(1, 2, 4, 3);
    const right = kernels.randomAttention(scores, value);
    for (const name of ['logits', 'exponentials', 'sums'] as const) transfer(scores[name]);
    expect([...(await kernels.randomAttentionAsync(scores, value)).data]).toEqual([...right.data]);
  });
});

describe.each(FAMILY)('$name', ({ make }) => {
  const layer = built(make(), 6);
  const args = () => [
    t(1, 2, 5, 6),
    { valueMask: mask(2, 5), useCausalMask: true, returnAttentionScores: true },
  ];
  const call = layer.callAsync.bind(layer) as (...args: never[]) => Promise<unknown>;

  it('works on what it was called with', async () => {
    await atEveryTurn(args, call, overwrite);
    await atEveryTurn(args, call, transfer);
    await atEveryTurn(() => [t(1, 2, 5, 6), { value: t(2, 2, 5, 6), key: t(3, 2, 5, 6) }], call, transfer);
  });

  it('works on its weights or says that they are gone', async () => {
    const other = built(make(), 6);
    const right = other.call(t(1, 1, 4, 6));
    const job = other.callAsync(t(1, 1, 4, 6));
    for (const { tensor } of other.weights) transfer(tensor.data);
    const outcome = await job.catch((error: unknown) => error);
    if (outcome instanceof Tensor) expect([...outcome.data]).toEqual([...right.data]);
    else expect(outcome).toBeInstanceOf(SyntheticAttentionError);
  });

  it('decodes with a cache whose memory nobody reaches', async () => {
    const x = t(4, 1, 5, 6);
    const step = (i: number) => new Tensor(x.data.slice(i * 6, (i + 1) * 6), [1, 1, 6]);
    const [cache, other] = [layer.createCache(), layer.createCache()];
    for (let i = 0; i < 5; i++) {
      const query = step(i);
      const job = layer.callAsync(query, { cache });
      transfer(query.data);
      expect([...(await job).data]).toEqual([...layer.call(step(i), { cache: other }).data]);
    }
    expect(Object.keys(cache).flatMap((key) => [...typedArrays((cache as never)[key])])).toEqual([]);
  });
});

describe('layers made of layers', () => {
  const attention = () => new MultiHeadAttention({ numHeads: 2, keyDim: 3 });
  const config = { intermediateDim: 8 };
  const decoderLayer = () =>
    new TransformerDecoderLayer({ ...config, attention: attention(), crossAttention: attention() });
  const encoder = new TransformerEncoderLayer({ ...config, attention: attention(), normalizeFirst: true });
  const model = new EncoderDecoder({
    encoder: [0, 1].map(() => new TransformerEncoderLayer({ ...config, attention: attention() })),
    decoder: [decoderLayer(), decoderLayer()],
  });
  model.call(t(1, 2, 4, 6), { target: t(2, 2, 3, 6) });

  const CALLS: Record<string, [() => unknown[], (...args: never[]) => Promise<unknown>]> = {
    'TransformerEncoderLayer.callAsync': [
      () => [t(1, 2, 4, 6), { paddingMask: mask(2, 4) }],
      encoder.callAsync.bind(encoder) as never,
    ],
    'EncoderDecoder.callAsync': [
      () => [t(1, 2, 4, 6), { target: t(2, 2, 3, 6), sourceMask: mask(2, 4) }],
      model.callAsync.bind(model) as never,
    ],
    'EncoderDecoder.encodeAsync': [
      () => [t(1, 2, 4, 6), { sourceMask: mask(2, 4) }],
      model.encodeAsync.bind(model) as never,
    ],
    'EncoderDecoder.decodeAsync': [
      () => [t(2, 2, 3, 6), { encoderSequence: t(1, 2, 4, 6), sourceMask: mask(2, 4) }],
      model.decodeAsync.bind(model) as never,
    ],
    'EncoderDecoder.decodeAsync with new caches': [
      () => [t(2, 2, 3, 6), t(1, 2, 4, 6)],
      ((target: TensorLike, source: TensorLike) =>
        model.decodeAsync(target, { cache: model.createCache(source) })) as never,
    ],
  };

  it.each(Object.keys(CALLS))('%s', async (name) => {
    const [make, call] = CALLS[name]!;
    await atEveryTurn(make, call, overwrite);
    await atEveryTurn(make, call, transfer);
  });

  it('do not trust a class that is derived from theirs with arrays that it may have seen', async () => {
    const seen: Tensor[] = [];
    class Spy extends MultiHeadAttention {
      override *steps(query: TensorLike, options: object): Steps<Tensor | [Tensor, Tensor]> {
        const result = yield* super.steps(query, options);
        seen.push(query as Tensor, result as Tensor);
        return result;
      }
    }
    const make = (own: MultiHeadAttention) =>
      new TransformerEncoderLayer({ ...config, attention: own, normalizeFirst: true });
    const spied = make(new Spy({ numHeads: 2, keyDim: 3 }));
    const plain = make(attention());
    const x = t(1, 2, 4, 6);
    plain.build(x.shape);
    spied.build(x.shape);
    spied.setWeights(plain.getWeights());
    const job = spied.callAsync(x);
    while (seen.length === 0) await new Promise(setImmediate);
    // The feed-forward network reads the attention's result next, or has copied it.
    for (const { data } of seen) overwrite(data);
    await job;
    const again = spied.callAsync(x);
    expect([...(await again).data]).toEqual([...plain.call(x).data]);
  });
});

it('a mask of few arrays that stand in many places is refused at once', async () => {
  let mask: unknown = [true];
  for (let depth = 0; depth < 28; depth++) mask = [mask, mask];
  const call = new Attention().callAsync(random(1, 1, 2, 2), { attentionMask: mask as boolean[] });
  await expect(call).rejects.toThrow(/attentionMask/);
});
