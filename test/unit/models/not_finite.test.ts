/** A model that gives NaN for some texts: no way out of the library lets such a number pass. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ArgumentError,
  ModelError,
  NonFiniteError,
  pairwiseSimilarity,
  quantizeEmbeddings,
  type SearchHit,
  SyntheticAttentionError,
  semanticSearch,
  similarity,
} from '../../../lib/index.js';
import { randomSource } from '../../../lib/layers/initializers.js';
import { convertModel } from '../../../lib/models/convert/convert.js';
import { Encoder } from '../../../lib/models/encoder.js';
import type { AnyEncodeOptions, PoolingMode, Precision } from '../../../lib/models/types.js';
import { alteredModel, withWord } from '../../support/altered_model.js';
import { encoderDirectory } from '../../support/encoder_golden.js';
import { goldenPath } from '../../support/golden.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const BAD = 'the river and the stone';
const GOOD = ['a cat sat', 'warm', 'the old house by the lake'];

/** Id of a word that BAD has and none of GOOD, in the vocabulary of the model. */
async function badWord(directory: string): Promise<number> {
  using encoder = await Encoder.load(directory);
  const [bad, ...good] = encoder.tokenize([BAD, ...GOOD]);
  return bad!.find((id) => good.every((ids) => !ids.includes(id)))!;
}

async function failure(work: Promise<unknown>): Promise<NonFiniteError> {
  const error = await work.then(
    (value) => value,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(NonFiniteError);
  expect(error).toMatchObject({ code: 'ERR_NOT_FINITE' });
  return error as NonFiniteError;
}

const TINY = goldenPath('tiny_bert');
const POOLINGS: readonly (PoolingMode | PoolingMode[])[] = [
  'cls',
  'mean',
  'max',
  'mean_sqrt_len',
  'weightedmean',
  'lasttoken',
  ['mean', 'max'],
];
const PRECISIONS: readonly Precision[] = ['float32', 'int8', 'uint8', 'binary', 'ubinary'];

describe.each([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])('a word of %s', (name, value) => {
  let bad: string;
  beforeAll(async () => {
    bad = await withWord(TINY, join(folder, name), await badWord(TINY), value);
    await convertModel(bad, join(folder, `${name} int8`), { dtype: 'int8' });
  });

  it.each([
    ['float32', '', 'float32'],
    ['int8', '', 'int8'],
    ['float32 of 8 bits', ' int8', 'float32'],
    ['8 bits', ' int8', 'int8'],
  ] as const)('is an error that names the text, in %s', async (_, suffix, dtype) => {
    using encoder = await Encoder.load(bad + suffix, { dtype });
    using sound = await Encoder.load(TINY, { dtype });
    const texts = [...GOOD, BAD, ...GOOD];
    const variants: AnyEncodeOptions[] = [
      ...POOLINGS.flatMap((pooling) =>
        [true, false].flatMap((normalize) => [
          { pooling, normalize },
          { pooling, normalize, truncateDim: 5 },
        ]),
      ),
      ...PRECISIONS.map((precision) => ({ precision })),
      { outputValue: 'token' },
      { batchSize: 1 },
    ];
    for (const options of variants) {
      expect((await failure(encoder.encode(texts, options))).index).toBe(GOOD.length);
      expect((await failure(encoder.encode(BAD, options))).index).toBe(0);
    }
    expect(await failure(encoder.encode(texts))).toMatchObject({
      message: 'text 3: the model gives numbers that are not finite (NaN or an infinity) for it',
    });
    expect((await failure(encoder.explain(BAD))).index).toBe(0);
    if (suffix === '') expect((await encoder.encode(GOOD)).data).toEqual((await sound.encode(GOOD)).data);
  });

  it('ends a stream behind the batches before it', async () => {
    using encoder = await Encoder.load(bad);
    const ranges = { data: new Float32Array(96).fill(-1).fill(1, 48), shape: [2, 48] };
    for (const precision of PRECISIONS) {
      const options = precision.endsWith('int8') ? { precision, ranges } : { precision };
      let texts = 0;
      const read = async () => {
        const stream = encoder.encodeStream([...GOOD, BAD, ...GOOD], { batchSize: 2, ...options } as object);
        for await (const batch of stream) texts += batch.texts;
      };
      expect((await failure(read())).index).toBe(GOOD.length);
      expect(texts).toBe(2);
    }
  });

  it('leaves the sequences beside it unharmed', async () => {
    using encoder = await Encoder.load(bad);
    using sound = await Encoder.load(TINY);
    const sequences = encoder.tokenize([GOOD[0]!, BAD, GOOD[1]!, BAD, GOOD[2]!]);
    const offsets = [0];
    for (const ids of sequences) offsets.push(offsets.at(-1)! + ids.length);
    const batch = { ids: Int32Array.from(sequences.flat()), offsets: Int32Array.from(offsets) };
    for (const options of [{}, { pooling: 'max' as const }, { outputValue: 'token' as const }]) {
      expect((await failure(encoder.encodeTokens(batch, options))).index).toBe(1);
      const failed: number[] = [];
      const onFailure = (index: number, error: SyntheticAttentionError) => {
        expect(error).toMatchObject({ code: 'ERR_NOT_FINITE', index });
        failed.push(index);
      };
      const rows = await encoder.encodeTokens(batch, { ...options, onFailure });
      const expected = await sound.encodeTokens(batch, options);
      const width = 'outputValue' in options ? 0 : encoder.dimensions;
      for (const [i, ids] of sequences.entries()) {
        const [begin, end] =
          width > 0 ? [i * width, (i + 1) * width] : [offsets[i]! * 48, offsets[i + 1]! * 48];
        const row = rows.subarray(begin, end);
        if (i % 2 === 1) expect(row).toEqual(new Float32Array(width || ids.length * 48));
        else expect(row).toEqual(expected.subarray(begin, end));
      }
      expect(failed).toEqual([1, 3]);
    }
  });
});

it('every architecture and a word of NaN or of 1e38: an error or finite numbers', async () => {
  for (const name of [
    'albert',
    'distilbert',
    'electra',
    'gte',
    'modernbert',
    'mpnet',
    'nomic_bert',
    'roberta',
  ]) {
    const from = encoderDirectory(name);
    const id = await badWord(from);
    for (const value of [Number.NaN, 1e38]) {
      const directory = await withWord(from, join(folder, `${name} ${value}`), id, value);
      for (const dtype of ['float32', 'int8'] as const) {
        using encoder = await Encoder.load(directory, { dtype });
        if (Number.isNaN(value)) await failure(encoder.encode(BAD));
        else await finiteOrError(encoder.encode(BAD));
        expect((await encoder.encode(GOOD)).data.every(Number.isFinite)).toBe(true);
      }
    }
  }
});

async function finiteOrError(work: Promise<unknown>): Promise<boolean> {
  try {
    const { data } = (await work) as { data: ArrayLike<number> };
    expect(Array.from(data).every(Number.isFinite)).toBe(true);
    return true;
  } catch (error) {
    if (!(error instanceof SyntheticAttentionError)) throw error;
    return false;
  }
}

it('weights of any size give finite numbers or an error, and both come about', async () => {
  const random = randomSource(7);
  const values = [1e10, 1e20, 1e38, -3e38, 1e-40, 0];
  // Few tensors of a model: of many, most give sums near the largest number of float32, and whether those overflow
  // depends on the order and the roundings of an instruction set.
  let finite = 0;
  let loaded = 0;
  for (let i = 0; i < 60; i++) {
    const from = [TINY, encoderDirectory('synthesizer'), encoderDirectory('modernbert')][i % 3]!;
    const directory = await alteredModel(from, join(folder, `mutant ${i}`), (_, data) => {
      if (random() < 0.1) {
        const value = values[Math.floor(random() * values.length)]!;
        const share = random() < 0.5 ? 1 : 0.05;
        for (let j = 0; j < data.length; j++) if (random() < share) data[j]! *= value;
      }
    });
    const dtype = random() < 0.5 ? 'int8' : 'float32';
    const encoder = await Encoder.load(directory, { dtype }).catch((error: unknown) => {
      expect(error).toBeInstanceOf(ModelError);
      return undefined;
    });
    if (encoder === undefined) continue;
    loaded++;
    for (const options of [{}, { pooling: 'max' as const }, { precision: 'int8' as const }]) {
      if (await finiteOrError(encoder.encode([BAD, ...GOOD], options))) finite++;
    }
    encoder.dispose();
  }
  expect(loaded).toBeGreaterThan(10);
  expect(finite).toBeGreaterThan(10);
  expect(finite).toBeLessThan(3 * loaded - 10);
});

describe('what callers give', () => {
  const rows = (...data: number[][]) => ({
    data: Float32Array.from(data.flat()),
    shape: [data.length, data[0]!.length],
  });
  const good = rows([0.1, 0.9], [0.4, -0.5], [0.7, 0.3]);
  const VALUES = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

  it.each(VALUES)('quantizeEmbeddings refuses a row with %p', (value) => {
    for (const precision of PRECISIONS) {
      const bad = rows([0.1, 0.2], [0.3, value], [0.2, 0.2]);
      expect(() => quantizeEmbeddings(bad, precision)).toThrow(ArgumentError);
      expect(() => quantizeEmbeddings(bad, precision)).toThrow(
        `row 1: expected finite numbers but received ${value}`,
      );
    }
    const calibration = rows([value, 0], [1, 1]);
    expect(() => quantizeEmbeddings(good, 'int8', { calibration })).toThrow(
      'calibration: row 0: expected finite',
    );
  });

  it.each([
    ['NaN', rows([0, Number.NaN], [1, 1]), 'dimension 1: expected finite values but received NaN to 1'],
    ['Infinity', rows([0, 0], [1, Number.POSITIVE_INFINITY]), 'dimension 1: expected finite values'],
    [
      'an inverted range',
      rows([0, 1], [1, 0]),
      'dimension 1: expected a greatest value above the least but received 1 to 0',
    ],
    [
      'a range of no width',
      rows([0.5, 0], [0.5, 1]),
      'dimension 0: expected a greatest value above the least',
    ],
    [
      'a range beyond float32',
      rows([-3e38, 0], [3e38, 1]),
      'dimension 0: expected a range that float32 can cut into 255 steps',
    ],
  ])('ranges with %s are refused', async (_, ranges, message) => {
    using encoder = await Encoder.load(TINY);
    for (const precision of ['int8', 'uint8'] as const) {
      expect(() => quantizeEmbeddings(good, precision, { ranges })).toThrow(ArgumentError);
      expect(() => quantizeEmbeddings(good, precision, { ranges })).toThrow(message);
      const options = { precision, ranges, truncateDim: 2 };
      await expect(encoder.encode(GOOD, options)).rejects.toThrow(message);
      const stream = encoder.encodeStream(GOOD, options);
      await expect(stream.next()).rejects.toThrow(message);
    }
  });

  it('a calibration in which a dimension is the same everywhere is refused', () => {
    const calibration = rows([1, 0.5], [2, 0.5]);
    expect(() => quantizeEmbeddings(good, 'int8', { calibration })).toThrow(
      'calibration: dimension 1: expected a greatest value above the least but received 0.5 to 0.5',
    );
  });

  it.each(VALUES)('similarities refuse a row with %p', async (value) => {
    const bad = rows([0.1, 0.2], [value, 0.3], [0.5, 0.5]);
    for (const name of ['cosine', 'dot', 'euclidean', 'manhattan'] as const) {
      const message = `: row 1: expected finite numbers but received ${value}`;
      expect(() => similarity(bad, good, name)).toThrow(`a${message}`);
      expect(() => similarity(good, bad, name)).toThrow(`b${message}`);
      expect(() => pairwiseSimilarity(good, bad, name)).toThrow(`b${message}`);
      const search = (queries: typeof good, corpus: typeof good): Promise<SearchHit[][]> =>
        semanticSearch(queries, corpus, { scoreFunction: name });
      await expect(search(bad, good)).rejects.toThrow(`queries${message}`);
      await expect(search(good, bad)).rejects.toThrow(`corpus${message}`);
    }
  });

  it('numbers whose product is beyond float32 have no similarity; zeros have the cosine 0', async () => {
    const large = rows([3e38, 3e38]);
    expect(() => similarity(large, large, 'dot')).toThrow(
      'expected embeddings whose similarity float32 can express',
    );
    await expect(semanticSearch(large, large, { scoreFunction: 'dot' })).rejects.toThrow(ArgumentError);
    expect(similarity(large, large, 'cosine').data[0]).toBeCloseTo(1, 6);
    expect(similarity(rows([0, 0]), good, 'cosine').data).toEqual(new Float32Array(3));
    expect(pairwiseSimilarity(rows([0, 0]), rows([1, 0]), 'cosine').data).toEqual(new Float32Array(1));
  });
});
