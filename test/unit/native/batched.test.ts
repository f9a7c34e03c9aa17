/** Operations of a batch as one: the bits of the operations one by one, on any number of threads. */
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { info, setThreads } from '../../../lib/diagnostics.js';
import { TransformerDecoderLayer } from '../../../lib/layers/index.js';
import { addon } from '../../../lib/native/load.js';
import { built, FAMILY, MAX_LENGTH } from '../../support/layer_family.js';
import { random } from '../../support/layers.js';
import { randomMask } from '../../support/random.js';

const { threads } = info();
afterEach(() => setThreads(threads));

type Loose = Record<string, (options: unknown) => unknown>;
const native = addon() as unknown as Loose;
const f = (n: number) => new Float32Array(n);
const gate = (size: number) => ({ name: 'gate', options: { x: f(size), gate: f(size), y: f(size), size } });

describe.each(FAMILY)('$name', ({ make }) => {
  const layer = built(make(), 6);

  it('gives the same bits on one thread and on more, whole sequences a thread or not', () => {
    const shapes = fc.record({
      batch: fc.integer({ min: 1, max: 9 }),
      length: fc.integer({ min: 1, max: MAX_LENGTH }),
      count: fc.constantFrom(2, 3, 4),
      masked: fc.boolean(),
      useCausalMask: fc.boolean(),
      seed: fc.nat(1000),
    });
    fc.assert(
      fc.property(shapes, ({ batch, length, count, masked, useCausalMask, seed }) => {
        const x = random(seed, batch, length, 6);
        const valueMask = { data: randomMask(batch * length, seed), shape: [batch, length] };
        const options = { useCausalMask, ...(masked ? { valueMask } : {}) };
        setThreads(1);
        const alone = layer.call(x, options);
        const [again, scores] = layer.call(x, { ...options, returnAttentionScores: true });
        setThreads(count);
        expect([...layer.call(x, options).data]).toEqual([...alone.data]);
        const [more, moreScores] = layer.call(x, { ...options, returnAttentionScores: true });
        expect([...more.data]).toEqual([...again.data]);
        expect([...moreScores.data]).toEqual([...scores.data]);
      }),
      { numRuns: 30 },
    );
  });
});

describe.each(FAMILY)('a transformer layer around $name', ({ make }) => {
  it.each([true, false])(
    'gives the same bits on one thread and on more (normalizeFirst %p)',
    (normalizeFirst) => {
      const layer = new TransformerDecoderLayer({
        attention: make(),
        crossAttention: make(),
        intermediateDim: 7,
        normalizeFirst,
      });
      for (const [batch, length] of [
        [1, 12],
        [2, 5],
        [7, 9],
        [9, 1],
      ] as const) {
        const [x, encoderSequence] = [random(batch, batch, length, 6), random(length, batch, 4, 6)];
        setThreads(1);
        const alone = layer.call(x, { encoderSequence });
        // One by one, without the others: what a sequence gives is its own.
        const single = layer.call(
          { data: x.data.subarray(0, length * 6), shape: [1, length, 6] },
          { encoderSequence: { data: encoderSequence.data.subarray(0, 24), shape: [1, 4, 6] } },
        );
        expect([...alone.data.subarray(0, length * 6)]).toEqual([...single.data]);
        for (const count of [2, 3]) {
          setThreads(count);
          expect([...layer.call(x, { encoderSequence }).data]).toEqual([...alone.data]);
        }
      }
    },
  );
});

describe('batched', () => {
  it('runs its operations in their order', () => {
    const [x, y, z] = [Float32Array.of(1, 2, 3, 4), f(4), f(4)];
    const half = f(4);
    for (const count of [1, 2]) {
      setThreads(count);
      native.batched!({
        batch: 4,
        operations: [
          { name: 'gate', options: { x, gate: half, y, size: 4 } },
          { name: 'gate', options: { x: y, gate: half, y: z, size: 4 } },
        ],
      });
      expect([...z]).toEqual([0.25, 0.5, 0.75, 1]);
    }
  });

  it('spreads what does not fall apart into sequences over the threads instead', () => {
    setThreads(2);
    const [x, y] = [f(5).fill(2), f(5)];
    native.batched!({ batch: 2, operations: [{ name: 'gate', options: { x, gate: f(5), y, size: 5 } }] });
    expect([...y]).toEqual([1, 1, 1, 1, 1]);
  });

  it.each<[string, unknown, string]>([
    [
      'no operations',
      { batch: 1, operations: [] },
      'operations: expected an array of 1 to 256 operations but received 0',
    ],
    ['no list', { batch: 1, operations: 5 }, 'operations: expected an array of 1 to 256 operations'],
    ['too many', { batch: 1, operations: Array(257).fill(gate(1)) }, 'but received 257'],
    [
      'another operation',
      { batch: 1, operations: [{ ...gate(1), name: 'pool' }] },
      'name: expected matmul, attention, layerNorm or gate but received "pool"',
    ],
    [
      'no options',
      { batch: 1, operations: [{ name: 'gate' }] },
      'options: expected an object but received undefined',
    ],
    ['no object', { batch: 1, operations: [3] }, 'options: expected an object but received 3'],
    ['a negative batch', { batch: -1, operations: [gate(1)] }, 'batch: expected an integer from 0'],
    [
      'an operation with wrong options after a right one',
      { batch: 1, operations: [gate(2), { name: 'gate', options: { ...gate(2).options, size: 3 } }] },
      'x: expected at least 3 elements but received 2',
    ],
  ])('refuses %s', (_, options, message) => {
    expect(() => native.batched!(options)).toThrow(message);
  });

  it('takes an empty batch', () => {
    setThreads(2);
    expect(native.batched!({ batch: 0, operations: [gate(0)] })).toBeUndefined();
  });
});
