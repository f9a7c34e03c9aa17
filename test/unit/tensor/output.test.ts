/** `out`: what was checked is what is written, even where reading it again would give something else. */
import { describe, expect, it } from '@jest/globals';
import { gelu, l2Normalize, softmax } from '../../../lib/kernels/index.js';
import { Tensor } from '../../../lib/tensor/tensor.js';

const x = () =>
  Tensor.from([
    [3, 4],
    [0, 2],
  ]);

/** Gives `first` once and `other` from then on. */
function changing(first: Float32Array, other: Float32Array): () => Float32Array {
  let reads = 0;
  return () => (reads++ === 0 ? first : other);
}

describe.each([
  ['a getter', (out: Tensor, get: () => Float32Array) => Object.defineProperty(out, 'data', { get })],
  [
    'a Proxy',
    (out: Tensor, get: () => Float32Array) =>
      new Proxy(out, { get: (target, key) => (key === 'data' ? get() : Reflect.get(target, key)) }),
  ],
])('data of `out` behind %s', (_what, behind) => {
  it.each([
    ['l2Normalize', l2Normalize],
    ['softmax', softmax],
    ['gelu', gelu],
  ])('is read once by %s', (_name, kernel) => {
    const [checked, other] = [new Float32Array(4), new Float32Array(1)];
    const out = behind(new Tensor(checked, [2, 2]), changing(checked, other));
    const result = kernel(x(), { out });
    expect(result.data).toBe(checked);
    expect(checked).toEqual(kernel(x()).data);
    expect(other).toEqual(new Float32Array(1));
  });
});

it('a tensor of the package is returned itself', () => {
  const out = Tensor.zeros([2, 2]);
  expect(l2Normalize(x(), { out })).toBe(out);
  expect(out.toArray()).toEqual([
    [Math.fround(0.6), Math.fround(0.8)],
    [0, 1],
  ]);
});
