/** Encoders with weights of 8 bits, made when they are loaded or stored by `convertModel`. */
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { info, setThreads } from '../../lib/diagnostics.js';
import { ModelError, NonFiniteError } from '../../lib/errors.js';
import { writeSafetensors } from '../../lib/formats/safetensors.js';
import { readSafetensors } from '../../lib/formats/safetensors_reader.js';
import { convertModel } from '../../lib/models/convert/convert.js';
import { Encoder } from '../../lib/models/encoder.js';
import type { EncoderDType } from '../../lib/models/types.js';
import { encoderDirectory, readEncoderGolden, SMALL_ENCODERS } from '../support/encoder_golden.js';
import { goldenPath, readGolden } from '../support/golden.js';
import { MINILM_COSINE, MINILM_STORED_COSINE, PAIRED } from '../support/int8_tier.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synthetic-attention-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/**
 * Where a weight has 127 steps on each side, the codes of a converted model are read as they are: its embeddings are those
 * of the original loaded in 8 bits, bit by bit. Where the CPU sums two products in 16 bits, neighbours share the steps and
 * a row has another scale: stored codes are rounded a second time, and only near.
 */
const SAME_STEPS = !PAIRED;

/**
 * The lowest is 0.9979, of Qwen3 where pairs share steps and stored codes are rounded twice, and 0.9989 of all others: a row
 * of 24 terms averages less noise than one of 384 does, and the last token alone less than a mean.
 */
const NEAR = PAIRED ? 0.997 : 0.998;

const THREADS = info().threads;
afterEach(() => setThreads(THREADS));

async function embed(directory: string, texts: readonly string[], dtype: EncoderDType) {
  using encoder = await Encoder.load(directory, { dtype });
  const { data } = await encoder.encode(texts);
  return rowsOf(data, texts.length);
}

function rowsOf(data: Float32Array, count: number): Float32Array[] {
  const width = data.length / count;
  return Array.from({ length: count }, (_, i) => data.slice(i * width, (i + 1) * width));
}

function cosine(x: Float32Array, y: Float32Array): number {
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

/** Of each row its name and whether it is near; what is not near shows its cosine. */
function expectNear(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
  const far = actual.flatMap((row, i) => {
    const near = cosine(row, expected[i]!);
    return near >= NEAR ? [] : [[i, near]];
  });
  expect([actual.length, far]).toEqual([expected.length, []]);
}

const MODELS: readonly [string, string, readonly string[]][] = [
  ...Object.keys(SMALL_ENCODERS).map((name): [string, string, string[]] => [
    name,
    encoderDirectory(name),
    readEncoderGolden(name).texts.map(({ text }) => text),
  ]),
  [
    'tiny_bert',
    goldenPath('tiny_bert'),
    readGolden<{ texts: { text: string }[] }>('tiny_bert.json').texts.map(({ text }) => text),
  ],
];

describe.each(MODELS)('a small %s in 8 bits', (name, directory, texts) => {
  it('keeps the directions of embeddings', async () => {
    const [narrow, wide] = [await embed(directory, texts, 'int8'), await embed(directory, texts, 'float32')];
    expectNear(narrow, wide);
    // What is equal has not been computed in 8 bits.
    expect(narrow).not.toEqual(wide);
  });

  it('gives every text the same embedding, alone and beside others, on any number of threads', async () => {
    using encoder = await Encoder.load(directory, { dtype: 'int8' });
    setThreads(2);
    const all = rowsOf((await encoder.encode(texts)).data, texts.length);
    setThreads(1);
    expect(rowsOf((await encoder.encode(texts)).data, texts.length)).toEqual(all);
    const turned = rowsOf((await encoder.encode(texts.toReversed())).data, texts.length);
    expect(turned.toReversed()).toEqual(all);
    for (const [i, text] of texts.entries()) expect((await encoder.encode(text)).data).toEqual(all[i]);
  });

  it('is the same once stored, and as near in float32 again', async () => {
    const [stored, back] = [join(folder, name), join(folder, `${name} back`)];
    const { tensors } = await convertModel(directory, stored, { dtype: 'int8' });
    expect(await convertModel(stored, back, { dtype: 'float32' })).toMatchObject({ tensors });
    const wide = await embed(directory, texts, 'float32');
    const narrow = await embed(stored, texts, 'int8');
    // Tables of scores have 8 bits in the file alone.
    if (SAME_STEPS && !name.startsWith('synthesizer')) {
      expect(narrow).toEqual(await embed(directory, texts, 'int8'));
    }
    expectNear(narrow, wide);
    const restored = await embed(back, texts, 'float32');
    expectNear(restored, wide);
    // The codes are the same weights, however they are stored.
    expect(await embed(stored, texts, 'float32')).toEqual(restored);
    if (SAME_STEPS) expect(await embed(back, texts, 'int8')).toEqual(narrow);
  });
});

describe.each(['f16', 'bf16'])('weights of %s', (type) => {
  const texts = ['a river', 'the cat sat on the warm stone', ''];

  it('become 8 bits as they are loaded, and stored ones are the same', async () => {
    const [directory, stored] = [join(folder, `tiny ${type}`), join(folder, `stored ${type}`)];
    await cp(goldenPath('tiny_bert'), directory, { recursive: true });
    await copyFile(join(directory, `model.${type}.safetensors`), join(directory, 'model.safetensors'));
    const [narrow, wide] = [await embed(directory, texts, 'int8'), await embed(directory, texts, 'float32')];
    expectNear(narrow, wide);
    await convertModel(directory, stored, { dtype: 'int8' });
    const read = await embed(stored, texts, 'int8');
    if (SAME_STEPS) expect(read).toEqual(narrow);
    expectNear(read, wide);
  });
});

describe('weights of an awkward kind', () => {
  const texts = ['a river', 'the cat sat on the warm stone', ''];

  /** A model of which some tensors have other rows. */
  async function altered(name: string, which: RegExp, change: (row: Float32Array) => void): Promise<string> {
    const directory = join(folder, name);
    await cp(goldenPath('tiny_bert'), directory, { recursive: true });
    const path = join(directory, 'model.safetensors');
    const tensors = [...(await readSafetensors(path))].map(([tensor, { shape, data }]) => {
      const columns = shape.at(-1)!;
      for (let at = 0; shape.length === 2 && at < data.length; at += columns) {
        if (which.test(tensor)) change(data.subarray(at, at + columns));
      }
      return { name: tensor, dtype: 'F32' as const, shape, data };
    });
    await writeSafetensors(path, tensors);
    return directory;
  }

  (SAME_STEPS ? it : it.skip)('halfway between two steps have the same codes once stored', async () => {
    const directory = await altered('halves', /word|dense|query|key|value/, (row) => {
      const largest = Math.max(...row.map(Math.abs));
      row.forEach((weight, i) => {
        const step = Math.trunc((weight / largest) * 127);
        if (Math.abs(step) < 127) row[i] = ((step + Math.sign(weight) / 2) / 127) * largest;
      });
    });
    await convertModel(directory, join(folder, 'halves stored'), { dtype: 'int8' });
    const read = await embed(join(folder, 'halves stored'), texts, 'int8');
    expect(read).toEqual(await embed(directory, texts, 'int8'));
  });

  it.each([
    [Number.NaN, 'word'],
    [Number.POSITIVE_INFINITY, 'word'],
    [Number.NEGATIVE_INFINITY, 'word'],
    [Number.NaN, 'value'],
    [Number.POSITIVE_INFINITY, 'dense'],
  ])('that are %p give an error in 8 bits, stored as well: %s', async (value, which) => {
    const name = `${value} ${which}`;
    const directory = await altered(name, new RegExp(which), (row) => {
      row[3] = value;
    });
    await convertModel(directory, join(folder, `${name} stored`), { dtype: 'int8' });
    for (const from of [directory, join(folder, `${name} stored`)]) {
      // Words are read when a text has them, all else when the model is loaded.
      const expected = which === 'word' ? NonFiniteError : ModelError;
      await expect(embed(from, texts, 'int8')).rejects.toThrow(expected);
    }
  });
});

const shared = fileURLToPath(new URL('../../../shared', import.meta.url));
const minilm = process.env.SYNTHETIC_ATTENTION_TEST_MODEL ?? join(shared, 'models', 'all-MiniLM-L6-v2');
const glosses = join(shared, 'data', 'glosses.txt');
const here = existsSync(join(minilm, 'model.safetensors')) && existsSync(glosses);
if (!here) console.warn(`skipped: all-MiniLM-L6-v2 is not at ${minilm}, or no texts at ${glosses}`);

(here ? describe : describe.skip)('all-MiniLM-L6-v2 in 8 bits', () => {
  // The scalar tier is a definition, not a contender: a few texts show as much.
  const count = info().isa === 'scalar' ? 16 : 512;
  const texts = here ? readFileSync(glosses, 'utf8').split('\n').slice(0, count) : [];

  it('keeps the directions of embeddings, stored as well', async () => {
    const wide = await embed(minilm, texts, 'float32');
    const narrow = await embed(minilm, texts, 'int8');
    const stored = join(folder, 'minilm');
    const { before, after } = await convertModel(minilm, stored, { dtype: 'int8' });
    expect(after).toBeLessThan(before * 0.27);
    const read = await embed(stored, texts, 'int8');
    if (SAME_STEPS) expect(read).toEqual(narrow);
    for (const [rows, least] of [
      [narrow, MINILM_COSINE],
      [read, MINILM_STORED_COSINE],
    ] as const) {
      const cosines = rows.map((row, i) => cosine(row, wide[i]!));
      const mean = cosines.reduce((sum, c) => sum + c, 0) / count;
      const lowest = Math.min(...cosines);
      expect(lowest).toBeGreaterThanOrEqual(least.lowest);
      expect(mean).toBeGreaterThanOrEqual(least.mean);
    }
  });
});
