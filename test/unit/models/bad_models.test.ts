/** Every way a model directory can be wrong gives one typed error of one sentence. */

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FileError, FormatError, ModelError, SyntheticAttentionError } from '../../../lib/errors.js';
import { Encoder } from '../../../lib/models/encoder.js';
import { goldenPath } from '../../support/golden.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'synthetic-attention-'));
  await cp(goldenPath('tiny_bert'), directory, { recursive: true });
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function failure(path = directory): Promise<SyntheticAttentionError> {
  const error = await Encoder.load(path).then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(SyntheticAttentionError);
  expect((error as Error).message).toMatch(/^[^\n]+: expected [^\n]+ but received [^\n]+$/);
  return error as SyntheticAttentionError;
}

async function edit(file: string, change: (json: Record<string, unknown>) => unknown): Promise<void> {
  const path = join(directory, file);
  await writeFile(
    path,
    JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>)),
  );
}

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

/** Rewrites the header of the weights; the data stays as it is. */
async function editHeader(change: (header: Header) => void): Promise<void> {
  const path = join(directory, 'model.safetensors');
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Header;
  change(header);
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  await writeFile(path, Buffer.concat([prefix, text, bytes.subarray(8 + length)]));
}

const WORDS = 'embeddings.word_embeddings.weight';

describe('Encoder.load', () => {
  it('refuses a directory that is missing, a file, or not a path', async () => {
    const missing = await failure(join(directory, 'nowhere'));
    expect(missing).toBeInstanceOf(ModelError);
    expect(missing.message).toContain('nowhere": expected a directory');
    expect((await failure(join(directory, 'config.json'))).message).toContain('but received a file');
    expect((await failure(null as never)).message).toBeTruthy();
    expect((await failure('')).message).toContain('model: expected a directory or a name');
  });

  it.each(['config.json', 'tokenizer.json', 'model.safetensors', '1_Pooling/config.json'])(
    'names %s when it is missing',
    async (file) => {
      await rm(join(directory, file));
      expect((await failure()).message).toContain(file);
    },
  );

  it.each(['config.json', 'tokenizer.json', 'modules.json', 'tokenizer_config.json'])(
    'names %s when it is not JSON',
    async (file) => {
      await writeFile(join(directory, file), '{"a": ');
      const error = await failure();
      expect(error).toBeInstanceOf(ModelError);
      expect(error.message).toContain(`${file}: expected valid JSON`);
    },
  );

  it.each<[string, string, (json: Record<string, unknown>) => unknown, string]>([
    ['another architecture', 'config.json', (c) => ({ ...c, model_type: 'llama' }), 'but received "llama"'],
    ['no architecture', 'config.json', ({ model_type: _, ...c }) => c, 'model_type: expected one of "bert"'],
    [
      'another activation',
      'config.json',
      (c) => ({ ...c, hidden_act: 'swiglu' }),
      'hidden_act: expected one of',
    ],
    [
      'relative positions',
      'config.json',
      (c) => ({ ...c, position_embedding_type: 'relative_key' }),
      'position_embedding_type: expected "absolute"',
    ],
    ['a decoder', 'config.json', (c) => ({ ...c, is_decoder: true }), 'is_decoder: expected false'],
    [
      'heads that do not divide',
      'config.json',
      (c) => ({ ...c, num_attention_heads: 7 }),
      'num_attention_heads: expected a divisor',
    ],
    [
      'a negative size',
      'config.json',
      (c) => ({ ...c, hidden_size: -48 }),
      'hidden_size: expected an integer',
    ],
    [
      'a size of another model',
      'config.json',
      (c) => ({ ...c, intermediate_size: 113 }),
      'expected shape [113, 48]',
    ],
    [
      'too many layers',
      'config.json',
      (c) => ({ ...c, num_hidden_layers: 4 }),
      'expected a tensor encoder.layer.3',
    ],
    ['an array', 'config.json', () => [], 'expected a JSON object'],
    [
      'an unknown module',
      'modules.json',
      (m) => [...(m as unknown as object[]), { type: 'x.Dense', path: '2_Dense' }],
      'type: expected Transformer, then Pooling',
    ],
    [
      'a module outside',
      'modules.json',
      (m) => (m as unknown as object[]).map((x, i) => (i === 1 ? { ...x, path: '../1_Pooling' } : x)),
      'path inside of the model directory',
    ],
    [
      'no pooling',
      '1_Pooling/config.json',
      (p) => ({ ...p, pooling_mode_mean_tokens: false }),
      'a pooling mode that is true but received none',
    ],
    [
      'other pooling',
      '1_Pooling/config.json',
      (p) => ({ ...p, pooling_mode: 'median' }),
      'pooling_mode: expected one or more of cls, max, mean',
    ],
    ['a tokenizer of nothing', 'tokenizer.json', () => ({}), 'tokenizer.json: model: expected'],
    [
      'no room for text',
      'sentence_bert_config.json',
      () => ({ max_seq_length: 2 }),
      'room for more than 2 tokens',
    ],
  ])('refuses %s', async (_, file, change, message) => {
    await edit(file, change);
    expect((await failure()).message).toContain(message);
  });

  it.each<[string, (header: Header) => void, string]>([
    ['a missing tensor', (h) => delete h['encoder.layer.0.attention.self.key.bias'], 'model.safetensors'],
    [
      'an integer tensor where floats belong',
      (h) => (h[WORDS]!.dtype = 'I32'),
      'dtype: expected one of F32, F16, BF16, I8 but received I32',
    ],
    ['a shape with the axes swapped', (h) => h[WORDS]!.shape.reverse(), 'expected shape ['],
    ['overlapping tensors', (h) => (h[WORDS]!.data_offsets[0] -= 4), 'model.safetensors'],
    ['offsets beyond the end', (h) => (h[WORDS]!.data_offsets[1] = 1e9), 'model.safetensors'],
  ])('refuses weights with %s', async (_, change, message) => {
    await editHeader(change);
    expect((await failure()).message).toContain(message);
  });

  it('refuses weights that are cut short, empty, or claim a huge header', async () => {
    const path = join(directory, 'model.safetensors');
    const bytes = await readFile(path);
    for (const content of [
      bytes.subarray(0, -1),
      bytes.subarray(0, 100),
      Buffer.alloc(0),
      Buffer.alloc(16, 0xff),
    ]) {
      await writeFile(path, content);
      const error = await failure();
      expect(error instanceof FormatError || error instanceof FileError).toBe(true);
      expect(error.message).toContain('model.safetensors');
    }
  });
});
