/** Every file of a model directory, broken in every way: one typed error of one sentence each. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FileError, FormatError, ModelError } from '../../../lib/errors.js';
import { writeSafetensors } from '../../../lib/formats/safetensors.js';
import { Encoder } from '../../../lib/models/encoder.js';
import { goldenPath } from '../../support/golden.js';

type Values = Record<string, unknown>;

const HIDDEN = 24;
const OUT = 6;
const FILES: Record<string, unknown> = {
  'modules.json': ['', '1_Pooling', '2_Dense', '3_Normalize'].map((path, idx) => ({
    idx,
    name: `${idx}`,
    path,
    type: `sentence_transformers.models.${path.slice(2) || 'Transformer'}`,
  })),
  '1_Pooling/config.json': { word_embedding_dimension: HIDDEN, pooling_mode_mean_tokens: true },
  '2_Dense/config.json': {
    in_features: HIDDEN,
    out_features: OUT,
    bias: true,
    activation_function: 'torch.nn.modules.activation.Tanh',
  },
  'config_sentence_transformers.json': {
    prompts: { query: 'query: ' },
    default_prompt_name: 'query',
    similarity_fn_name: 'cosine',
    truncate_dim: 4,
  },
  'sentence_bert_config.json': { max_seq_length: 32, do_lower_case: false },
};

let folder: string;
let base: string;
let copies = 0;

async function writeDense(directory: string, shapes: Record<string, number[]>): Promise<void> {
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.1);
    return { name, dtype: 'F32' as const, shape, data };
  });
  await writeSafetensors(join(directory, '2_Dense', 'model.safetensors'), tensors);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synthetic-attention-'));
  base = join(folder, 'base');
  await cp(goldenPath('encoders/bert_prefixed'), base, { recursive: true });
  for (const [path, values] of Object.entries(FILES)) {
    await mkdir(dirname(join(base, path)), { recursive: true });
    await writeFile(join(base, path), JSON.stringify(values));
  }
  await writeDense(base, { 'linear.weight': [OUT, HIDDEN], 'linear.bias': [OUT] });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function copy(): Promise<string> {
  const directory = join(folder, `copy ${copies++}`);
  await cp(base, directory, { recursive: true });
  return directory;
}

/** The error of loading and encoding; undefined when nothing fails. */
async function failure(directory: string): Promise<unknown> {
  try {
    using encoder = await Encoder.load(directory);
    await encoder.encode('a text');
    return undefined;
  } catch (error) {
    return error;
  }
}

function expectOneSentence(error: unknown, named: string): void {
  const isTyped = [ModelError, FormatError, FileError].some((kind) => error instanceof kind);
  expect([isTyped, error]).toEqual([true, error]);
  expect((error as Error).message).toMatch(/^[^\n]+: expected [^\n]+ but received [^\n]+$/);
  expect((error as Error).message).toContain(named);
  expect((error as Error).message.length).toBeLessThan(600);
}

it('loads the directory that the tests break', async () => {
  using encoder = await Encoder.load(base);
  expect([encoder.dimensions, encoder.normalizes, encoder.maxLength]).toEqual([4, true, 32]);
  expect(await failure(base)).toBeUndefined();
});

const REQUIRED = [
  'config.json',
  'tokenizer.json',
  'model.safetensors',
  '1_Pooling/config.json',
  '2_Dense/config.json',
  '2_Dense/model.safetensors',
];
const OPTIONAL = [
  'modules.json',
  'tokenizer_config.json',
  'sentence_bert_config.json',
  'config_sentence_transformers.json',
];

describe.each([...REQUIRED, ...OPTIONAL])('%s', (file) => {
  it(`${REQUIRED.includes(file) ? 'must' : 'need not'} be there`, async () => {
    const directory = await copy();
    await rm(join(directory, file));
    const error = await failure(directory);
    if (REQUIRED.includes(file)) expectOneSentence(error, file);
    else expect(error).toBeUndefined();
  });

  it.each<[string, (bytes: Buffer) => Buffer | string]>([
    ['empty', () => ''],
    ['cut in the middle', (bytes) => bytes.subarray(0, bytes.length >> 1)],
    ['a number', () => '7'],
    ['null', () => 'null'],
    ['text', () => '"text"'],
    ['of another shape', (bytes) => (bytes[0] === 0x5b ? '{}' : '[]')],
    ['a list of numbers', () => '[1, 2]'],
    ['bytes that are no text', () => Buffer.from([0xff, 0xfe, 0, 0x80, 0x7b])],
  ])('may not be %s', async (_, change) => {
    const directory = await copy();
    await writeFile(join(directory, file), change(await readFile(join(directory, file))));
    expectOneSentence(await failure(directory), file);
  });

  it('may not be a directory', async () => {
    const directory = await copy();
    await rm(join(directory, file));
    await mkdir(join(directory, file));
    expectOneSentence(await failure(directory), file);
  });
});

const WRONG: readonly unknown[] = [-1, 0.5, 1e300, 'text', [], {}, true];

describe.each<[string, string, readonly unknown[]]>([
  ['config.json', 'model_type', WRONG],
  ['config.json', 'hidden_size', WRONG],
  ['config.json', 'num_hidden_layers', WRONG],
  ['config.json', 'num_attention_heads', WRONG],
  ['config.json', 'intermediate_size', WRONG],
  ['config.json', 'vocab_size', WRONG],
  ['config.json', 'max_position_embeddings', WRONG],
  ['config.json', 'layer_norm_eps', ['text', [], {}, true]],
  ['config.json', 'hidden_act', WRONG],
  ['1_Pooling/config.json', 'pooling_mode', WRONG],
  ['1_Pooling/config.json', 'pooling_mode_mean_tokens', [1, 'true', [], {}, false]],
  ['1_Pooling/config.json', 'include_prompt', [1, 'true', [], {}]],
  ['2_Dense/config.json', 'in_features', WRONG],
  ['2_Dense/config.json', 'out_features', WRONG],
  ['2_Dense/config.json', 'bias', [1, 'true', [], {}]],
  ['2_Dense/config.json', 'use_residual', [1, 'true', [], {}]],
  ['2_Dense/config.json', 'activation_function', [1, 'os.system', 'torch.nn.Softmax2d', 'Tanh', [], {}]],
  ['2_Dense/config.json', 'module_input_name', ['token_embeddings', 1]],
  ['config_sentence_transformers.json', 'prompts', [1, 'text', [], { query: 7 }, { query: [] }]],
  ['config_sentence_transformers.json', 'default_prompt_name', [1, 'missing', [], {}, true]],
  ['config_sentence_transformers.json', 'similarity_fn_name', [1, 'hamming', [], {}, true]],
  ['config_sentence_transformers.json', 'truncate_dim', [0, ...WRONG]],
  ['sentence_bert_config.json', 'max_seq_length', [0, 2, ...WRONG]],
  ['sentence_bert_config.json', 'do_lower_case', [1, 'true', [], {}]],
])('%s: %s', (file, key, wrong) => {
  it.each(wrong.map((value) => [JSON.stringify(value), value] as const))(
    'may not be %s',
    async (_, value) => {
      const directory = await copy();
      const path = join(directory, file);
      const values = JSON.parse(await readFile(path, 'utf8')) as Values;
      await writeFile(path, JSON.stringify({ ...values, [key]: value }));
      // A size that is only too large may be found out where the weights do not fit.
      expectOneSentence(await failure(directory), directory);
    },
  );
});

const TRANSFORMER = { path: '', type: 'sentence_transformers.models.Transformer' };
const POOLING = { path: '1_Pooling', type: 'sentence_transformers.models.Pooling' };

describe('modules.json', () => {
  it.each<[string, unknown[]]>([
    ['nothing', []],
    ['a transformer alone', [TRANSFORMER]],
    ['pooling of nothing', [POOLING]],
    ['pooling first', [POOLING, TRANSFORMER]],
    ['two transformers', [TRANSFORMER, TRANSFORMER]],
    ['two poolings', [TRANSFORMER, POOLING, POOLING]],
    ['an unknown module', [TRANSFORMER, POOLING, { path: '', type: 'sentence_transformers.models.LSTM' }]],
    ['a module of another package', [{ ...TRANSFORMER, type: 'custom.Transformer' }, POOLING]],
    ['a module of no type', [TRANSFORMER, { path: '1_Pooling' }]],
    ['a type that is a number', [TRANSFORMER, { ...POOLING, type: 5 }]],
    ['a path that is a number', [TRANSFORMER, { ...POOLING, path: 5 }]],
    ['a path out of the directory', [TRANSFORMER, { ...POOLING, path: '../1_Pooling' }]],
    ['a path that turns out of it', [TRANSFORMER, { ...POOLING, path: '1_Pooling/../../base/1_Pooling' }]],
    ['an absolute path', [TRANSFORMER, { ...POOLING, path: '/etc' }]],
    ['a path with a zero', [TRANSFORMER, { ...POOLING, path: '1_Pooling\0' }]],
    ['a path to nothing', [TRANSFORMER, { ...POOLING, path: 'nowhere' }]],
    ['a path to a file', [TRANSFORMER, { ...POOLING, path: 'config.json' }]],
  ])('may not say %s', async (_, modules) => {
    const directory = await copy();
    await writeFile(join(directory, 'modules.json'), JSON.stringify(modules));
    expectOneSentence(await failure(directory), directory);
  });

  it('may say what does nothing, and in the words of newer versions', async () => {
    const directory = await copy();
    const modules = [
      { path: '', type: 'sentence_transformers.base.modules.transformer.Transformer' },
      { path: './1_Pooling', type: 'sentence_transformers.sentence_transformer.modules.pooling.Pooling' },
      { path: '2_Dropout', type: 'sentence_transformers.models.Dropout' },
    ];
    await writeFile(join(directory, 'modules.json'), JSON.stringify(modules));
    expect(await failure(directory)).toBeUndefined();
  });

  it('counts for the transformer alone with modules: false', async () => {
    const directory = await copy();
    const custom = [TRANSFORMER, { path: 'x', type: 'custom.Anything' }];
    await writeFile(join(directory, 'modules.json'), JSON.stringify(custom));
    using encoder = await Encoder.load(directory, { modules: false, truncateDim: 24 });
    expect([encoder.dimensions, encoder.pooling, encoder.normalizes]).toEqual([HIDDEN, 'mean', false]);
  });
});

describe('2_Dense/model.safetensors', () => {
  it.each<[string, Record<string, number[]>]>([
    ['no weight', { 'linear.bias': [OUT] }],
    ['no bias', { 'linear.weight': [OUT, HIDDEN] }],
    ['axes that are swapped', { 'linear.weight': [HIDDEN, OUT], 'linear.bias': [OUT] }],
    ['a bias of another length', { 'linear.weight': [OUT, HIDDEN], 'linear.bias': [HIDDEN] }],
    ['names of another module', { weight: [OUT, HIDDEN], bias: [OUT] }],
  ])('may not have %s', async (_, shapes) => {
    const directory = await copy();
    await writeDense(directory, shapes);
    expectOneSentence(await failure(directory), '2_Dense');
  });

  it('must fit what comes before it', async () => {
    const directory = await copy();
    const path = join(directory, '2_Dense', 'config.json');
    await writeFile(path, JSON.stringify({ ...(FILES['2_Dense/config.json'] as Values), in_features: 12 }));
    await writeDense(directory, { 'linear.weight': [OUT, 12], 'linear.bias': [OUT] });
    expectOneSentence(await failure(directory), 'in_features: expected the 24 numbers before it');
  });
});
