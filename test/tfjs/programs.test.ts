/**
 * Random programs, with reads, disposals and scopes at any place, give on 'synthetic' what they give on 'cpu', and what
 * was read, or made a tensor of, is never written to: arrays of disposed tensors are used again.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
// Registers the gradients.
import '@tensorflow/tfjs-layers';
import '../../lib/tfjs/index.js';

const SHAPE: [number, number] = [8, 16];
const SIZE = 128;
/** Both are float32 sums in an order of their own; no operation makes its input larger. */
const TOLERANCE = 2e-3;

type Operation = (a: tf.Tensor2D, b: tf.Tensor2D) => tf.Tensor;

/** All take and give tensors of SHAPE with elements of about 1 at most. */
const OPERATIONS: Record<string, Operation> = {
  add: (a, b) => tf.mul(tf.add(a, b), 0.5),
  addRow: (a, b) => tf.tanh(tf.add(a, tf.slice(b, [3, 0], [1, 16]))),
  blocks: (a, b) => tf.concat([tf.slice(a, [0, 4], [8, 12]), tf.slice(b, [0, 0], [8, 4])], 1),
  center: (a) => tf.mul(tf.sub(a, tf.mean(a, 1, true)), 0.5),
  clone: (a) => tf.clone(a),
  gather: (a, b) => tf.gather(tf.maximum(a, b), tf.tensor1d([7, 0, 0, 3, 2, 6, 1, 5], 'int32')),
  gelu: (a, b) => tf.mul(tf.mul(a, 0.5), tf.add(tf.erf(tf.div(tf.maximum(a, b), Math.SQRT2)), 1)),
  half: (a) => tf.mul(a, 0.5),
  scaled: (a) => tf.softmax(tf.mul(a, 3)),
  shifted: (a) => tf.tanh(tf.add(a, 0.25)),
  halves: (a, b) => tf.concat([tf.slice(a, [4, 0], [4, 16]), tf.slice(b, [0, 0], [4, 16])]),
  layerNorm: (a, b) => {
    const centered = tf.sub(a, tf.mean(a, -1, true));
    const variance = tf.mean(tf.square(centered), -1, true);
    const normal = tf.mul(centered, tf.rsqrt(tf.add(variance, 1)));
    return tf.tanh(tf.add(tf.mul(normal, tf.slice(b, [1, 0], [1, 16])), tf.slice(a, [2, 0], [1, 16])));
  },
  linear: (a, b) => {
    const product = tf.matMul(a, tf.reshape(tf.tile(b, [2, 1]), [16, 16]));
    return tf.tanh(tf.add(b, tf.add(product, tf.slice(b, [0, 0], [1, 16]))));
  },
  matmul: (a, b) => tf.tanh(tf.matMul(tf.matMul(a, b, false, true), b)),
  fused: (a, b) =>
    tf.tanh(tf.fused.matMul({ a, b: tf.matMul(a, b, true), bias: tf.mean(b, 0), activation: 'relu' })),
  norm: (a) => tf.div(a, tf.sqrt(tf.add(tf.sum(tf.square(a), 0, true), 1))),
  pad: (a) =>
    tf.pad(tf.slice(a, [2, 0], [4, 15]), [
      [1, 3],
      [0, 1],
    ]),
  reshape: (a) => tf.reshape(tf.transpose(tf.reshape(a, [16, 8])), SHAPE),
  rows: (a, b) => tf.stack([...tf.unstack(a).slice(4), ...tf.unstack(b).slice(4)]),
  softmax: (a) => tf.softmax(a),
  view: (a) => tf.reshape(tf.reshape(a, [2, 4, 16]), SHAPE),
  // Continuous, as all of them are: a rounding must not choose.
  where: (a, b) => tf.where(tf.greater(a, b), a, b),
};

type Command =
  | { kind: 'apply'; name: string; i: number; j: number }
  | { kind: 'make'; seed: number }
  | { kind: 'dispose'; i: number }
  | { kind: 'read' | 'readLater'; i: number }
  | { kind: 'gradient'; name: string; i: number; j: number }
  | { kind: 'tidy'; commands: Command[] };

/** What a program looked at: an array that it holds, and what it held at first. */
interface Held {
  array: Float32Array;
  copy: Float32Array;
}

const hold = (array: Float32Array): Held => ({ array, copy: array.slice() });

class Program {
  readonly held: Held[] = [];
  #tensors: tf.Tensor2D[] = [];
  #pending: Promise<unknown>[] = [];

  /** Whatever is alive is read at the end, too. */
  async run(commands: Command[]): Promise<Held[]> {
    this.#perform({ kind: 'make', seed: 1 });
    for (const command of commands) this.#perform(command);
    for (const tensor of this.#tensors) this.held.push(hold(tensor.dataSync() as Float32Array));
    await Promise.all(this.#pending);
    tf.dispose(this.#tensors);
    return this.held;
  }

  #at(i: number): tf.Tensor2D {
    return this.#tensors[i % this.#tensors.length]!;
  }

  #perform(command: Command): void {
    if (command.kind === 'make') {
      const array = Float32Array.from({ length: SIZE }, (_, i) => Math.sin(command.seed * (i + 1)));
      this.held.push(hold(array));
      this.#tensors.push(tf.tensor2d(array, SHAPE));
    } else if (command.kind === 'apply') {
      const [a, b] = [this.#at(command.i), this.#at(command.j)];
      this.#tensors.push(tf.tidy(() => OPERATIONS[command.name]!(a, b)) as tf.Tensor2D);
    } else if (command.kind === 'gradient') {
      const [a, b] = [this.#at(command.i), this.#at(command.j)];
      const gradient = tf.grad((x) => tf.sum(OPERATIONS[command.name]!(x as tf.Tensor2D, b)));
      this.#tensors.push(tf.tidy(() => tf.tanh(gradient(a))) as tf.Tensor2D);
    } else if (command.kind === 'dispose') {
      if (this.#tensors.length > 1) tf.dispose(this.#tensors.splice(command.i % this.#tensors.length, 1));
    } else if (command.kind === 'read') {
      this.held.push(hold(this.#at(command.i).dataSync() as Float32Array));
    } else if (command.kind === 'readLater') {
      const read = this.#at(command.i).data();
      this.#pending.push(read.then((array) => this.held.push(hold(array as Float32Array))));
    } else if (command.kind === 'tidy') {
      tf.tidy(() => {
        const before = this.#tensors;
        this.#tensors = [...before];
        for (const inner of command.commands) if (inner.kind !== 'dispose') this.#perform(inner);
        const last = this.#tensors.at(-1)!;
        this.#tensors = before.includes(last) ? before : [...before, last];
        return last;
      });
    }
  }
}

const index = fc.nat(11);
const name = fc.constantFrom(...Object.keys(OPERATIONS));
const simple: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('apply' as const), name, i: index, j: index }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('dispose' as const), i: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('make' as const), seed: fc.nat(99) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('read' as const, 'readLater' as const), i: index }),
  },
  {
    weight: 1,
    // Where maxima are tied, their gradient is anybody's choice.
    arbitrary: fc.record({
      kind: fc.constant('gradient' as const),
      name: name.filter((n) => !['gather', 'where', 'fused', 'gelu'].includes(n)),
      i: index,
      j: index,
    }),
  },
);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: simple },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('tidy' as const),
      commands: fc.array(simple, { minLength: 1, maxLength: 6 }),
    }),
  },
);

async function on(backend: string, commands: Command[]): Promise<Held[]> {
  await tf.setBackend(backend);
  return new Program().run(commands);
}

function worst(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
}

describe('random programs', () => {
  beforeAll(() => {
    tf.env().set('IS_TEST', true);
    tf.env().set('SYNTHETIC_NATIVE_SIZE', 0);
  });
  afterAll(() => tf.disposeVariables());

  it('give what they give on cpu, and leave alone what was read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 40 }), async (commands) => {
        const expected = await on('cpu', commands);
        const received = await on('synthetic', commands);
        expect(received.length).toBe(expected.length);
        received.forEach(({ array, copy }, i) => {
          expect(array).toEqual(copy);
          expect(worst(copy, expected[i]!.copy)).toBeLessThan(TOLERANCE);
        });
      }),
      { numRuns: 150 },
    );
    // Disposed arrays were there to be used again: the property would hold for a pool that keeps nothing.
    expect((tf.memory() as unknown as { numBytesInPool: number }).numBytesInPool).toBeGreaterThan(SIZE * 4);
  });
});
