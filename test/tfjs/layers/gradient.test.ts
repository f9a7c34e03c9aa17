/** Gradients of every weight and input: native ones are those of plain operations, and those are slopes. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { TrainableAttention, TrainableCallOptions } from '../../../lib/tfjs/layers/index.js';
import { tf } from '../../../lib/tfjs/tensorflow.js';
import { random } from '../../support/layers.js';
import { BACKENDS, built, FAMILY, FEATURES, MAX_LENGTH, toTf } from './family.js';

const U = 2 ** -24;
/** Sums of some hundred products in float32, in another order. */
const ROUNDING = 512 * U;

interface Case {
  name: string;
  /** Lengths of query, value and key. */
  lengths: readonly number[];
  options: () => TrainableCallOptions;
  layer?: object;
}

const padding = (length: number): tf.Tensor =>
  tf.tensor2d(
    [0, 1].map((b) => Array.from({ length }, (_, i) => (i < length - 2 * b - 1 ? 1 : 0))),
    undefined,
    'bool',
  );

const CASES: readonly Case[] = [
  { name: 'self-attention', lengths: [5], options: () => ({}) },
  { name: 'at full length', lengths: [MAX_LENGTH], options: () => ({}) },
  {
    name: 'causal and masked',
    lengths: [6],
    options: () => ({ useCausalMask: true, mask: padding(6) }),
  },
  {
    name: 'cross-attention with a row without keys',
    lengths: [5, 8, 8],
    options: () => ({ valueMask: tf.tensor2d([[1, 0, 1, 1, 1, 1, 0, 1], new Array<number>(8).fill(0)]) }),
  },
  { name: 'a window', lengths: [7], options: () => ({}), layer: { slidingWindow: 3 } },
  { name: 'dropout', lengths: [6], options: () => ({ training: true }), layer: { dropout: 0.4, seed: 5 } },
];

interface Setup {
  layer: TrainableAttention;
  /** Inputs, then weights. */
  variables: Record<string, tf.Variable>;
  /** A weighted sum of the output, so that each of its elements counts. */
  loss: () => tf.Scalar;
  /** The same in float64 after the layer, with the sum of the magnitudes. */
  measured: () => { value: number; magnitude: number };
}

/** Inputs above 0 and first maps of one sign a hidden unit: no step crosses the kink of a ReLU. */
function awayFromKinks(layer: TrainableAttention, inputs: readonly tf.Variable[]): void {
  const rewrite = (x: tf.Tensor, change: (w: number, i: number) => number): tf.Tensor =>
    tf.tensor(Float32Array.from(x.dataSync()).map(change), x.shape);
  for (const x of inputs) x.assign(rewrite(x, (w) => Math.abs(w) + 0.2));
  for (const [name, variable] of layer.namedVariables) {
    if (!/dense_1\/(kernel|bias)$/.test(name)) continue;
    const units = variable.shape.at(-1)!;
    variable.write(rewrite(variable.read(), (w, i) => ((i % units) % 2 ? -1 : 1) * (Math.abs(w) + 0.2)));
  }
}

function setup(
  { make }: (typeof FAMILY)[number],
  { lengths, options, layer: own }: Case,
  smooth = false,
): Setup {
  const layer = built(make(own));
  const inputs = lengths.map((length, i) => tf.variable(toTf(random(i + 1, 2, length, FEATURES))));
  if (smooth) awayFromKinks(layer, inputs);
  const factors = random(9, 2, lengths[0]!, FEATURES);
  const call = options();
  const output = (): tf.Tensor => {
    layer.trainingCalls = 3;
    return layer.apply(inputs, call) as tf.Tensor;
  };
  const weights = [...layer.namedVariables].map(([name, variable]) => [name, variable.read() as tf.Variable]);
  return {
    layer,
    variables: Object.fromEntries([...inputs.map((x, i) => [`input ${i}`, x]), ...weights]),
    loss: () => tf.sum(tf.mul(output(), toTf(factors))) as tf.Scalar,
    measured: () => {
      const data = tf.tidy(() => output().dataSync());
      const terms = Array.from(data, (y, i) => y * factors.data[i]!);
      const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
      return { value: sum(terms), magnitude: sum(terms.map(Math.abs)) };
    },
  };
}

function gradientsOf({ loss, variables }: Setup): Record<string, Float32Array> {
  return tf.tidy(() => {
    const { grads } = tf.variableGrads(loss, Object.values(variables));
    return Object.fromEntries(
      Object.entries(variables).map(([name, variable]) => [
        name,
        Float32Array.from(grads[variable.name]?.dataSync() ?? new Float32Array(variable.size)),
      ]),
    );
  });
}

afterEach(() => tf.disposeVariables());

describe.each(CASES)('$name', (kase) => {
  it.each(FAMILY)('$name: native gradients are those of plain operations', async (member) => {
    const gradients: Record<string, Float32Array>[] = [];
    for (const backend of BACKENDS) {
      await tf.setBackend(backend);
      gradients.push(gradientsOf(setup(member, kase)));
    }
    const [expected, actual] = gradients as [Record<string, Float32Array>, Record<string, Float32Array>];
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    const largest = Math.max(...Object.values(expected).flatMap((g) => [...g].map(Math.abs)));
    for (const [name, gradient] of Object.entries(expected)) {
      // Gradients that cancel out, such as that of the keys' bias, are judged by the others.
      const scale = Math.max(...[...gradient].map(Math.abs), largest / 64);
      const worst = Math.max(...[...gradient].map((g, i) => Math.abs(g - actual[name]![i]!)));
      expect({ name, near: worst <= ROUNDING * scale }).toEqual({ name, near: true });
    }
  });
});

describe.each([
  ['cpu', CASES[3]!],
  ['synthetic', CASES[0]!],
] as const)('on %s', (backend, kase) => {
  it.each(FAMILY)('$name: gradients are slopes', async (member) => {
    await tf.setBackend(backend);
    const made = setup(member, kase, true);
    const gradients = gradientsOf(made);
    let seed = 50;
    for (const [name, variable] of Object.entries(made.variables)) {
      const direction = random(seed++, ...variable.shape).data;
      const start = Float32Array.from(variable.dataSync());
      const at = (step: number) => {
        const moved = tf.tensor(
          start.map((w, i) => w + step * direction[i]!),
          variable.shape,
        );
        variable.assign(moved);
        return made.measured();
      };
      const slope = (step: number): number => (at(step).value - at(-step).value) / (2 * step);
      const step = 2 ** -6;
      const [near, far] = [slope(step), slope(2 * step)];
      const { magnitude } = at(0);
      // Richardson: the error of third order cancels out. What is left is held to be below a quarter of it; the
      // float32 layer errs by some 64 roundings of its output, which the step divides.
      const expected = (4 * near - far) / 3;
      const tolerance = Math.abs(far - near) / 4 + (64 * U * magnitude) / step + 1e-6;
      const actual = gradients[name]!.reduce((sum, g, i) => sum + g * direction[i]!, 0);
      expect({
        name,
        off: Math.abs(actual - expected) > tolerance ? [actual, expected, tolerance] : 0,
      }).toEqual({
        name,
        off: 0,
      });
    }
  });
});
