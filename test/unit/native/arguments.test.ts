/**
 * The addon itself, called with arguments that no layer above would pass: one error, no memory touched. loadTransformer
 * has a file of its own.
 */
import { describe, expect, it } from '@jest/globals';
import { addon } from '../../../lib/native/load.js';

type Loose = Record<string, (options: unknown) => unknown>;
const native = addon() as unknown as Loose;
const f = (n: number) => new Float32Array(n);

const matmul = (changes: object = {}) => ({
  batch: 1,
  m: 2,
  n: 3,
  k: 4,
  a: f(8),
  aBatchStride: 0,
  transposeA: false,
  packed: null,
  b: f(12),
  bBatchStride: 0,
  transposeB: false,
  bias: null,
  residual: null,
  activation: 0,
  out: f(6),
  ...changes,
});
const source = (changes: object = {}) => ({
  kind: 0,
  weight: 1,
  depth: 4,
  left: f(8),
  leftStrides: [0, 0, 4],
  right: f(12),
  rightStrides: [0, 0, 4],
  ...changes,
});
const attention = (changes: object = {}, sourceChanges: object = {}) => ({
  batch: 1,
  heads: 1,
  queries: 2,
  keys: 3,
  valueColumns: 5,
  sources: [source(sourceChanges)],
  value: f(15),
  valueStrides: [0, 0, 5],
  out: f(10),
  outStrides: [0, 0, 5],
  mask: null,
  maskStrides: [0, 0, 0],
  kvGroup: 1,
  position: 0,
  before: -1,
  after: -1,
  weights: null,
  ...changes,
});

const { QuantizedMatrix } = native as unknown as { QuantizedMatrix: new (options: unknown) => object };
const quantize = (changes: object = {}) => ({
  data: f(12),
  k: 4,
  n: 3,
  rowStride: 3,
  columnStride: 1,
  ...changes,
});
const quantizeRows = (changes: object = {}) => ({
  ...{ x: f(12), rows: 2, columns: 6, codes: f(3), steps: f(2) },
  ...changes,
});
const int8Matmul = (changes: object = {}) => ({
  m: 2,
  a: f(8),
  weights: new QuantizedMatrix(quantize()),
  bias: null,
  residual: null,
  activation: 0,
  out: f(6),
  ...changes,
});

describe('the addon', () => {
  it('takes what is right', () => {
    expect(native.int8Matmul!(int8Matmul())).toBeUndefined();
    expect(native.matmul!(matmul())).toBeUndefined();
    expect(native.attention!(attention())).toBeUndefined();
  });

  it.each<[string, string, unknown, string]>([
    ['matmul', 'no options', undefined, 'options: expected an object but received undefined'],
    ['matmul', 'nothing in the options', {}, 'batch: expected an integer from 0'],
    ['matmul', 'a negative size', matmul({ m: -1 }), 'm: expected an integer from 0'],
    ['matmul', 'a size that is not an integer', matmul({ m: 1.5 }), 'm: expected an integer from 0'],
    ['matmul', 'NaN', matmul({ k: Number.NaN }), 'k: expected an integer from 0'],
    ['matmul', 'a size whose products overflow', matmul({ m: 2 ** 48, k: 2 ** 48 }), 'a: expected at least'],
    ['matmul', 'a short operand', matmul({ a: f(7) }), 'a: expected at least 8 elements but received 7'],
    ['matmul', 'a short output', matmul({ out: f(5) }), 'out: expected at least 6 elements but received 5'],
    ['attention', 'a negative position', attention({ position: -1 }), 'position: expected an integer from 0'],
    [
      'attention',
      'a window of NaN',
      attention({ before: Number.NaN }),
      'before: expected an integer from -1',
    ],
    ['attention', 'no window', attention({ after: undefined }), 'after: expected an integer from -1'],
    [
      'attention',
      'a group that does not divide',
      attention({ kvGroup: 2 }),
      'kvGroup: expected a divisor of the heads 1 but received 2',
    ],
    ['attention', 'a group of none', attention({ kvGroup: 0 }), 'kvGroup: expected an integer from 1'],
    [
      'attention',
      'an outer product of nothing',
      attention({}, { kind: 4, depth: 0 }),
      'depth: expected at least 1 but received 0',
    ],
    [
      'attention',
      'a short second factor',
      attention({}, { kind: 4, depth: 2, right: f(3), rightStrides: [0, 0, 2] }),
      'right: expected at least 4 elements but received 3',
    ],
    ['attention', 'additive scores without their factor', attention({}, { kind: 5 }), 'factor: expected'],
    [
      'attention',
      'short feature weights',
      attention({}, { kind: 5, factor: 1, featureWeights: f(3) }),
      'featureWeights: expected at least 4 elements but received 3',
    ],
    ['attention', 'an unknown kind', attention({}, { kind: 6 }), 'kind: expected an integer from 0 to 5'],
    ['matmul', 'rows of A past its end', matmul({ aRowStride: 5 }), 'a: expected at least 9 elements'],
    ['matmul', 'rows of out past its end', matmul({ outRowStride: 4 }), 'out: expected at least 7 elements'],
    [
      'matmul',
      'rows of out upon each other',
      matmul({ outRowStride: 2 }),
      'outRowStride: expected strides that keep rows and batches of out apart but received 2',
    ],
    [
      'matmul',
      'batches of out upon each other',
      matmul({ batch: 2, out: f(12), outBatchStride: 5 }),
      'outRowStride: expected strides that keep',
    ],
    [
      'matmul',
      'a residual beside strides of out',
      matmul({ outRowStride: 4, out: f(7), residual: f(7) }),
      'residual: expected none (with strides of out) but received one',
    ],
    ['matmul', 'a negative row stride', matmul({ aRowStride: -4 }), 'aRowStride: expected an integer from 0'],
    [
      'matmul',
      'a bias that is short for its batches',
      matmul({ batch: 2, bias: f(5), biasBatchStride: 3, out: f(12) }),
      'bias: expected at least 6 elements but received 5',
    ],
    [
      'gate',
      'a short gate',
      { size: 3, x: f(3), gate: f(2), y: f(3) },
      'gate: expected at least 3 elements but received 2',
    ],
    [
      'gate',
      'an output over its gate',
      (() => {
        const both = f(3);
        return { size: 3, x: f(3), gate: both, y: both };
      })(),
      'y: expected',
    ],
    ['quantizeRows', 'a short operand', quantizeRows({ x: f(11) }), 'x: expected at least 12 elements'],
    ['quantizeRows', 'too little room', quantizeRows({ codes: f(2) }), 'codes: expected at least 3 elements'],
    ['quantizeRows', 'too few steps', quantizeRows({ steps: f(1) }), 'steps: expected at least 2 elements'],
    ['int8Matmul', 'a short operand', int8Matmul({ a: f(7) }), 'a: expected at least 8 elements'],
    ['int8Matmul', 'a short output', int8Matmul({ out: f(5) }), 'out: expected at least 6 elements'],
    ['int8Matmul', 'a short residual', int8Matmul({ residual: f(5) }), 'residual: expected at least 6'],
    ['int8Matmul', 'a short bias', int8Matmul({ bias: f(2) }), 'bias: expected at least 3 elements'],
    [
      'int8Matmul',
      'weights of another kind',
      int8Matmul({ weights: {} }),
      'weights: expected a QuantizedMatrix',
    ],
    ['int8Matmul', 'an activation out of range', int8Matmul({ activation: 5 }), 'activation: expected'],
    [
      'matmul',
      'a batch stride past the end',
      matmul({ batch: 2, out: f(12), aBatchStride: 8 }),
      'a: expected at least 16 elements',
    ],
    [
      'matmul',
      'doubles',
      matmul({ a: new Float64Array(8) }),
      'a: expected a Float32Array but received a typed array of another type',
    ],
    ['matmul', 'no B at all', matmul({ b: null }), 'b: expected a Float32Array but received null'],
    [
      'matmul',
      'a foreign object as packed B',
      matmul({ packed: {} }),
      'packed: expected a PackedMatrix but received an object',
    ],
    [
      'matmul',
      'an unknown activation',
      matmul({ activation: 9 }),
      'activation: expected an integer from 0 to 4 but received 9',
    ],
    ['matmul', 'a short bias', matmul({ bias: f(2) }), 'bias: expected at least 3 elements'],
    [
      'attention',
      'no sources',
      attention({ sources: [] }),
      'sources: expected an array of 1 to 8 score sources but received 0',
    ],
    [
      'attention',
      'too many sources',
      attention({ sources: Array(9).fill(source()) }),
      'sources: expected an array of 1 to 8',
    ],
    [
      'attention',
      'a source that is no object',
      attention({ sources: [3] }),
      'options: expected an object but received 3',
    ],
    [
      'attention',
      'strides past the end',
      attention({ valueStrides: [0, 0, 6] }),
      'value: expected at least 17 elements but received 15',
    ],
    [
      'attention',
      'negative strides',
      attention({ outStrides: [0, 0, -5] }),
      'outStrides: expected strides that are non-negative integers',
    ],
    [
      'attention',
      'keys without end',
      attention({ keys: 2 ** 40, valueStrides: [0, 0, 0] }),
      'keys times columns of at most 1e12',
    ],
    [
      'attention',
      'a short mask',
      attention({ mask: new Uint8Array(5), maskStrides: [0, 0, 3] }),
      'mask: expected at least 6 elements but received 5',
    ],
    [
      'attention',
      'short weights',
      attention({ weights: f(5) }),
      'weights: expected at least 6 elements but received 5',
    ],
    [
      'attention',
      'panels of nothing',
      attention({}, { kind: 1, panels: f(3) }),
      'panels: expected a PackedMatrix',
    ],
    [
      'attention',
      'prepared scores without sums',
      attention({}, { kind: 3, left: f(6), leftStrides: [0, 0, 3] }),
      'sums: expected a Float32Array',
    ],
    [
      'softmax',
      'a mask of no rows',
      {
        rows: 1,
        columns: 2,
        x: f(2),
        y: f(2),
        scale: 1,
        mask: new Uint8Array(2),
        maskRows: 0,
        causal: false,
        causalRows: 0,
      },
      'maskRows: expected an integer from 1',
    ],
    [
      'softmax',
      'an infinite scale',
      {
        rows: 1,
        columns: 2,
        x: f(2),
        y: f(2),
        scale: 1e39,
        mask: null,
        maskRows: 0,
        causal: false,
        causalRows: 0,
      },
      'scale: expected a finite number',
    ],
    [
      'pool',
      'offsets past the end',
      { x: f(4), y: f(4), offsets: Int32Array.of(0, 3), columns: 2, mode: 0 },
      'x: expected at least 6 elements',
    ],
    [
      'pool',
      'no offsets',
      { x: f(4), y: f(4), offsets: new Int32Array(0), columns: 2, mode: 0 },
      'offsets: expected at least one offset',
    ],
    [
      'embedding',
      'ids past the table',
      { rows: 1, columns: 2, y: f(2), tables: [{ table: f(4), rows: 2, ids: Int32Array.of(2) }] },
      'ids: expected integers from 0 to 1 but received 2',
    ],
    [
      'encode',
      'no model',
      {
        program: {},
        ids: Int32Array.of(0),
        offsets: Int32Array.of(0, 1),
        output: 0,
        normalize: true,
        out: f(1),
      },
      'program: expected a Program but received an object',
    ],
    [
      'setThreads',
      'no number',
      { threads: 'many' },
      'threads: expected an integer from 1 to 256 but received a string',
    ],
  ])('%s refuses %s', (name, _, options, message) => {
    expect(() => native[name]!(options)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) }),
    );
  });

  it('refuses the same from the asynchronous form, at once', () => {
    expect(() => native.matmulAsync!(matmul({ a: f(7) }))).toThrow('a: expected at least 8 elements');
  });

  it('passes on what a getter throws', () => {
    const options = matmul();
    Object.defineProperty(options, 'k', {
      get() {
        throw new Error('from the getter');
      },
    });
    expect(() => native.matmul!(options)).toThrow('from the getter');
  });

  it('refuses a detached buffer', () => {
    const a = f(8);
    structuredClone(a.buffer, { transfer: [a.buffer] });
    expect(() => native.matmul!(matmul({ a }))).toThrow('a: the memory of this array has been transferred');
  });

  it('does not make models by hand', () => {
    expect(native.TransformerModel).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ['a short matrix', { data: f(11) }, 'data: expected at least 12 elements but received 11'],
    ['more rows than 32 bits sum', { k: 65537 }, 'k: expected an integer from 0 to 65536'],
    ['a stride past the end', { rowStride: 4 }, 'data: expected at least'],
    ['more columns than memory', { k: 0, n: 2 ** 47 }, 'out of memory: 1125899906842624 bytes'],
  ])('refuses to quantise %s', (_, changes, message) => {
    expect(() => new QuantizedMatrix(quantize(changes))).toThrow(message);
  });
});
