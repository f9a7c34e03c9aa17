import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { semanticSearch } from '../../../../lib/models/search/semantic_search.js';
import { similarity } from '../../../../lib/models/search/similarity.js';
import { TopK } from '../../../../lib/models/search/top_k.js';
import type { SimilarityName } from '../../../../lib/models/types.js';
import type { Tensor } from '../../../../lib/tensor/tensor.js';
import { uniform } from '../../../support/random.js';

const tensorOf = (data: Float32Array, dims: number) => ({ data, shape: [data.length / dims, dims] });

describe('TopK', () => {
  it('keeps what sorting would put first, earlier ids first where scores are equal', () => {
    const scores = fc.array(fc.constantFrom(-2, -1, 0, 0.5, 1, 3, Number.NaN, Number.NEGATIVE_INFINITY), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(scores, fc.integer({ min: 1, max: 12 }), (all, k) => {
        const best = new TopK(2, k);
        for (const [id, score] of all.entries()) {
          best.offer(0, id, score);
          best.offer(1, id, -score);
        }
        for (const [query, sign] of [1, -1].entries()) {
          const expected = all
            .map((score, id) => ({ id, score: sign * score }))
            .filter(({ score }) => !Number.isNaN(score))
            .sort((a, b) => (a.score === b.score ? a.id - b.id : b.score - a.score))
            .slice(0, k);
          const ids = (hits: { id: number }[]) => hits.map(({ id }) => id);
          expect(ids(best.hits(query))).toEqual(ids(expected));
        }
      }),
    );
  });
});

describe('semanticSearch', () => {
  const dims = 12;
  const queries = tensorOf(uniform(5 * dims, 1), dims);
  const corpus = tensorOf(uniform(700 * dims, 2), dims);

  it.each<SimilarityName>(['cosine', 'dot', 'euclidean', 'manhattan'])(
    'finds by %s what all similarities sorted say, in chunks of any size',
    async (scoreFunction) => {
      const all = similarity(queries, corpus, scoreFunction).toArray() as number[][];
      const expected = all.map((row) =>
        row
          .map((score, corpusId) => ({ corpusId, score }))
          .sort((a, b) => b.score - a.score)
          .slice(0, 7)
          .map(({ corpusId }) => corpusId),
      );
      for (const chunks of [{}, { queryChunkSize: 1 }, { corpusChunkSize: 3 }, { corpusChunkSize: 699 }]) {
        const found = await semanticSearch(queries, corpus, { topK: 7, scoreFunction, ...chunks });
        expect(found.map((hits) => hits.map(({ corpusId }) => corpusId))).toEqual(expected);
      }
    },
  );

  it('takes a function of scores', async () => {
    const negative = (a: Tensor, b: Tensor) => {
      const { data, shape } = similarity(a, b, 'dot');
      return { data: data.map((x) => -x), shape };
    };
    const found = await semanticSearch(queries, corpus, { scoreFunction: negative, corpusChunkSize: 50 });
    const least = similarity(queries, corpus, 'dot')
      .data.subarray(0, 700)
      .reduce((a, b) => Math.min(a, b));
    expect(found[0]![0]!.score).toBe(-least);
  });

  it('takes one embedding, a small corpus, an empty one, and no queries', async () => {
    const one = { data: queries.data.subarray(0, dims), shape: [dims] };
    const few = tensorOf(corpus.data.subarray(0, 3 * dims), dims);
    expect((await semanticSearch(one, few)).map((hits) => hits.length)).toEqual([3]);
    expect(await semanticSearch(one, { data: new Float32Array(0), shape: [0, dims] })).toEqual([[]]);
    expect(await semanticSearch({ data: new Float32Array(0), shape: [0, dims] }, few)).toEqual([]);
  });

  it('leaves its operands as they are', async () => {
    const before = [...corpus.data];
    await semanticSearch(queries, corpus, { corpusChunkSize: 100 });
    expect([...corpus.data]).toEqual(before);
  });

  it('ends at an abort', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(semanticSearch(queries, corpus, { signal })).rejects.toThrow('enough');
  });

  it.each<[string, object, string]>([
    ['topK', { topK: 0 }, 'topK: expected a positive integer'],
    ['queryChunkSize', { queryChunkSize: 0.5 }, 'queryChunkSize: expected a positive integer'],
    ['corpusChunkSize', { corpusChunkSize: -1 }, 'corpusChunkSize: expected a positive integer'],
    ['scoreFunction', { scoreFunction: 'hamming' }, 'similarity: expected one of cosine, dot'],
  ])('refuses a wrong %s', async (_, options, message) => {
    await expect(semanticSearch(queries, corpus, options)).rejects.toThrow(message);
  });

  it('refuses embeddings of another length', async () => {
    const other = { data: new Float32Array(10), shape: [2, 5] };
    await expect(semanticSearch(other, corpus)).rejects.toThrow(
      'corpus: dimensions: expected 5 but received 12',
    );
  });
});
