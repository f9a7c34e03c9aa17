/** Every function and class of `kernels`, and tensors, against bad values. */
import { describe, expect, it } from '@jest/globals';
import { setThreads } from '../../../lib/diagnostics.js';
import * as kernels from '../../../lib/kernels/index.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { type Entry, violations } from '../../support/bad_values.js';

const tensor = (...shape: number[]) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return { data: Float32Array.from({ length: size }, (_, i) => Math.sin(i)), shape };
};
const mask = (...shape: number[]) => {
  return { data: new Uint8Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape };
};
const { signal } = new AbortController();

const k = kernels;
const scores = () => new k.PreparedScores(tensor(2, 4, 4));
const packed = () => new k.PackedMatrix(tensor(3, 4));
const quantized = () => new k.QuantizedMatrix(tensor(3, 4));
const dot = () => ({ mask: mask(3, 3), causal: true, scale: 1, enableGqa: false });
const qkv = () => [tensor(2, 3, 4), tensor(2, 3, 4), tensor(2, 3, 4)];
const epilogue = () => ({
  bias: tensor(4),
  activation: 'relu',
  residual: tensor(2, 4),
  out: tensor(2, 4),
});
const tables = () => [{ table: tensor(5, 4), ids: new Int32Array([0, 1, 4]) }];
const offsets = () => new Int32Array([0, 2, 3]);

/** Synchronous entries; those that have an asynchronous sister are tried in both forms. */
const CALLS: Readonly<Record<string, [() => unknown[], options?: number]>> = {
  attention: [() => [...qkv(), dot()], 3],
  attentionWithWeights: [() => [...qkv(), dot()], 3],
  randomAttention: [() => [scores(), tensor(2, 3, 4), { mask: mask(3, 3), causal: false, queries: 3 }], 2],
  denseAttention: [
    () => [tensor(2, 3, 3), packed(), tensor(2, 3, 4), { mask: mask(3), causal: true, bias: tensor(4) }],
    3,
  ],
  gate: [() => [tensor(2, 3), tensor(2, 3), { out: tensor(2, 3) }], 2],
  int8Matmul: [() => [tensor(2, 3), quantized(), epilogue()], 2],
  matmul: [() => [tensor(2, 3), tensor(3, 4), { ...epilogue(), transposeA: false, transposeB: false }], 2],
  embedding: [() => [tables(), { out: tensor(3, 4) }], 1],
  gelu: [() => [tensor(2, 3), { approximate: true, out: tensor(2, 3) }], 1],
  l2Normalize: [() => [tensor(2, 3), { epsilon: 1e-6, out: tensor(2, 3) }], 1],
  layerNorm: [
    () => [tensor(2, 3), { gamma: tensor(3), beta: tensor(3), epsilon: 1e-6, out: tensor(2, 3) }],
    1,
  ],
  pool: [() => [tensor(3, 4), offsets(), { mode: 'mean', out: tensor(2, 4) }], 2],
  softmax: [() => [tensor(2, 3), { mask: mask(2, 3), causal: false, scale: 1, out: tensor(2, 3) }], 1],
};

const CLASSES: readonly Entry[] = [
  {
    name: 'PackedMatrix',
    args: () => [tensor(3, 4), { transpose: true }],
    call: (...args) => new k.PackedMatrix(...(args as [never])),
    options: 1,
  },
  {
    name: 'QuantizedMatrix',
    args: () => [tensor(3, 4), { transpose: false }],
    call: (...args) => new k.QuantizedMatrix(...(args as [never])),
    options: 1,
  },
  { name: 'PreparedScores', args: () => [tensor(2, 4, 4)], call: (s) => new k.PreparedScores(s) },
  { name: 'Tensor', args: () => [new Float32Array(6), [2, 3]], call: (d, s) => new Tensor(d, s) },
  { name: 'Tensor.zeros', args: () => [[2, 3]], call: (s) => Tensor.zeros(s) },
  { name: 'Tensor.from', args: () => [[[1, 2]], [2]], call: (v, s) => Tensor.from(v, s) },
  { name: 'Tensor.toArray', args: () => [[2, 0]], call: (s) => new Tensor(new Float32Array(0), s).toArray() },
  { name: 'Tensor.reshape', args: () => [[3, 2]], call: (s) => Tensor.zeros([6]).reshape(s) },
  { name: 'setThreads', args: () => [1], call: (n) => setThreads(n) },
];

function entries(): Entry[] {
  const functions = k as unknown as Record<string, (...args: never[]) => unknown>;
  return Object.entries(CALLS).flatMap(([name, [args, options]]) => {
    const place = options === undefined ? {} : { options };
    const own: Entry = { name, args, call: functions[name]!, ...place };
    const async_ = functions[`${name}Async`];
    if (async_ === undefined) return [own];
    const aborted = () =>
      options === undefined ? args() : args().with(options, { ...(args()[options] as object), signal });
    return [own, { name: `${name}Async`, args: aborted, call: async_, ...place }];
  });
}

describe('kernels', () => {
  it('are all in this table', () => {
    const tried = new Set([...entries().map(({ name }) => name), ...CLASSES.map(({ name }) => name)]);
    expect(Object.keys(k).filter((name) => !tried.has(name))).toEqual([]);
  });

  it('answer bad values with errors of the package', async () => {
    expect(await violations([...entries(), ...CLASSES])).toEqual([]);
  });
});
