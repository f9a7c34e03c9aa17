/** Options whose getters transfer the operands that were checked before: one ArgumentError of the package. */
import { describe, expect, it } from '@jest/globals';
import { ArgumentError } from '../../../lib/errors.js';
import * as kernels from '../../../lib/kernels/index.js';
import { MultiHeadAttention, RandomSynthesizer } from '../../../lib/layers/index.js';

interface Operand {
  data: Float32Array;
  shape: number[];
}

const operand = (...shape: number[]): Operand => ({
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  shape,
});

/** Options with a getter that gives the operand's memory away, and nothing else. */
const taking = (name: string, { data }: Operand, value?: unknown) =>
  Object.defineProperty({}, name, {
    enumerable: true,
    get() {
      if (data.length > 0) structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] });
      return value;
    },
  });

type Call = (taken: (name: string, operand: Operand, value?: unknown) => object) => unknown;

const CALLS: readonly (readonly [string, Call])[] = [
  ...['bias', 'residual', 'activation', 'out'].flatMap((name) => [
    [
      `matmul, ${name}`,
      (t: typeof taking) => {
        const a = operand(2, 2);
        return kernels.matmul(a, operand(2, 2), t(name, a));
      },
    ] as const,
    [
      `matmul of batches that broadcast, ${name}`,
      (t: typeof taking) => {
        const b = operand(1, 2, 1, 2);
        return kernels.matmul(operand(2, 1, 2, 1), b, t(name, b));
      },
    ] as const,
  ]),
  [
    'softmax',
    (t) => {
      const x = operand(2, 3);
      return kernels.softmax(x, t('scale', x));
    },
  ],
  [
    'gate',
    (t) => {
      const x = operand(4);
      return kernels.gate(x, operand(4), t('out', x));
    },
  ],
  [
    'layerNorm',
    (t) => {
      const x = operand(2, 3);
      return kernels.layerNorm(x, t('epsilon', x, 1e-5));
    },
  ],
  [
    'attention',
    (t) => {
      const q = operand(1, 1, 2, 4);
      return kernels.attention(q, operand(1, 1, 3, 4), operand(1, 1, 3, 4), t('scale', q));
    },
  ],
  [
    'MultiHeadAttention',
    (t) => {
      const x = operand(1, 3, 4);
      return new MultiHeadAttention({ numHeads: 2, keyDim: 2 }).call(x, t('valueMask', x));
    },
  ],
  [
    'RandomSynthesizer',
    (t) => {
      const x = operand(1, 3, 4);
      return new RandomSynthesizer({ numHeads: 2, valueDim: 2, maxLength: 3 }).call(x, t('attentionMask', x));
    },
  ],
];

const GONE = /memory of this array has been transferred|its buffer was transferred/;

describe('operands that a getter takes away', () => {
  it.each(CALLS)('%s', (_, call) => {
    let error: unknown;
    try {
      call(taking);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as Error).message).toMatch(GONE);
  });

  it('asynchronous products', async () => {
    const b = operand(1, 2, 1, 2);
    const call = kernels.matmulAsync(operand(2, 1, 2, 1), b, taking('activation', b));
    await expect(call).rejects.toThrow(ArgumentError);
  });
});
