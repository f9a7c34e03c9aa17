/** Modules and options of a model against sentence-transformers, which computed in float64. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeSafetensors } from '../../../lib/formats/safetensors.js';
import { Encoder } from '../../../lib/models/encoder.js';
import { quantizeEmbeddings } from '../../../lib/models/heads/quantize.js';
import { semanticSearch } from '../../../lib/models/search/semantic_search.js';
import { pairwiseSimilarity, similarity } from '../../../lib/models/search/similarity.js';
import type { EncodeOptions, Precision, SimilarityName } from '../../../lib/models/types.js';
import { expectRowsClose } from '../../support/encoder_golden.js';
import {
  expectClose,
  type GoldenTensor,
  goldenPath,
  readGolden,
  tensor,
  tensors,
} from '../../support/golden.js';

interface Golden {
  base: string;
  texts: { name: string; text: string }[];
  models: {
    name: string;
    files: Record<string, unknown>;
    tensors?: Record<string, Record<string, GoldenTensor>>;
    calls: {
      method: 'encode' | 'encodeQuery' | 'encodeDocument';
      options: EncodeOptions;
      output: GoldenTensor;
    }[];
  }[];
  similarity: {
    a: GoldenTensor;
    b: GoldenTensor;
    functions: { name: SimilarityName; all: GoldenTensor; pairs: GoldenTensor }[];
  };
  search: {
    queries: GoldenTensor;
    corpus: GoldenTensor;
    topK: number;
    hits: Record<SimilarityName, { corpusId: number; score: number }[][]>;
  };
  quantization: {
    rows: GoldenTensor;
    ranges: GoldenTensor;
    calibration: GoldenTensor;
    cases: { precision: Precision; from: 'none' | 'ranges' | 'calibration'; output: GoldenTensor }[];
  };
}

const golden = readGolden<Golden>('encoder_options.json');
const texts = golden.texts.map(({ text }) => text);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synthetic-attention-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function makeModel({ name, files, tensors: weights }: Golden['models'][number]): Promise<string> {
  const directory = join(folder, name.replaceAll(' ', '_'));
  await cp(goldenPath(golden.base), directory, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), JSON.stringify(content));
  }
  for (const [path, record] of Object.entries(weights ?? {})) {
    const list = Object.entries(tensors(record)).map(([key, value]) => ({
      name: key,
      dtype: 'F32' as const,
      ...value,
    }));
    await writeSafetensors(join(directory, path), list);
  }
  return directory;
}

describe.each(golden.models.map((model) => [model.name, model] as const))('a model: %s', (_, model) => {
  it('gives what sentence-transformers gives', async () => {
    using encoder = await Encoder.load(await makeModel(model));
    for (const { method, options, output } of model.calls) {
      const result = await encoder[method](texts, options);
      expect(result.shape).toEqual(output.shape);
      expectRowsClose(result.data, output, (i) => `${method} ${JSON.stringify(options)}, text ${i}`);
    }
    expect(encoder.dimensions).toBe(model.calls[0]!.output.shape[1]);
  });
});

describe('similarity', () => {
  const a = tensor(golden.similarity.a);
  const b = tensor(golden.similarity.b);
  it.each(golden.similarity.functions)('by $name, of all and of pairs', ({ name, all, pairs }) => {
    const every = similarity(a, b, name);
    expect(every.shape).toEqual(all.shape);
    expectClose(every.data, all.data, name, 16);
    const first = { data: b.data.subarray(0, a.data.length), shape: a.shape };
    expectClose(pairwiseSimilarity(a, first, name).data, pairs.data, `${name}, pairs`, 16);
  });
});

describe('semanticSearch', () => {
  const { topK, hits } = golden.search;
  const queries = tensor(golden.search.queries);
  const corpus = tensor(golden.search.corpus);
  it.each(Object.keys(hits) as SimilarityName[])('finds the nearest by %s', async (scoreFunction) => {
    for (const chunks of [{}, { queryChunkSize: 2, corpusChunkSize: 7 }]) {
      const found = await semanticSearch(queries, corpus, { topK, scoreFunction, ...chunks });
      const ids = (all: { corpusId: number }[][]) => all.map((one) => one.map(({ corpusId }) => corpusId));
      const scores = (all: { score: number }[][]) => all.flat().map(({ score }) => score);
      expect(ids(found)).toEqual(ids(hits[scoreFunction]));
      expectClose(scores(found), scores(hits[scoreFunction]), scoreFunction, 16);
    }
  });
});

describe('quantizeEmbeddings', () => {
  const { rows, ranges, calibration, cases } = golden.quantization;
  const sources = {
    none: {},
    ranges: { ranges: tensor(ranges) },
    calibration: { calibration: tensor(calibration) },
  };
  it.each(cases)('gives the very $precision of the reference with ranges from $from', (c) => {
    const { data, shape } = quantizeEmbeddings(tensor(rows), c.precision, sources[c.from]);
    expect(shape).toEqual(c.output.shape);
    expect([...data]).toEqual(c.output.data);
    const signed = c.precision === 'int8' || c.precision === 'binary';
    expect(data).toBeInstanceOf(signed ? Int8Array : Uint8Array);
  });
});
