/**
 * Options of every operation of the addon, small and valid, of arrays that are all different and of their own buffers.
 * A test that goes over them compares their names with what the addon exports.
 */

import { Encoder } from '../../lib/index.js';
import type { NativeAddon, NativeOperations, OperationName } from '../../lib/native/addon.js';
import { addon } from '../../lib/native/load.js';
import type { NativeProgram } from '../../lib/native/program.js';
import { uniform } from './random.js';

export interface NativeCase {
  name: OperationName | 'loadProgram';
  /** Which form of the operation, where there are several. */
  form?: string;
  /** New arrays with the same numbers each time. */
  make: () => object;
  /** Names of the arrays that it writes. */
  outputs: readonly string[];
}

let seed = 0;
const f = (n: number) => uniform(n, ++seed);
const matrix = (n: number) => new Float32Array(n);

/** Equal calls give equal numbers. */
function repeatable<K extends OperationName>(
  name: K,
  outputs: readonly string[],
  make: () => NativeOperations[K],
  form?: string,
): NativeCase {
  return {
    name,
    outputs,
    ...(form ? { form } : {}),
    make: () => {
      seed = 0;
      return make();
    },
  };
}

const packed = (k: number, n: number, count = 1) =>
  new (addon().PackedMatrix)({
    data: f(count * k * n),
    count,
    k,
    n,
    batchStride: k * n,
    rowStride: n,
    columnStride: 1,
  });

const product = () => ({
  batch: 1,
  m: 6,
  n: 5,
  k: 4,
  a: f(24),
  aBatchStride: 0,
  transposeA: false,
  packed: null,
  b: f(20),
  bBatchStride: 0,
  transposeB: false,
  bias: f(5),
  residual: f(30),
  activation: 2,
  out: matrix(30),
});

const attention = () => ({
  batch: 1,
  heads: 1,
  queries: 3,
  keys: 4,
  valueColumns: 5,
  value: f(20),
  valueStrides: [0, 0, 5] as const,
  out: matrix(15),
  outStrides: [0, 0, 5] as const,
  mask: Uint8Array.of(1, 1, 0, 1),
  maskStrides: [0, 0, 0] as const,
  kvGroup: 1,
  position: 0,
  before: -1,
  after: -1,
  weights: matrix(12),
});
const left = (columns: number) => ({
  weight: 1,
  left: f(3 * columns),
  leftStrides: [0, 0, columns] as const,
});
const right = (rows: number, columns: number) => ({
  right: f(rows * columns),
  rightStrides: [0, 0, columns] as const,
});
const biased = { biasHeadStride: 0 };

const gradient = () => ({ y: f(12), dy: f(12), dx: matrix(12), rows: 3, columns: 4 });

export const KERNEL_CASES: readonly NativeCase[] = [
  repeatable('matmul', ['out'], product),
  repeatable('matmul', ['out'], () => ({ ...product(), b: null, packed: packed(4, 5) }), 'packed'),
  repeatable('int8Matmul', ['out'], () => ({
    m: 6,
    a: f(24),
    weights: new (addon().QuantizedMatrix)({ data: f(20), k: 4, n: 5, rowStride: 5, columnStride: 1 }),
    bias: f(5),
    residual: f(30),
    activation: 0,
    out: matrix(30),
  })),
  repeatable('softmax', ['y'], () => ({
    x: f(12),
    y: matrix(12),
    rows: 3,
    columns: 4,
    scale: 0.5,
    mask: Uint8Array.of(1, 0, 1, 1),
    maskRows: 1,
    causal: false,
    causalRows: 0,
  })),
  repeatable(
    'attention',
    ['out', 'weights'],
    () => ({
      ...attention(),
      sources: [{ kind: 0, depth: 2, ...left(2), ...right(4, 2), bias: f(4), ...biased }],
    }),
    'product',
  ),
  repeatable(
    'attention',
    ['out', 'weights'],
    () => ({
      ...attention(),
      sources: [
        { kind: 1, depth: 2, ...left(2), panels: packed(2, 4) },
        { kind: 2, ...left(4) },
      ],
    }),
    'panels and matrix',
  ),
  repeatable(
    'attention',
    ['out'],
    () => ({ ...attention(), weights: null, sources: [{ kind: 3, ...left(4), sums: f(12), logits: f(12) }] }),
    'prepared',
  ),
  repeatable(
    'attention',
    ['out', 'weights'],
    () => ({
      ...attention(),
      sources: [
        { kind: 4, depth: 2, ...left(2), ...right(3, 2) },
        { kind: 5, depth: 2, ...left(2), ...right(4, 2), featureWeights: f(2), factor: 1 },
      ],
    }),
    'outer and additive',
  ),
  repeatable('prepareScores', ['exponentials', 'sums'], () => ({
    rows: 3,
    columns: 4,
    logits: f(12),
    exponentials: matrix(12),
    sums: matrix(12),
  })),
  repeatable('layerNorm', ['y'], () => ({
    x: f(12),
    y: matrix(12),
    rows: 3,
    columns: 4,
    gamma: f(4),
    beta: f(4),
    epsilon: 1e-5,
  })),
  repeatable('layerNormGradient', ['dx', 'dGamma', 'dBeta'], () => ({
    x: f(12),
    dy: f(12),
    dx: matrix(12),
    rows: 3,
    columns: 4,
    gamma: f(4),
    dGamma: matrix(4),
    dBeta: matrix(4),
    epsilon: 1e-5,
  })),
  repeatable('gelu', ['y'], () => ({ x: f(12), y: matrix(12), size: 12, tanh: false })),
  repeatable('gate', ['y'], () => ({ x: f(12), gate: f(12), y: matrix(12), size: 12 })),
  repeatable('binary', ['out'], () => ({
    op: 0,
    a: f(12),
    b: f(4),
    out: matrix(12),
    shape: [3, 4],
    aStrides: [4, 1],
    bStrides: [0, 1],
  })),
  repeatable('unary', ['out'], () => ({ op: 15, x: f(12), out: matrix(12) })),
  repeatable('reduce', ['out'], () => ({ op: 0, x: f(24), out: matrix(6), outer: 2, size: 4, inner: 3 })),
  repeatable('transpose', ['out'], () => ({ x: f(12), out: matrix(12), shape: [3, 4], permutation: [1, 0] })),
  repeatable('softmaxGradient', ['dx'], () => ({ ...gradient(), scale: 2 })),
  repeatable('logSoftmax', ['y'], () => ({ x: f(12), y: matrix(12), rows: 3, columns: 4 })),
  repeatable('logSoftmaxGradient', ['dx'], gradient),
  repeatable('scatterAddRows', ['out'], () => ({
    x: f(12),
    indices: Int32Array.of(1, 0, 1),
    out: f(8),
    rows: 3,
    width: 4,
    outRows: 2,
  })),
  repeatable('embedding', ['y'], () => ({
    rows: 3,
    columns: 4,
    y: matrix(12),
    tables: [
      { table: f(20), rows: 5, ids: Int32Array.of(4, 0, 2) },
      { table: f(8), rows: 2, ids: Int32Array.of(0, 1, 1) },
    ],
  })),
  repeatable('quantizeRows', ['codes', 'steps'], () => ({
    ...{ x: f(12), rows: 3, columns: 4, codes: matrix(3), steps: matrix(3) },
  })),
  repeatable('pool', ['y'], () => ({
    x: f(20),
    y: matrix(8),
    offsets: Int32Array.of(0, 2, 5),
    columns: 4,
    mode: 0,
  })),
  repeatable('l2Normalize', ['y'], () => ({ x: f(12), y: matrix(12), rows: 3, columns: 4, epsilon: 1e-12 })),
  repeatable('batched', ['out', 'y'], () => {
    const first = product();
    const gated = f(30);
    return {
      batch: 2,
      operations: [
        { name: 'matmul', options: first },
        // It reads what the first one writes.
        { name: 'gate', options: { x: first.out, gate: gated, y: matrix(30), size: 30 } },
      ],
    };
  }),
];

/** The cases that need a program: that of the model in `directory`, which is loaded to find out what it is. */
export async function modelCases(directory: string): Promise<NativeCase[]> {
  const native = addon() as { -readonly [K in keyof NativeAddon]: NativeAddon[K] };
  const original = native.loadProgramAsync;
  let load: Parameters<typeof original>[0] | undefined;
  native.loadProgramAsync = (options) => {
    load = options;
    return original(options);
  };
  try {
    const encoder = await Encoder.load(directory);
    encoder.dispose();
  } finally {
    native.loadProgramAsync = original;
  }
  const options = load!;
  const program = native.loadProgram(options) as NativeProgram;
  const heads = [...options.order].map((step) => {
    const operation = options.operations[step]!;
    return operation.name === 'attention' ? operation.heads : 0;
  });
  return [
    { name: 'loadProgram', outputs: [], make: () => structuredClone(options) },
    repeatable('encode', ['out', 'attention'], () => ({
      program,
      ids: Int32Array.of(2, 5, 6, 3),
      offsets: Int32Array.of(0, 4),
      output: 0,
      normalize: true,
      out: matrix(options.buffers[options.result]!),
      attention: matrix(16 * heads.reduce((sum, count) => sum + count, 0)),
    })),
  ];
}
