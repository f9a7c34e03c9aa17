/** The entry `synthetic-attention/transformers` against bad values. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ArgumentError } from '../../../lib/errors.js';
import * as tjs from '../../../lib/transformers/index.js';
import { detached, type Entry, violations } from '../../support/bad_values.js';
import { goldenPath } from '../../support/golden.js';

const MODEL = goldenPath('tiny_bert');
const tensor = (...dims: number[]) =>
  new tjs.Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.5), dims);

let extractor: tjs.FeatureExtractionPipeline;
beforeAll(async () => {
  tjs.env.allowRemoteModels = false;
  extractor = await tjs.pipeline('feature-extraction', MODEL);
});
afterAll(() => extractor.dispose());

const pretrained = () => ({
  dtype: 'fp32',
  revision: 'main',
  cache_dir: '/tmp/none',
  local_files_only: true,
  progress_callback: () => {},
  device: 'cpu',
});
const numbers = () => [1, 2, 3];

const functions: readonly Entry[] = [
  {
    name: 'pipeline',
    args: () => ['feature-extraction', MODEL, pretrained()],
    call: (t, m, o) => tjs.pipeline(t, m, o),
    options: 2,
  },
  {
    name: 'AutoTokenizer',
    args: () => [MODEL, pretrained()],
    call: async (m, o) => void (await tjs.AutoTokenizer.from_pretrained(m, o)),
    options: 1,
  },
  { name: 'cos_sim', args: () => [numbers(), numbers()], call: (a, b) => tjs.cos_sim(a, b) },
  { name: 'dot', args: () => [numbers(), numbers()], call: (a, b) => tjs.dot(a, b) },
  { name: 'softmax', args: () => [numbers()], call: (a) => tjs.softmax(a) },
  { name: 'log_softmax', args: () => [numbers()], call: (a) => tjs.log_softmax(a) },
  {
    name: 'Tensor',
    args: () => ['float32', new Float32Array(6), [2, 3]],
    call: (t, d, s) => new tjs.Tensor(t, d, s),
  },
  { name: 'cat', args: () => [[tensor(1, 2), tensor(1, 2)], 0], call: (t, a) => tjs.cat(t, a) },
  { name: 'stack', args: () => [[tensor(1, 2), tensor(1, 2)], 0], call: (t, a) => tjs.stack(t, a) },
  {
    name: 'layer_norm',
    args: () => [tensor(2, 3), [3], { eps: 1e-5 }],
    call: (t, s, o) => tjs.layer_norm(t, s, o),
    options: 2,
  },
  { name: 'matmul', args: () => [tensor(2, 3), tensor(3, 2)], call: (a, b) => tjs.matmul(a, b) },
  {
    name: 'mean_pooling',
    args: () => [tensor(1, 2, 3), tensor(1, 2)],
    call: (t, m) => tjs.mean_pooling(t, m),
  },
  {
    name: 'quantize_embeddings',
    args: () => [tensor(1, 8), 'binary'],
    call: (t, p) => tjs.quantize_embeddings(t, p),
  },
  { name: 'topk', args: () => [tensor(2, 3), 2], call: (t, k) => tjs.topk(t, k) },
];

const made = (): readonly Entry[] => [
  {
    name: 'extractor',
    args: () => [['the cat'], { pooling: 'mean', normalize: true, quantize: false, precision: 'binary' }],
    call: (t, o) => extractor(t, o),
    options: 1,
  },
  {
    name: 'tokenizer',
    args: () => [
      ['the cat'],
      { padding: true, truncation: true, max_length: 5, add_special_tokens: true, return_tensor: false },
    ],
    call: (t, o) => extractor.tokenizer(t, o),
    options: 1,
  },
  {
    name: 'tokenizer.encode',
    args: () => ['the cat', { add_special_tokens: true }],
    call: (t, o) => extractor.tokenizer.encode(t, o),
    options: 1,
  },
  {
    name: 'tokenizer.tokenize',
    args: () => ['the cat', { add_special_tokens: true }],
    call: (t, o) => extractor.tokenizer.tokenize(t, o),
    options: 1,
  },
  {
    name: 'tokenizer.decode',
    args: () => [[2, 5, 3], { skip_special_tokens: true }],
    call: (t, o) => extractor.tokenizer.decode(t, o),
    options: 1,
  },
  {
    name: 'tokenizer.batch_decode',
    args: () => [[[2, 5, 3]], { skip_special_tokens: true }],
    call: (t, o) => extractor.tokenizer.batch_decode(t, o),
    options: 1,
  },
];

/** Methods that take numbers, axes or functions; their callbacks' own errors pass. */
const methods = (): readonly Entry[] =>
  Object.entries({
    row: [0],
    to: ['float32'],
    slice: [[0, 1]],
    permute: [1, 0],
    transpose: [1, 0],
    view: [3, 2],
    reshape: [3, 2],
    squeeze: [0],
    unsqueeze: [0],
    flatten: [0, 1],
    add: [1],
    sub: [1],
    mul: [1],
    div: [1],
    clamp: [0, 1],
    gt: [1],
    lt: [1],
    sum: [0, true],
    mean: [0, true],
    min: [0, true],
    max: [0, true],
    norm: [2, 0, true],
    normalize: [2, 1],
  }).map(([name, args]) => ({
    name: `Tensor.${name}`,
    args: () => args,
    call: (...given: never[]) =>
      (tensor(2, 3) as unknown as Record<string, (...a: never[]) => unknown>)[name]!(...given),
  }));

const WITHOUT_ENTRY = [
  'env',
  'LogLevel',
  'FeatureExtractionPipeline',
  'FillMaskPipeline',
  'TextClassificationPipeline',
  'PreTrainedTokenizer',
];

/** Classes that `pipeline` and `AutoTokenizer` make, with what they make them of in the place of anything else. */
const classes = (): readonly Entry[] => {
  const { engine } = extractor as unknown as { engine: { tokenizerFile: unknown; tokenizerConfig: unknown } };
  return [
    {
      name: 'PreTrainedTokenizer',
      args: () => [engine.tokenizerFile, engine.tokenizerConfig],
      call: (f, c) => void new tjs.PreTrainedTokenizer(f, c),
    },
    // The task is only a name, and nothing reads it.
    {
      name: 'FeatureExtractionPipeline',
      args: () => ['x', engine],
      call: (t, e) => void new tjs.FeatureExtractionPipeline(t, e),
    },
  ];
};

const settings = (): readonly Entry[] =>
  (['localModelPath', 'cacheDir', 'remoteHost', 'allowRemoteModels', 'allowLocalModels'] as const).map(
    (name) => ({
      name: `env.${name}`,
      args: () => [tjs.env[name]],
      call: async (value: never) => {
        const before = tjs.env[name];
        tjs.env[name] = value;
        try {
          // Remote models stay off where this is not what is tried: no test asks the network.
          await tjs.AutoTokenizer.from_pretrained('none/such', { local_files_only: true });
        } catch (error) {
          if ((error as { code?: string }).code !== 'ERR_MODEL') throw error;
        } finally {
          tjs.env[name] = before as never;
        }
      },
    }),
  );

describe('transformers', () => {
  it('functions are all in this table', () => {
    const tried = functions.map(({ name }) => name);
    expect(Object.keys(tjs).filter((name) => !tried.includes(name) && !WITHOUT_ENTRY.includes(name))).toEqual(
      [],
    );
  });

  it.each([
    ['functions', () => functions],
    ['pipelines and tokenizers', made],
    ['tensors', methods],
    ['classes', classes],
    ['settings', settings],
  ])(
    '%s answer bad values with errors of the package',
    async (_what, entries) => {
      expect(await violations(entries())).toEqual([]);
    },
    60_000,
  );

  it('takes options of transformers.js that mean nothing here', async () => {
    const options = { quantized: false, session_options: {}, subfolder: 'onnx', model_file_name: 'model' };
    await (await tjs.pipeline('feature-extraction', MODEL, options)).dispose();
    await expect(tjs.pipeline('feature-extraction', MODEL, { d_type: 'fp32' } as never)).rejects.toThrow(
      '"d_type", an unknown option; did you mean "dtype"?',
    );
  });

  it('classes that pipeline() fills say so', () => {
    const { engine } = extractor as unknown as { engine: never };
    for (const make of [
      () => new tjs.FillMaskPipeline('x', null as never, null as never),
      () => new tjs.TextClassificationPipeline('x', engine, null as never, 'cls'),
      () => new (tjs.FeatureExtractionPipeline as unknown as new () => unknown)(),
      () => new (tjs.PreTrainedTokenizer as unknown as new () => unknown)(),
    ]) {
      expect(make).toThrow(ArgumentError);
    }
  });

  it('texts are padded to lengths that some model reads', () => {
    const padded = (max_length: number, return_tensor: boolean) =>
      extractor.tokenizer(['the cat', 'the'], { padding: 'max_length', max_length, return_tensor } as object);
    expect(padded(8, true).input_ids.dims).toEqual([2, 8]);
    const unlimited = { value: Number.POSITIVE_INFINITY, configurable: true };
    Object.defineProperty(extractor.tokenizer, 'model_max_length', unlimited);
    for (const length of [2 ** 32, 2 ** 40]) {
      for (const tensors of [true, false]) {
        expect(() => padded(length, tensors)).toThrow(ArgumentError);
      }
    }
    expect(() =>
      extractor.tokenizer(new Array(100).fill('the'), {
        padding: 'max_length',
        max_length: 2 ** 23,
        return_tensor: false,
      }),
    ).toThrow(ArgumentError);
  });

  it.each([
    ['NaN', Float64Array.of(Number.NaN)],
    ['a fraction', Float32Array.of(1.5)],
    ['a transferred array', detached()],
  ])('ids of %s are no text', (_what, ids) => {
    expect(() => extractor.tokenizer.decode(ids as never)).toThrow(ArgumentError);
    expect(() => extractor.tokenizer.batch_decode([ids] as never)).toThrow(ArgumentError);
  });

  it('ids that the vocabulary lacks have no untyped error', () => {
    for (const id of [-1, 2 ** 31, 2 ** 52])
      expect(typeof extractor.tokenizer.decode([2, id])).toBe('string');
  });
});
