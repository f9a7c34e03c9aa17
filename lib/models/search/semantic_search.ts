/** The nearest of many embeddings for each of some: exact, in chunks, so that memory stays bounded. */

import { ArgumentError, expectation, ShapeError } from '../../errors.js';
import { l2NormalizeAsync } from '../../kernels/rows.js';
import type { Abortable } from '../../kernels/run.js';
import { checkOptions, optionNames, readSignal } from '../../options.js';
import { allocateFloats } from '../../tensor/allocate.js';
import { checkDimension, checkPositiveInteger } from '../../tensor/shape.js';
import { Tensor, type TensorLike } from '../../tensor/tensor.js';
import { inTurns } from '../feed/in_turns.js';
import { checkFinite } from '../heads/quantize.js';
import type { SimilarityName } from '../types.js';
import { createScorer, type ScoreFunction, type Scorer } from './search_scores.js';
import { checkSimilarity, pair, rowsOf } from './similarity.js';
import { byScore, TopK } from './top_k.js';

export type { ScoreFunction } from './search_scores.js';

export interface SemanticSearchOptions extends Abortable {
  /** Hits a query, where the corpus has as many; default 10. */
  topK?: number;
  /** Default 'cosine'. */
  scoreFunction?: SimilarityName | ScoreFunction;
  /** Queries that are scored together; default 100. */
  queryChunkSize?: number;
  /** Embeddings of the corpus that are scored together; default 16384. */
  corpusChunkSize?: number;
}

const OPTIONS = optionNames<keyof SemanticSearchOptions>()(
  'topK',
  'scoreFunction',
  'queryChunkSize',
  'corpusChunkSize',
  'signal',
);

export interface SearchHit {
  /** Row of the corpus. */
  corpusId: number;
  score: number;
}

/** Rows of scores that are looked through between two looks at the clock. */
const ROWS = 64;

interface Group {
  queries: Tensor;
  scorer: Scorer;
  best: TopK;
}

/**
 * @param queries [n, dimensions] or [dimensions]
 * @param corpus [m, dimensions]
 * @returns for every query its hits, nearest first; of equal scores the one that comes first in the corpus
 * @throws ArgumentError where a row is not finite; of an own score function NaN is no score
 */
export async function semanticSearch(
  queries: TensorLike,
  corpus: TensorLike,
  options: SemanticSearchOptions = {},
): Promise<SearchHit[][]> {
  checkOptions('semanticSearch', OPTIONS, options);
  const asked = rowsOf('queries', queries);
  const all = rowsOf('corpus', corpus);
  checkDimension('corpus', 'dimensions', all.shape[1], asked.shape[1]!);
  // Rows without numbers have no size in memory that would bound how many of them there are.
  if (all.shape[1] === 0) {
    throw new ShapeError(expectation('queries', 'embeddings of at least one dimension', 'none'));
  }
  const { scoreFunction: by = 'cosine' } = options;
  const signal = readSignal(options.signal);
  if (typeof by !== 'function') checkSimilarity(by);
  const topK = Math.min(checkPositiveInteger('topK', options.topK ?? 10), all.shape[0]!);
  const queryChunk = checkPositiveInteger('queryChunkSize', options.queryChunkSize ?? 100);
  const corpusChunk = checkPositiveInteger('corpusChunkSize', options.corpusChunkSize ?? 16384);
  signal?.throwIfAborted();
  const own = typeof by === 'function';
  const aligned = by === 'cosine' ? await l2NormalizeAsync(asked) : asked;
  const groups: Group[] = [];
  try {
    for (const [, part] of chunks(aligned, queryChunk)) {
      const best = new TopK(part.shape[0]!, topK);
      groups.push({ queries: part, scorer: createScorer(part, by), best });
    }
    // Every chunk of the corpus is scaled once, for all groups.
    const room =
      by === 'cosine' ? allocateFloats([Math.min(corpusChunk * all.shape[1]!, all.size)]) : undefined;
    for (const [begin, part] of chunks(all, corpusChunk)) {
      const out = room && new Tensor(room.subarray(0, part.size), part.shape);
      const chunk = out ? await l2NormalizeAsync(part, { out }) : part;
      for (const { scorer, best } of groups) {
        signal?.throwIfAborted();
        const scores = await scorer.score(chunk, signal);
        const n = scores.length / chunk.shape[0]!;
        const look = (i: number): void => {
          for (let j = 0; j < n; j++) {
            const score = scores[i * n + j]!;
            if (!own && !Number.isFinite(score)) refuse(asked, all);
            best.offer(j, begin + i, score);
          }
        };
        await inTurns(chunk.shape[0]!, ROWS, look, signal);
      }
    }
    return groups.flatMap((group) => results(group, all, by));
  } finally {
    for (const { scorer } of groups) scorer.dispose();
  }
}

/** Why a score is not finite. Found out only then: a look at every number of the corpus costs as much as the search. */
function refuse(queries: Tensor, corpus: Tensor): never {
  const dims = queries.shape[1]!;
  checkFinite('queries', queries.data, dims);
  checkFinite('corpus', corpus.data, dims);
  throw new ArgumentError(
    expectation('corpus', 'embeddings whose similarity float32 can express', 'larger ones'),
  );
}

/** Consecutive rows, `size` at a time, with the number of the first. */
function* chunks(rows: Tensor, size: number): Generator<[number, Tensor]> {
  const [n, dims] = rows.shape as [number, number];
  for (let begin = 0; begin < n; begin += size) {
    const end = Math.min(begin + size, n);
    yield [begin, new Tensor(rows.data.subarray(begin * dims, end * dims), [end - begin, dims])];
  }
}

function results(
  { queries, best }: Group,
  corpus: Tensor,
  by: SimilarityName | ScoreFunction,
): SearchHit[][] {
  const [n, dims] = queries.shape as [number, number];
  return Array.from({ length: n }, (_, i) => {
    const hits = best.hits(i);
    if (by === 'euclidean') {
      // What was compared are no distances; those of the few hits are measured now.
      for (const hit of hits) hit.score = pair(queries.data, i, corpus.data, hit.id, dims, by);
      hits.sort(byScore);
    }
    return hits.map(({ id, score }) => ({ corpusId: id, score }));
  });
}
