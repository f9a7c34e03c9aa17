/**
 * Tensors without elements and with a large other axis: the work is that of the elements, of which there are none. In a
 * child process, because a call that does not end cannot be stopped in this one.
 */
import { describe, expect, it } from '@jest/globals';
import { runBuilt as run } from '../../support/run_built.js';

describe('the public kernels and layers', () => {
  const shapes: Record<string, [string, string]> = {
    softmax: ['lib.softmax(t(big, 0))', '[[1099511627776,0]]'],
    'softmax of overflowing axes': ['lib.softmax(t(big, big, 0))', 'ERR_SHAPE'],
    layerNorm: ['lib.layerNorm(t(big, 0))', '[[1099511627776,0]]'],
    'layerNorm of overflowing axes': ['lib.layerNorm(t(big, big, 0))', 'ERR_SHAPE'],
    l2Normalize: ['lib.l2Normalize(t(big, 0))', '[[1099511627776,0]]'],
    gelu: ['lib.gelu(t(big, 0))', '[[1099511627776,0]]'],
    gate: ['lib.gate(t(big, 0), t(big, 0))', '[[1099511627776,0]]'],
    matmul: ['lib.matmul(t(big, 0), t(0, 0))', '[[1099511627776,0]]'],
    'matmul of no rows': ['lib.matmul(t(0, big), t(big, 0))', '[[0,0]]'],
    'matmul broadcast': ['lib.matmul(t(2 ** 30, 1, 0, 1), t(1, 3, 1, 0))', '[[1073741824,3,0,0]]'],
    'matmul broadcast further': ['lib.matmul(t(big, 1, 0, 1), t(1, big, 1, 0))', 'ERR_SHAPE'],
    'packed matrices': [
      'lib.matmul(t(0, 5, 0), new lib.PackedMatrix(t(0, 0, big)))',
      '[[0,5,1099511627776]]',
    ],
    'many packed matrices': [
      'lib.matmul(t(big, 3, 0), new lib.PackedMatrix(t(big, 0, 0)))',
      '[[1099511627776,3,0]]',
    ],
    'a packed matrix of no rows': [
      'lib.matmul(t(0, 0), new lib.PackedMatrix(t(0, big)))',
      '[[0,1099511627776]]',
    ],
    'a quantised matrix of no columns': [
      'lib.int8Matmul(t(0, 4), new lib.QuantizedMatrix(t(4, 0)))',
      '[[0,0]]',
    ],
    'a quantised matrix of no rows': [
      'lib.int8Matmul(t(0, 0), new lib.QuantizedMatrix(t(0, big)))',
      'ERR_MEMORY',
    ],
    'rows for a quantised matrix': [
      'lib.int8Matmul(t(big, 0), new lib.QuantizedMatrix(t(0, 0)))',
      '[[1099511627776,0]]',
    ],
    'attention without columns': ['lib.attention(t(big, 0), t(big, 0), t(big, 0))', '[[1099511627776,0]]'],
    'attention over heads': [
      'lib.attention(t(big, 2, 0, 3), t(big, 2, 0, 3), t(big, 2, 0, 3))',
      '[[1099511627776,2,0,3]]',
    ],
    'attention over overflowing axes': [
      'lib.attention(t(big, big, 0, 3), t(big, big, 0, 3), t(big, big, 0, 3))',
      'ERR_SHAPE',
    ],
    'attention with no keys': ['lib.attention(t(2, 3), t(0, 3), t(0, 4))', '[[2,4]]'],
    'prepared scores': [
      'lib.randomAttention(new lib.PreparedScores(t(big, 0, 0)), t(big, 0, 3))',
      '[[1099511627776,0,3]]',
    ],
    embedding: ['lib.embedding([{ table: t(big, 0), ids: new Int32Array(3) }])', '[[3,0]]'],
    pool: ['lib.pool(t(big, 0), new Int32Array([0, 5]))', '[[1,0]]'],
    'a layer, of empty sequences': ['mha.call(t(big, 0, 4))', '[[1099511627776,0,4]]'],
    'a layer without projections': ['new lib.SelfAttention({}).call(t(big, 0, 4))', '[[1099511627776,0,4]]'],
    'a layer of layers': ['encoder.call(t(big, 0, 4))', '[[1099511627776,0,4]]'],
    'synthetic attention': ['random.call(t(big, 0, 4))', '[[1099511627776,0,4]]'],
    'synthetic attention by factors': ['dense.call(t(big, 0, 4))', '[[1099511627776,0,4]]'],
  };
  const setup = `const mha = new lib.MultiHeadAttention({ numHeads: 2, keyDim: 3 });
    const encoder = new lib.TransformerEncoderLayer({ intermediateDim: 8, attention: new lib.MultiHeadAttention({ numHeads: 2, keyDim: 3 }) });
    const random = new lib.RandomSynthesizer({ numHeads: 2, valueDim: 3, maxLength: 8 });
    const dense = new lib.FactorizedDenseSynthesizer({ numHeads: 2, valueDim: 3, maxLength: 8 });\n`;

  it('compute nothing, at once and asynchronously', () => {
    const calls = Object.entries(shapes).flatMap(([name, [code]]) => [
      `await say(${JSON.stringify(name)}, () => ${code});`,
      `await say(${JSON.stringify(`${name}, async`)}, () => ${code.replace(/^lib\.(\w+)\(/, 'lib.$1Async(').replace('.call(', '.callAsync(')});`,
    ]);
    const lines = run(setup + calls.join('\n'));
    const expected = Object.entries(shapes).flatMap(([name, [, shape]]) => [
      `${name} ${shape}`,
      `${name}, async ${shape}`,
    ]);
    expect(lines).toEqual(expected);
  });
});

describe('the addon', () => {
  it('goes over no rows where rows have no elements', () => {
    const x = 'x: none, y: none, rows: size, columns: 0';
    const calls: Record<string, string> = {
      softmax: `{ ${x}, scale: 1, mask: null, maskRows: 0, causal: false, causalRows: 0 }`,
      layerNorm: `{ ${x}, gamma: null, beta: null, epsilon: 1 }`,
      layerNormGradient: `{ ${x}, dy: none, dx: none, gamma: null, dGamma: none, dBeta: none, epsilon: 1 }`,
      logSoftmax: `{ ${x} }`,
      softmaxGradient: `{ ${x}, dy: none, dx: none, scale: 1 }`,
      logSoftmaxGradient: `{ ${x}, dy: none, dx: none }`,
      l2Normalize: `{ ${x}, epsilon: 1 }`,
      prepareScores: '{ rows: size, columns: 0, logits: none, exponentials: none, sums: none }',
      reduce: '{ op: 0, x: none, out: none, outer: size, size, inner: 0 }',
      transpose: '{ x: none, out: none, shape: [size, size, 0, size], permutation: [3, 1, 0, 2] }',
      binary:
        '{ op: 0, a: none, b: none, out: none, shape: [size, size, 0, size], aStrides: [0, 0, 0, 0], bStrides: [0, 0, 0, 0] }',
      scatterAddRows: '{ x: none, out: none, indices: new Int32Array(0), rows: 0, width: 0, outRows: size }',
      embedding:
        '{ rows: 0, columns: size, y: none, tables: [{ table: none, rows: 0, ids: new Int32Array(0) }] }',
      pool: '{ x: none, y: none, offsets: Int32Array.of(0, 2 ** 31 - 1), columns: 0, mode: 0 }',
      matmul: `{ batch: size, m: size, n: 0, k: size, a: none, aBatchStride: 0, transposeA: false, packed: new native.PackedMatrix({ data: none,
        count: 1, k: size, n: 0, batchStride: 0, rowStride: 0, columnStride: 1 }), b: null, bBatchStride: 0, transposeB: false,
        bias: null, residual: null, activation: 0, out: none }`,
      attention: `{ batch: size, heads: size, queries: size, keys: size, valueColumns: 0, sources: [{ kind: 2, weight: 1, left: none, leftStrides: [0, 0, 0] }],
        value: none, valueStrides: [0, 0, 0], out: none, outStrides: [0, 0, 0], mask: null, maskStrides: [0, 0, 0], kvGroup: 1,
        position: 0, before: -1, after: -1, weights: null }`,
      batched: `{ batch: size, operations: [{ name: 'gate', options: { x: none, gate: none, y: none, size: 0 } }] }`,
    };
    const code = Object.entries(calls).map(
      ([name, options]) => `await say('${name}', () => native.${name}(${options}));`,
    );
    const lines = run(`const size = 2 ** 48;\n${code.join('\n')}`);
    expect(lines.map((line) => line.split(' ')[0])).toEqual(Object.keys(calls));
    const refused = lines.filter((line) => !line.endsWith(' done'));
    // Inputs of that size would have to be there; nothing hangs.
    expect(refused.map((line) => line.split(' '))).toEqual(
      refused.map((line) => [line.split(' ')[0], 'ERR_NATIVE']),
    );
    expect(refused.length).toBeLessThanOrEqual(3);
  });

  it('refuses rows of an output that lie upon each other, of which there may be any number', () => {
    const code = `const one = new Float32Array(1);
      await say('attention', () => native.attention({ batch: 2 ** 40, heads: 1, queries: 1, keys: 1, valueColumns: 1,
        sources: [{ kind: 2, weight: 1, left: one, leftStrides: [0, 0, 0] }], value: one, valueStrides: [0, 0, 0],
        out: new Float32Array(1), outStrides: [0, 0, 0], mask: null, maskStrides: [0, 0, 0], kvGroup: 1, position: 0,
        before: -1, after: -1, weights: null }));`;
    expect(run(code)).toEqual(['attention ERR_NATIVE']);
  });
});
