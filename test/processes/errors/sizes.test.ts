/** Sizes that no memory holds, and tensors without elements of which one axis is very large: at once right or typed. */
import { describe, expect, it } from '@jest/globals';
import { sayAll } from '../../support/run_built.js';

const LAYERS = {
  Attention: 'new lib.Attention()',
  AdditiveAttention: 'new lib.AdditiveAttention()',
  SelfAttention: 'new lib.SelfAttention()',
  MultiHeadAttention: 'new lib.MultiHeadAttention({ numHeads: 2, keyDim: 2 })',
  GroupedQueryAttention:
    'new lib.GroupedQueryAttention({ headDim: 2, numQueryHeads: 4, numKeyValueHeads: 2 })',
  RandomSynthesizer: 'new lib.RandomSynthesizer({ numHeads: 2, valueDim: 2, maxLength: 6 })',
  FactorizedRandomSynthesizer:
    'new lib.FactorizedRandomSynthesizer({ numHeads: 2, valueDim: 2, maxLength: 6, rank: 2 })',
  DenseSynthesizer: 'new lib.DenseSynthesizer({ numHeads: 2, valueDim: 2, maxLength: 6 })',
  FactorizedDenseSynthesizer:
    'new lib.FactorizedDenseSynthesizer({ numHeads: 2, valueDim: 2, maxLength: 6 })',
  MixtureSynthesizer:
    "new lib.MixtureSynthesizer({ numHeads: 2, valueDim: 2, keyDim: 2, maxLength: 6, scores: ['dense', 'dot-product'] })",
};

/** Two calls with one cache. */
const CACHED = `const cached = (layer, batch, memory) => {
    const cache = layer.createCache(memory);
    layer.call(t(batch, 0, 4), { cache });
    return layer.call(t(batch, 0, 4), { cache });
  };\n`;

describe('layers', () => {
  it('keep nothing of a batch without positions', () => {
    const table: Record<string, [string, string]> = {};
    for (const [name, make] of Object.entries(LAYERS)) {
      table[`${name} of 2^28`] = [`cached(${make}, 2 ** 28)`, '[[268435456,0,4]]'];
      table[`${name} of 2^40`] = [`cached(${make}, big)`, '[[1099511627776,0,4]]'];
      table[`${name} of memory`] = [`cached(${make}, big, { value: t(big, 0, 4) })`, '[[1099511627776,0,4]]'];
    }
    const { lines, expected } = sayAll(CACHED, table);
    expect(lines).toEqual(expected);
  });

  it('say which results the memory does not hold', () => {
    const { lines, expected } = sayAll('', {
      scores: ['new lib.Attention().call(t(1, 2 ** 20, 1), { returnAttentionScores: true })', 'ERR_MEMORY'],
      'scores on the pool': [
        'new lib.Attention().callAsync(t(1, 2 ** 20, 1), { returnAttentionScores: true })',
        'ERR_MEMORY',
      ],
      explanation: ['new lib.Attention().explain(t(1, 2 ** 20, 1))', 'ERR_MEMORY'],
      'a cache of many sequences': [
        `(() => {
          const layer = new lib.Attention();
          const cache = layer.createCache();
          layer.call(t(1, 16, 4096), { cache });
          cache.select(new Array(2 ** 24).fill(0));
        })()`,
        'ERR_MEMORY',
      ],
    });
    expect(lines).toEqual(expected);
  });

  it('bound the elements of nested arrays, which may share their parts', () => {
    const nested = `const nested = (inner) => { let m = inner; for (let i = 0; i < 40; i++) m = [m, m]; return m; };\n`;
    const { lines, expected } = sayAll(nested, {
      mask: ['new lib.Attention().call(t(1, 2, 2), { attentionMask: nested([true]) })', 'ERR_SHAPE'],
      'mask of nothing': ['new lib.Attention().call(t(1, 2, 2), { attentionMask: nested([]) })', 'ERR_SHAPE'],
      'mask of a kernel': ['lib.softmax(t(2, 2), { mask: nested([false]) })', 'ERR_SHAPE'],
      tensor: ['lib.Tensor.from(nested([1]))', 'ERR_SHAPE'],
      'tensor of nothing': ['lib.Tensor.from(nested([]))', 'ERR_SHAPE'],
    });
    expect(lines).toEqual(expected);
  });
});

describe('similarity', () => {
  it.each(['dot', 'cosine', 'euclidean', 'manhattan'])('%s', (name) => {
    const { lines, expected } = sayAll(`const by = '${name}';\n`, {
      'of no dimensions': ['lib.similarity(t(big, 0), t(0, 0), by)', '[[1099511627776,0]]'],
      'to no dimensions': ['lib.similarity(t(0, 0), t(big, 0), by)', '[[0,1099511627776]]'],
      'of far too many': ['lib.similarity(t(big, 0), t(1, 0), by)', 'ERR_MEMORY'],
      pairs: ['lib.pairwiseSimilarity(t(big, 0), t(big, 0), by)', 'ERR_MEMORY'],
      'some pairs': ['lib.pairwiseSimilarity(t(2 ** 20, 0), t(2 ** 20, 0), by)', '[[1048576]]'],
      'pairs of zeros': ['[...lib.pairwiseSimilarity(t(2, 0), t(2, 0), by).data]', '[0,0]'],
      search: ['lib.semanticSearch(t(big, 0), t(1, 0), { scoreFunction: by })', 'ERR_SHAPE'],
      'search in many': ['lib.semanticSearch(t(1, 0), t(big, 0), { scoreFunction: by })', 'ERR_SHAPE'],
    });
    expect(lines).toEqual(expected);
  });
});

describe('transformers', () => {
  it('tensors and functions', () => {
    const { lines, expected } = sayAll(
      `const e = (...dims) => new tjs.Tensor('float32', [], dims);
       const a = e(big, 0);\n`,
      {
        cat: ['tjs.cat([a, a], 1)', '[[1099511627776,0]]'],
        'cat of rows': ['tjs.cat([a, a], 0)', '[[2199023255552,0]]'],
        stack: ['tjs.stack([a, a], 1)', '[[1099511627776,2,0]]'],
        layer_norm: ['tjs.layer_norm(a, [0])', '[[1099511627776,0]]'],
        mean_pooling: ['tjs.mean_pooling(e(big, 0, 0), a)', '[[1099511627776,0]]'],
        'mean_pooling of no texts': ['tjs.mean_pooling(e(0, 1, big), e(0, 1))', '[[0,1099511627776]]'],
        'mean_pooling of no tokens': ['tjs.mean_pooling(e(1, 0, big), e(1, 0))', 'ERR_MEMORY'],
        quantize_embeddings: ["tjs.quantize_embeddings(a, 'binary')", '[[1099511627776,0]]'],
        topk: ['tjs.topk(a)', '[[1099511627776,0],[1099511627776,0]]'],
        matmul: ['tjs.matmul(a, e(0, 0))', '[[1099511627776,0]]'],
        sum: ['a.sum(1)', 'ERR_MEMORY'],
        'sum over rows': ['a.sum(0)', '[[0]]'],
        'sum of some': ["new tjs.Tensor('float32', [], [2, 0]).sum(1).tolist()", '[0,0]'],
        mean: ['a.mean(1)', 'ERR_MEMORY'],
        max: ['a.max(1)', 'ERR_MEMORY'],
        norm: ['a.norm(2, 1)', 'ERR_MEMORY'],
        normalize: ['a.normalize()', '[[1099511627776,0]]'],
        tolist: ['a.tolist()', 'ERR_SHAPE'],
        'tolist of inner rows': ['JSON.stringify(e(2, 0, big).tolist())', 'ERR_SHAPE'],
        rows: ['[...a]', 'ERR_SHAPE'],
        'a row': ['a[5]', '[[0]]'],
        slice: ['a.slice([5, null])', '[[1099511627771,0]]'],
        permute: ['a.permute(1, 0)', '[[0,1099511627776]]'],
        flatten: ['a.flatten()', '[[0]]'],
        map: ['a.sigmoid().neg().round().gt(0)', '[[1099511627776,0]]'],
      },
    );
    expect(lines).toEqual(expected);
  });
});
