import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readModelDirectory } from '../../lib/models/directory/model_directory.js';
import { Encoder } from '../../lib/models/encoder.js';
import { Tokenizer } from '../../lib/models/tokenizer/tokenizer.js';
import { expectClose, goldenPath, readGolden } from '../support/golden.js';

interface Text {
  name: string;
  text: string;
  ids: number[];
}
type Rows = { shape: number[]; data: number[] };
interface TinyBert {
  max_seq_length: number;
  texts: Text[];
  embeddings: Record<'mean_normalized' | 'mean' | 'cls' | 'max', Rows>;
  variants: Record<'gelu_new' | 'relu' | 'f16' | 'bf16', { mean: Rows }>;
}

const golden = readGolden<TinyBert>('tiny_bert.json');
const texts = golden.texts.map((t) => t.text);
const DIRECTORY = goldenPath('tiny_bert');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synthetic-attention-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A copy of the model directory with some JSON files changed. */
async function variant(
  name: string,
  edits: Record<string, (json: Record<string, unknown>) => unknown>,
  weights?: string,
) {
  const directory = join(folder, name);
  await cp(DIRECTORY, directory, { recursive: true });
  for (const [file, edit] of Object.entries(edits)) {
    const path = join(directory, file);
    await writeFile(
      path,
      JSON.stringify(edit(JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>)),
    );
  }
  if (weights) await cp(join(directory, weights), join(directory, 'model.safetensors'));
  return directory;
}

/** Three layers of a wild random model: float32 differs from float64 by some hundred roundings. */
const ROUNDINGS = 400;

describe('Encoder on a small random BERT', () => {
  it('tokenizes as the reference does', async () => {
    const directory = await readModelDirectory(DIRECTORY);
    const tokenizer = Tokenizer.create(directory.tokenizer, {
      maxLength: 64,
      lowerCase: false,
    });
    for (const { name, text, ids } of golden.texts)
      expect([name, ...tokenizer.encode(text)]).toEqual([name, ...ids]);
  });

  it('equals the reference, normalised as the directory says', async () => {
    const encoder = await Encoder.load(DIRECTORY);
    expect([encoder.dimensions, encoder.maxLength, encoder.pooling, encoder.normalizes]).toEqual([
      48,
      64,
      'mean',
      true,
    ]);
    const result = await encoder.encode(texts);
    expect(result.shape).toEqual([texts.length, 48]);
    expectClose(result.data, golden.embeddings.mean_normalized.data, 'mean_normalized', ROUNDINGS);
    const raw = await encoder.encode(texts, { normalize: false });
    expectClose(raw.data, golden.embeddings.mean.data, 'mean', ROUNDINGS);
  });

  it('gives a text the same bits alone, in any batch and in any order', async () => {
    const encoder = await Encoder.load(DIRECTORY);
    const all = await encoder.encode(texts);
    const reversed = await encoder.encode([...texts].reverse(), { batchSize: 3 });
    for (const [i, text] of texts.entries()) {
      const one = await encoder.encode(text);
      expect(one.shape).toEqual([48]);
      const row = [...all.data.subarray(i * 48, (i + 1) * 48)];
      expect([...one.data]).toEqual(row);
      const j = texts.length - 1 - i;
      expect([...reversed.data.subarray(j * 48, (j + 1) * 48)]).toEqual(row);
    }
  });

  it('takes a lone surrogate as U+FFFD', async () => {
    const encoder = await Encoder.load(DIRECTORY);
    const index = golden.texts.findIndex((t) => t.name === 'lone surrogate');
    const text = texts[index]!.replaceAll('\ufffd', '\ud800');
    expect(text).not.toBe(texts[index]);
    expect([...(await encoder.encode(text)).data]).toEqual([...(await encoder.encode(texts[index]!)).data]);
  });

  it.each([
    ['cls', 'pooling_mode_cls_token'],
    ['max', 'pooling_mode_max_tokens'],
  ] as const)('pools by %s', async (mode, key) => {
    const directory = await variant(mode, {
      '1_Pooling/config.json': (config) => ({ ...config, pooling_mode_mean_tokens: false, [key]: true }),
      'modules.json': (modules) => (modules as unknown as object[]).slice(0, 2),
    });
    const encoder = await Encoder.load(directory);
    expect(encoder.normalizes).toBe(false);
    expectClose((await encoder.encode(texts)).data, golden.embeddings[mode].data, mode, ROUNDINGS);
  });

  it('reads the newer pooling key', async () => {
    const directory = await variant('new-key', {
      '1_Pooling/config.json': () => ({ embedding_dimension: 48, pooling_mode: 'cls' }),
    });
    const result = await (await Encoder.load(directory)).encode(texts, { normalize: false });
    expectClose(result.data, golden.embeddings.cls.data, 'cls', ROUNDINGS);
  });

  it.each(['gelu_new', 'relu'] as const)('computes %s', async (activation) => {
    const directory = await variant(activation, {
      'config.json': (config) => ({ ...config, hidden_act: activation }),
    });
    const result = await (await Encoder.load(directory)).encode(texts, { normalize: false });
    expectClose(result.data, golden.variants[activation].mean.data, activation, ROUNDINGS);
  });

  it.each(['f16', 'bf16'] as const)('reads %s weights', async (dtype) => {
    const directory = await variant(dtype, {}, `model.${dtype}.safetensors`);
    const result = await (await Encoder.load(directory)).encode(texts, { normalize: false });
    expectClose(result.data, golden.variants[dtype].mean.data, dtype, ROUNDINGS);
  });

  it('works on a plain Hugging Face directory: mean of the tokens, the tokenizer limits the length', async () => {
    const directory = await variant('plain', {});
    for (const name of ['modules.json', 'sentence_bert_config.json', '1_Pooling']) {
      await rm(join(directory, name), { recursive: true });
    }
    const encoder = await Encoder.load(directory);
    const short = texts.filter((_, i) => golden.texts[i]!.ids.length < 64);
    const rows = golden.texts.flatMap((t, i) =>
      t.ids.length < 64 ? golden.embeddings.mean.data.slice(i * 48, (i + 1) * 48) : [],
    );
    expectClose((await encoder.encode(short)).data, rows, 'mean', ROUNDINGS);
  });

  it('gives an empty result for no texts', async () => {
    const encoder = await Encoder.load(DIRECTORY);
    expect((await encoder.encode([])).shape).toEqual([0, 48]);
  });
});
