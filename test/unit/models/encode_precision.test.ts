import { describe, expect, it } from '@jest/globals';
import { ArgumentError, ShapeError } from '../../../lib/errors.js';
import { Encoder } from '../../../lib/models/encoder.js';
import { embeddingRanges, quantizeEmbeddings, quantizeRows } from '../../../lib/models/heads/quantize.js';
import type { AnyEncodeOptions, Precision, QuantizedPrecision } from '../../../lib/models/types.js';
import { goldenPath } from '../../support/golden.js';

const load = () => Encoder.load(goldenPath('tiny_bert'));
const texts = Array.from({ length: 300 }, (_, i) => `text number ${i} of a list with words of ${i * i}`);
const PRECISIONS: readonly QuantizedPrecision[] = ['int8', 'uint8', 'binary', 'ubinary'];

describe('Encoder.encode', () => {
  it.each(PRECISIONS)('gives %s as quantizeEmbeddings does, with ranges and without', async (precision) => {
    using encoder = await load();
    const plain = await encoder.encode(texts);
    const ranges = { data: embeddingRanges(plain.data, 48).map((x) => x / 2), shape: [2, 48] };
    for (const options of [{}, { ranges }]) {
      const result = await encoder.encode(texts, { precision, batchSize: 7, ...options });
      const expected = quantizeEmbeddings(plain, precision, options);
      expect(result).toEqual(expected);
    }
    const one = await encoder.encode(texts[0]!, { precision, ranges });
    expect(one.shape).toEqual([precision.endsWith('binary') ? 6 : 48]);
  });

  it('gives precisions of what is truncated and scaled', async () => {
    using encoder = await load();
    const options = { truncateDim: 13, normalize: true };
    const plain = await encoder.encode(texts, options);
    expect(plain.shape).toEqual([300, 13]);
    for (const precision of ['int8', 'ubinary'] as const) {
      const result = await encoder.encode(texts, { ...options, precision });
      expect(result).toEqual(quantizeEmbeddings(plain, precision));
    }
  });

  it('gives embeddings of nothing', async () => {
    using encoder = await load();
    expect((await encoder.encode([])).shape).toEqual([0, 48]);
    expect((await encoder.encode([], { precision: 'int8' })).shape).toEqual([0, 48]);
    expect((await encoder.encode([], { precision: 'binary' })).shape).toEqual([0, 6]);
    expect(await encoder.encode([], { outputValue: 'token' })).toEqual([]);
  });

  it('gives the states of tokens whatever is said of embeddings, one tensor for one text', async () => {
    using encoder = await load();
    const ids = encoder.tokenize(texts.slice(0, 40));
    const plain = await encoder.encode(texts.slice(0, 40), { outputValue: 'token' });
    expect(plain.map(({ shape }) => shape)).toEqual(ids.map(({ length }) => [length, 48]));
    const other = await encoder.encode(texts.slice(0, 40), {
      outputValue: 'token',
      pooling: 'cls',
      normalize: true,
      truncateDim: 3,
      batchSize: 3,
    });
    expect(other.map(({ data }) => [...data])).toEqual(plain.map(({ data }) => [...data]));
    const one = await encoder.encode(texts[0]!, { outputValue: 'token' });
    expect([one.shape, ...one.data]).toEqual([plain[0]!.shape, ...plain[0]!.data]);
    // Their mean is the embedding.
    const [length, columns] = one.shape as [number, number];
    const mean = await encoder.encode(texts[0]!, { normalize: false });
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let i = 0; i < length; i++) sum += one.data[i * columns + j]!;
      expect(mean.data[j]).toBeCloseTo(sum / length, 4);
    }
  });

  it('keeps options of the load as defaults', async () => {
    const directory = goldenPath('tiny_bert');
    using encoder = await Encoder.load(directory, { truncateDim: 5, similarity: 'euclidean' });
    expect([encoder.dimensions, encoder.truncateDim, encoder.similarityName]).toEqual([5, 5, 'euclidean']);
    const rows = await encoder.encode(texts.slice(0, 3));
    expect(rows.shape).toEqual([3, 5]);
    expect([...encoder.similarity(rows, rows).data].filter((x) => x === 0).length).toBe(3);
    expect((await encoder.encode('a', { truncateDim: 9 })).shape).toEqual([9]);
    using eight = await Encoder.load(directory, { dtype: 'int8' });
    const [a, b] = [await eight.encode(texts), await encoder.encode(texts, { truncateDim: 48 })];
    let dot = 0;
    for (let i = 0; i < a.size; i++) dot += (a.data[i]! * b.data[i]!) / texts.length;
    expect(dot).toBeGreaterThan(0.98);
    expect([...a.data]).not.toEqual([...b.data]);
  });

  it.each<[string, AnyEncodeOptions, string]>([
    ['precision', { precision: 'int4' as never }, 'precision: expected one of float32, int8'],
    ['outputValue', { outputValue: 'word' as never }, 'outputValue: expected one of sentence, token'],
    ['pooling', { pooling: 'median' as never }, 'pooling: expected one of cls, mean'],
    ['empty pooling', { pooling: [] }, 'pooling: expected one of cls, mean'],
    ['truncateDim', { truncateDim: 0 }, 'truncateDim: expected a positive integer'],
    ['prompt', { prompt: 7 as never }, 'prompt: expected a string but received 7'],
    ['promptName', { promptName: 'poem' }, 'promptName: expected one of query, document but received "poem"'],
    ['precision of tokens', { outputValue: 'token', precision: 'int8' }, 'precision: expected "float32"'],
    [
      'ranges',
      { precision: 'int8', ranges: { data: new Float32Array(48), shape: [48] } },
      'ranges: expected shape [2, 48] but received [48]',
    ],
  ])('refuses a wrong %s', async (_, options, message) => {
    using encoder = await load();
    await expect(encoder.encode(['a', 'b'], options)).rejects.toThrow(message);
  });

  it('refuses ranges of a single text', async () => {
    using encoder = await load();
    await expect(encoder.encode('a', { precision: 'int8' })).rejects.toThrow(
      'ranges: expected two or more embeddings to take them from but received 1',
    );
  });

  it('refuses wrong options of the load', async () => {
    const directory = goldenPath('tiny_bert');
    const wrong: [object, string][] = [
      [{ dtype: 'int4' }, 'dtype: expected one of float32, int8'],
      [{ modules: 1 }, 'modules: expected a boolean'],
      [{ truncateDim: -1 }, 'truncateDim: expected a positive integer'],
      [{ similarity: 'hamming' }, 'similarity: expected one of cosine'],
    ];
    for (const [options, message] of wrong) {
      await expect(Encoder.load(directory, options)).rejects.toThrow(message);
    }
  });
});

describe('Encoder.encodeStream', () => {
  it.each<Precision>(['float32', ...PRECISIONS])('gives %s', async (precision) => {
    using encoder = await load();
    const plain = await encoder.encode(texts);
    const ranges = { data: embeddingRanges(plain.data, 48), shape: [2, 48] };
    const rows: number[] = [];
    for await (const batch of encoder.encodeStream(texts, { precision, ranges, batchSize: 50 })) {
      rows.push(...batch.embeddings);
    }
    expect(rows).toEqual([...quantizeRows(plain.data, 48, precision, ranges.data)]);
  });

  it('refuses 8 bits without ranges, and the states of tokens', async () => {
    using encoder = await load();
    await expect(encoder.encodeStream(texts, { precision: 'uint8' }).next()).rejects.toThrow(ArgumentError);
    const tokens = { outputValue: 'token' } as never;
    await expect(encoder.encodeStream(texts, tokens).next()).rejects.toThrow(
      'outputValue: expected "sentence"',
    );
  });
});

describe('quantizeRows', () => {
  it('refuses rows that are not whole and ranges of another length', () => {
    expect(() => quantizeRows(new Float32Array(7), 3, 'binary')).toThrow(ShapeError);
    expect(() => quantizeRows(new Float32Array(6), 3, 'int8', new Float32Array(3))).toThrow(ShapeError);
    expect(() => embeddingRanges(new Float32Array(3), 3)).toThrow(ArgumentError);
    expect(() => quantizeRows(new Float32Array(6), 0, 'int8')).toThrow(ArgumentError);
  });
});

describe('Encoder.encode of long texts', () => {
  it('lets the event loop go on', async () => {
    using encoder = await load();
    const long = [`${'word '.repeat(20_000)}`, '東京語'.repeat(30_000), 'a'.repeat(100_000)];
    await encoder.encode(long);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    for (let i = 0; i < 5; i++) await encoder.encode(long);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(4);
  });
});
