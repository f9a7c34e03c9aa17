/** Every layer, importer and function of layers against bad values. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Explanation } from '../../../lib/explain/explanation.js';
import * as layers from '../../../lib/layers/index.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { type Entry, violations } from '../../support/bad_values.js';
import { built, FAMILY } from '../../support/layer_family.js';
import { random } from '../../support/layers.js';

const FEATURES = 4;
const LENGTH = 3;

const x = () => random(1, 1, LENGTH, FEATURES);
const ones = (...shape: number[]) => {
  return { data: new Uint8Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape };
};
const { signal } = new AbortController();

/** What a call on the pool reads beside what `call` reads; a job waits for its turn where other programs run. */
const ON_POOL = /^option signal|^argument 1: (null|string|throwing proxy)$/;

const heads = () => ({
  numHeads: 2,
  valueDim: 3,
  useBias: true,
  outputShape: [4],
  attentionAxes: [1],
  slidingWindow: 2,
  dropout: 0,
  name: 'n',
  seed: 1,
});
const attention = () => new layers.MultiHeadAttention({ numHeads: 2, keyDim: 2, outputShape: FEATURES });
const block = () => ({
  intermediateDim: 5,
  activation: 'gelu' as const,
  normalizeFirst: false,
  layerNormEpsilon: 1e-5,
  dropout: 0,
  attention: attention(),
});
const encoder = () => new layers.TransformerEncoderLayer(block());
const decoder = () => new layers.TransformerDecoderLayer({ ...block(), crossAttention: attention() });
const encoderDecoder = () => new layers.EncoderDecoder({ encoder: [encoder()], decoder: [decoder()] });

const CONFIGS = {
  AdditiveAttention: () => ({ useScale: true, dropout: 0, slidingWindow: 2, name: 'n', seed: 1 }),
  Attention: () => ({ useScale: true, scoreMode: 'dot', dropout: 0, slidingWindow: 2 }),
  SelfAttention: () => ({ dropout: 0, slidingWindow: 2 }),
  MultiHeadAttention: () => ({ ...heads(), keyDim: 3, useGate: true }),
  GroupedQueryAttention: () => ({
    headDim: 2,
    numQueryHeads: 4,
    numKeyValueHeads: 2,
    useBias: true,
    useGate: true,
    slidingWindow: 2,
    dropout: 0,
  }),
  RandomSynthesizer: () => ({ ...heads(), maxLength: 6, trainable: true }),
  FactorizedRandomSynthesizer: () => ({ ...heads(), maxLength: 6, rank: 2 }),
  DenseSynthesizer: () => ({ ...heads(), maxLength: 6, hiddenDim: 3, sharedAcrossHeads: true }),
  FactorizedDenseSynthesizer: () => ({
    ...heads(),
    maxLength: 6,
    hiddenDim: 3,
    sharedAcrossHeads: true,
    factors: [2, 3],
  }),
  MixtureSynthesizer: () => ({
    ...heads(),
    scores: ['random', 'dense'],
    mixing: 'sum',
    keyDim: 2,
    maxLength: 6,
    trainable: true,
    rank: 2,
    hiddenDim: 3,
    sharedAcrossHeads: false,
    factors: [2, 3],
  }),
  TransformerEncoderLayer: block,
  TransformerDecoderLayer: () => ({ ...block(), crossAttention: attention() }),
  EncoderDecoder: () => ({ encoder: [encoder()], decoder: [decoder()], name: 'n', seed: 1 }),
} as const;

type Class = new (config: never) => layers.Layer;
const classes = layers as unknown as Record<string, Class & Record<string, (...args: never[]) => unknown>>;

/** Constructors, and what each class has of its own. */
function constructions(): Entry[] {
  return Object.entries(CONFIGS).flatMap(([name, config]) => [
    {
      name,
      args: () => [config()],
      // A layer that could be made can be built too, or says why not.
      call: (given: never) => {
        const layer = new classes[name]!(given);
        layer.build([FEATURES]);
        return layer;
      },
      options: 0,
    },
    { name: `${name}.fromConfig`, args: () => [config()], call: (c: never) => classes[name]!.fromConfig!(c) },
  ]);
}

const callOptions = () => ({
  value: x(),
  key: x(),
  queryMask: ones(1, LENGTH),
  valueMask: ones(1, LENGTH),
  keyMask: ones(1, LENGTH),
  attentionMask: ones(LENGTH, LENGTH),
  useCausalMask: true,
  returnAttentionScores: true,
  training: false,
  cache: undefined,
});

function calls(): Entry[] {
  return FAMILY.flatMap(({ name, make }) => {
    const layer = built(make(), FEATURES);
    const method = (method_: string, options: () => object): Entry => ({
      name: `${name}.${method_}`,
      args: () => [x(), options()],
      call: (...args: never[]) =>
        (layer as unknown as Record<string, (...a: never[]) => unknown>)[method_]!(...args),
      options: 1,
    });
    const tokens = ['a', 'b', 'c'];
    const explained = { title: 't', subtitle: 's', queryTokens: tokens, keyTokens: tokens };
    const { returnAttentionScores: _, ...plain } = callOptions();
    return [
      method('call', callOptions),
      { ...method('callAsync', () => ({ ...callOptions(), signal })), only: ON_POOL },
      { ...method('countFlops', callOptions), only: /^argument/ },
      { ...method('explain', () => ({ ...plain, ...explained })), only: /^argument|title|Tokens/ },
      {
        name: `${name}.build`,
        args: () => [[4], [4], [4]],
        call: (...args: never[]) => make().build(...(args as [never])),
      },
      {
        name: `${name}.computeOutputShape`,
        args: () => [
          [1, 3, 4],
          [1, 3, 4],
        ],
        call: (...a: never[]) => layer.computeOutputShape(...(a as [never])),
      },
      {
        name: `${name}.setWeights`,
        args: () => [layer.getWeights()],
        call: (w: never) => built(make(), FEATURES).setWeights(w),
      },
      {
        name: `${name}.createCache`,
        args: () => [{ value: x(), key: x() }],
        call: (o: never) => void layer.createCache(o),
        options: 0,
      },
    ];
  });
}

function blocks(): Entry[] {
  const one = encoder();
  one.build([FEATURES]);
  const two = decoder();
  const both = encoderDecoder();
  both.build([FEATURES], [FEATURES]);
  const masks = { sourceMask: ones(1, LENGTH), targetMask: ones(1, LENGTH) };
  const encoderOptions = () => ({
    paddingMask: ones(1, LENGTH),
    attentionMask: ones(LENGTH, LENGTH),
    useCausalMask: true,
    returnAttentionScores: false,
    cache: undefined,
  });
  const decoderOptions = () => ({
    encoderSequence: x(),
    encoderPaddingMask: ones(1, LENGTH),
    encoderAttentionMask: ones(LENGTH, LENGTH),
    decoderPaddingMask: ones(1, LENGTH),
    decoderAttentionMask: ones(LENGTH, LENGTH),
    useCausalMask: true,
    cache: undefined,
  });
  const decodeOptions = () => ({ ...masks, encoderSequence: x(), cache: undefined });
  return [
    { name: 'encoder.call', args: () => [x(), encoderOptions()], call: (q, o) => one.call(q, o), options: 1 },
    {
      name: 'encoder.callAsync',
      only: ON_POOL,
      args: () => [x(), { ...encoderOptions(), signal }],
      call: (q, o) => one.callAsync(q, o),
      options: 1,
    },
    { name: 'encoder.explain', args: () => [x(), {}], call: (q, o) => one.explain(q, o), options: 1 },
    { name: 'encoder.computeOutputShape', args: () => [[1, 3, 4]], call: (s) => one.computeOutputShape(s) },
    { name: 'decoder.call', args: () => [x(), decoderOptions()], call: (q, o) => two.call(q, o), options: 1 },
    {
      name: 'decoder.callAsync',
      only: ON_POOL,
      args: () => [x(), { ...decoderOptions(), signal }],
      call: (q, o) => two.callAsync(q, o),
      options: 1,
    },
    { name: 'decoder.createCache', args: () => [x()], call: (s) => void two.createCache(s) },
    {
      name: 'EncoderDecoder.call',
      args: () => [x(), { ...masks, target: x() }],
      call: (q, o) => both.call(q, o),
      options: 1,
    },
    {
      name: 'EncoderDecoder.callAsync',
      only: ON_POOL,
      args: () => [x(), { ...masks, target: x(), signal }],
      call: (q, o) => both.callAsync(q, o),
      options: 1,
    },
    {
      name: 'EncoderDecoder.encode',
      args: () => [x(), { sourceMask: masks.sourceMask }],
      call: (q, o) => both.encode(q, o),
      options: 1,
    },
    {
      name: 'EncoderDecoder.encodeAsync',
      only: ON_POOL,
      args: () => [x(), { sourceMask: masks.sourceMask, signal }],
      call: (q, o) => both.encodeAsync(q, o),
      options: 1,
    },
    {
      name: 'EncoderDecoder.decode',
      args: () => [x(), decodeOptions()],
      call: (q, o) => both.decode(q, o),
      options: 1,
    },
    {
      name: 'EncoderDecoder.decodeAsync',
      only: ON_POOL,
      args: () => [x(), { ...decodeOptions(), signal }],
      call: (q, o) => both.decodeAsync(q, o),
      options: 1,
    },
    {
      name: 'EncoderDecoder.explain',
      args: () => [x(), { ...masks, target: x(), title: 't' }],
      call: (q, o) => both.explain(q, o),
      options: 1,
    },
    { name: 'EncoderDecoder.createCache', args: () => [x()], call: (s) => void both.createCache(s) },
    {
      name: 'EncoderDecoder.computeOutputShape',
      args: () => [
        [1, 3, 4],
        [1, 3, 4],
      ],
      call: (s, t) => both.computeOutputShape(s, t),
    },
  ];
}

const torch = () => ({
  in_proj_weight: random(1, 12, 4),
  in_proj_bias: random(2, 12),
  'out_proj.weight': random(3, 4, 4),
  'out_proj.bias': random(4, 4),
});
const mesh = () => ({ kv: random(1, 4, 2, 3), o: random(2, 2, 3, 4), R: random(3, 5, 2, 5) });
const flax = () => ({
  value: { kernel: random(1, 4, 2, 3) },
  out: { kernel: random(2, 2, 3, 4) },
  random: random(3, 2, 5, 5),
});
const keras = () => ({
  config: { num_heads: 2, key_dim: 2, name: 'x' },
  weights: built(attention(), FEATURES).getWeights(),
});
const explained = () => [
  {
    name: 'n',
    kind: 'k',
    heads: 1,
    queries: 1,
    keys: 1,
    parts: [{ name: 'attention', weights: new Float32Array([1]) }],
  },
];

let directory: string;
const functions: Entry[] = [
  {
    name: 'fromTorch',
    args: () => [torch(), { numHeads: 2, prefix: '', name: 'n' }],
    call: (s, o) => layers.MultiHeadAttention.fromTorch(s, o),
    options: 1,
  },
  {
    name: 'TransformerEncoderLayer.fromTorch',
    args: () => [{}, { numHeads: 2 }],
    call: (s, o) => tolerant(() => layers.TransformerEncoderLayer.fromTorch(s, o)),
  },
  {
    name: 'TransformerDecoderLayer.fromTorch',
    args: () => [{}, { numHeads: 2 }],
    call: (s, o) => tolerant(() => layers.TransformerDecoderLayer.fromTorch(s, o)),
  },
  {
    name: 'masksFromTorch',
    args: () => [{ keyPaddingMask: ones(1, 3), attnMask: ones(3, 3) }, 1],
    call: (m, h) => layers.masksFromTorch(m, h),
    options: 0,
  },
  {
    name: 'fromMeshTensorflow',
    args: () => [
      mesh(),
      { mode: 'random', numHeads: 2, foldScalingIntoInitializer: true, prefix: '', name: 'n' },
    ],
    call: (s, o) => layers.fromMeshTensorflow(s, o),
    options: 1,
  },
  {
    name: 'fromLongRangeArena',
    args: () => [flax(), { name: 'n' }],
    call: (s, o) => layers.fromLongRangeArena(s, o),
    options: 1,
  },
  ...['MultiHeadAttention', 'GroupedQueryAttention', 'Attention', 'AdditiveAttention'].map((name) => ({
    name: `${name}.fromKeras`,
    args: () => [keras()],
    call: (s: never) => tolerant(() => classes[name]!.fromKeras!(s)),
  })),
  {
    name: 'fromKeras',
    args: () => [keras()],
    call: (s) => layers.MultiHeadAttention.fromKeras(s),
    options: 0,
  },
  {
    name: 'layerFromConfig',
    args: () => [layers.serializeLayer(encoderDecoder())],
    call: (s) => layers.layerFromConfig(s),
  },
  {
    name: 'registerLayer',
    args: () => [layers.SelfAttention],
    call: (c) => layers.registerLayer(c),
    skip: [],
  },
  { name: 'serializeLayer', args: () => [attention()], call: (l) => layers.serializeLayer(l) },
  {
    name: 'loadSafetensors',
    args: () => [join(directory, 'model.safetensors')],
    call: (p) => layers.loadSafetensors(p),
  },
  { name: 'Layer.load', args: () => [directory], call: (p) => layers.Layer.load(p) },
  {
    name: 'save',
    args: () => [join(directory, 'again')],
    call: (p) => attentionIn().save(p),
    skip: ['argument 0: string', 'argument 0: long string'],
  },
  { name: 'truncate', args: () => [0], call: (n) => attention().createCache().truncate(n) },
  { name: 'select', args: () => [[0]], call: (n) => filledCache().select(n) },
  {
    name: 'Explanation',
    args: () => [explained(), { title: 't', subtitle: 's', queryTokens: ['a'], keyTokens: ['b'] }],
    call: (l, o) => new Explanation(l, o),
    options: 1,
  },
  {
    name: 'Explanation.entropy',
    args: () => [0, 0, 0],
    call: (...n) => new Explanation(explained()).entropy(...(n as unknown as [number, number, number])),
  },
];

function attentionIn() {
  return built(attention(), FEATURES);
}

/** Where the good arguments alone are not enough: what is thrown must be typed all the same. */
function tolerant(act: () => unknown): unknown {
  return act();
}

function filledCache() {
  const layer = attentionIn();
  const cache = layer.createCache();
  layer.call(x(), { cache });
  return cache;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  await attentionIn().save(directory);
});

afterAll(() => rmSync(directory, { recursive: true }));

/** Exported classes that have nothing to call by themselves. */
const WITHOUT_ENTRY = ['AttentionCache', 'DecoderCache', 'Layer', 'MixtureAttention'];

describe('layers', () => {
  it('are all in these tables', () => {
    const tried = [...constructions(), ...functions].map(({ name }) => name);
    const missing = Object.keys(layers).filter(
      (name) => !tried.includes(name) && !WITHOUT_ENTRY.includes(name),
    );
    expect(missing).toEqual([]);
  });

  it.each([
    ['constructors', constructions],
    ['calls', calls],
    ['blocks', blocks],
    ['functions', () => functions],
  ])('%s answer bad values with errors of the package', async (_what, entries) => {
    expect(await violations(entries())).toEqual([]);
  });

  it('tell weights that are not numbers by their name', () => {
    const mixture = FAMILY.find(({ name }) => name.startsWith('MixtureSynthesizer'))!;
    const layer = built(mixture.make(), FEATURES);
    const values = layer.weights.map(({ name, tensor }) =>
      name === 'mixing/logits'
        ? new Tensor(
            tensor.data.map(() => Number.NaN),
            tensor.shape,
          )
        : tensor,
    );
    layer.setWeights(values);
    expect(() => layer.call(x())).toThrow(/mixing\/logits.*NaN/);
    const scaled = built(new layers.Attention({ useScale: true }), FEATURES);
    scaled.setWeights([new Tensor(Float32Array.of(Number.POSITIVE_INFINITY), [])]);
    expect(() => scaled.call(x())).toThrow(/finite number for scale.*Infinity/);
  });
});
