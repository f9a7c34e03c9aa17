/** The trainable transformer layer is the inference layer, and its gradients are right. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { FeedForwardActivation } from '../../../lib/layers/index.js';
import {
  mixtureSynthesizer,
  multiHeadAttention,
  randomSynthesizer,
  type TransformerEncoderLayer,
  transformerEncoderLayer,
} from '../../../lib/tfjs/index.js';
import { fromInference, type TrainableAttention, toInference } from '../../../lib/tfjs/layers/index.js';
import { tf, tfl } from '../../../lib/tfjs/tensorflow.js';
import { random } from '../../support/layers.js';
import { BACKENDS, FEATURES, relativeDifference, toTf } from './family.js';

const U = 2 ** -24;
/** A block is some hundred roundings deep. */
const ROUNDING = 512 * U;
const LENGTH = 5;

const attention = (): TrainableAttention =>
  mixtureSynthesizer({ numHeads: 2, valueDim: 3, maxLength: 8, scores: ['random', 'dot-product'], seed: 2 });

const FORMS = [
  { activation: 'relu', normalizeFirst: false },
  { activation: 'gelu', normalizeFirst: false },
  { activation: 'geluTanh', normalizeFirst: true },
] as const satisfies { activation: FeedForwardActivation; normalizeFirst: boolean }[];

function make(form: object): TransformerEncoderLayer {
  const layer = transformerEncoderLayer({ attention: attention(), intermediateDim: 11, seed: 1, ...form });
  if (!layer.built) layer.build([null, null, FEATURES]);
  let seed = 20;
  for (const variable of layer.namedVariables.values()) {
    const value = toTf(random(seed++, ...(variable.shape as number[])));
    variable.write(value);
    value.dispose();
  }
  return layer;
}

const mask = (): tf.Tensor =>
  tf.tensor2d(
    [
      [1, 1, 1, 0, 0],
      [1, 1, 1, 1, 1],
    ],
    undefined,
    'bool',
  );

function gradientsOf(layer: TransformerEncoderLayer, input: tf.Variable, training: boolean) {
  const factors = toTf(random(9, 2, LENGTH, FEATURES));
  const variables = {
    input,
    ...Object.fromEntries([...layer.namedVariables].map(([n, w]) => [n, w.read()])),
  };
  layer.trainingCalls = 0;
  layer.attention.trainingCalls = 0;
  return tf.tidy(() => {
    const loss = () =>
      tf.sum(tf.mul(layer.apply(input, { mask: mask(), training }) as tf.Tensor, factors)) as tf.Scalar;
    const { grads } = tf.variableGrads(loss, Object.values(variables) as tf.Variable[]);
    return Object.fromEntries(
      Object.entries(variables).map(([name, v]) => [
        name,
        grads[(v as tf.Variable).name]!.dataSync().slice(),
      ]),
    );
  });
}

afterEach(() => tf.disposeVariables());

describe.each(FORMS)('$activation, normalizeFirst $normalizeFirst', (form) => {
  it.each(BACKENDS)(
    'computes on %s what the inference layer computes, goes there and back',
    async (backend) => {
      await tf.setBackend(backend);
      const layer = make(form);
      const x = random(1, 2, LENGTH, FEATURES);
      const inference = toInference(layer);
      const padding = { data: Uint8Array.from(mask().dataSync()), shape: [2, LENGTH] };
      const near = (actual: unknown, expected: Float32Array) =>
        expect(relativeDifference((actual as tf.Tensor).dataSync(), expected)).toBeLessThan(ROUNDING);
      near(layer.apply(toTf(x)), inference.call(x).data);
      near(layer.apply(toTf(x), { mask: mask() }), inference.call(x, { paddingMask: padding }).data);
      const options = { useCausalMask: true, returnAttentionScores: true } as const;
      const [output, scores] = layer.apply(toTf(x), options) as tf.Tensor[];
      const expected = inference.call(x, options);
      near(output, expected[0].data);
      near(scores, expected[1].data);
      const back = fromInference(inference) as TransformerEncoderLayer;
      expect(back.constructor).toBe(layer.constructor);
      expect(back.options).toEqual({ ...layer.options });
      expect([...back.namedVariables.keys()]).toEqual([...layer.namedVariables.keys()]);
      expect([...back.namedVariables.keys()]).toEqual(inference.weights.map(({ name }) => name));
      for (const { name, tensor } of inference.weights) {
        expect([...back.namedVariables.get(name)!.read().dataSync()]).toEqual([...tensor.data]);
      }
      expect(layer.countParams()).toBe(inference.countParams());
    },
  );

  it.each([false, true])('has the gradients of plain operations natively, training %s', async (training) => {
    const gradients: Record<string, ArrayLike<number>>[] = [];
    for (const backend of BACKENDS) {
      await tf.setBackend(backend);
      const layer = make({ ...form, dropout: 0.3 });
      gradients.push(gradientsOf(layer, tf.variable(toTf(random(1, 2, LENGTH, FEATURES))), training));
    }
    const [expected, actual] = gradients as [Record<string, Float32Array>, Record<string, Float32Array>];
    const largest = Math.max(...Object.values(expected).flatMap((g) => [...g].map(Math.abs)));
    for (const [name, gradient] of Object.entries(expected)) {
      const scale = Math.max(...[...gradient].map(Math.abs), largest / 64);
      const worst = Math.max(...[...gradient].map((g, i) => Math.abs(g - actual[name]![i]!)));
      expect({ name, near: worst <= ROUNDING * scale }).toEqual({ name, near: true });
    }
  });
});

it.each(BACKENDS)('on %s a model of blocks learns, is stored, and may be frozen', async (backend) => {
  await tf.setBackend(backend);
  const tokens = tfl.input({ shape: [LENGTH] });
  const embedded = tfl.layers
    .embedding({
      inputDim: 3,
      outputDim: 8,
      embeddingsInitializer: tfl.initializers.glorotUniform({ seed: 1 }),
    })
    .apply(tokens) as tfl.SymbolicTensor;
  const blocks = [
    transformerEncoderLayer({
      attention: randomSynthesizer({ numHeads: 2, valueDim: 4, maxLength: LENGTH, seed: 3 }),
      intermediateDim: 16,
      activation: 'gelu',
      dropout: 0.05,
      seed: 4,
    }),
    transformerEncoderLayer({
      attention: multiHeadAttention({ numHeads: 2, keyDim: 4, seed: 5, kernelRegularizer: 'l2' }),
      intermediateDim: 16,
      seed: 6,
      frozen: true,
    }),
  ] as const;
  const attended = blocks.reduce((x, block) => block.apply(x) as tfl.SymbolicTensor, embedded);
  const flat = tfl.layers.flatten().apply(attended) as tfl.SymbolicTensor;
  const kernelInitializer = tfl.initializers.glorotUniform({ seed: 2 });
  const outputs = tfl.layers.dense({ units: 1, activation: 'sigmoid', kernelInitializer }).apply(flat);
  const model = tfl.model({ inputs: tokens, outputs: outputs as tfl.SymbolicTensor });
  model.compile({ optimizer: tf.train.adam(0.02), loss: 'binaryCrossentropy' });
  const ids = random(7, 32, LENGTH).data.map((v) => (v > 0 ? 2 : 1));
  const first = Array.from({ length: 32 }, (_, i) => ids[i * LENGTH]! - 1);
  const [x, y] = [tf.tensor(ids, [32, LENGTH], 'int32'), tf.tensor(first, [32, 1])];
  const values = (block: TransformerEncoderLayer) =>
    [...block.namedVariables.values()].map((w) => w.read().dataSync().slice());
  const before = blocks.map(values);
  const fit = (epochs: number) => model.fit(x, y, { epochs, shuffle: false, verbose: 0 });
  const { loss } = (await fit(12)).history as { loss: number[] };
  expect(loss.at(-1)!).toBeLessThan(loss[0]! / 2);
  const { numTensors } = tf.memory();
  await fit(1);
  expect(tf.memory().numTensors).toBe(numTensors);
  for (const [i, array] of values(blocks[0]).entries()) expect(array).not.toEqual(before[0]![i]);
  expect(values(blocks[1])).toEqual(before[1]);
  let kept: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      kept = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  const { weightData, ...rest } = kept!;
  const loaded = await tfl.loadLayersModel(
    tf.io.fromMemory({ ...JSON.parse(JSON.stringify(rest)), weightData: weightData! }),
  );
  const [expected, actual] = [model, loaded].map((m) => (m.predict(x) as tf.Tensor).dataSync());
  expect(actual).toEqual(expected);
  expect(loaded.getLayer(blocks[0].name).getConfig()).toEqual(blocks[0].getConfig());
});

it.each(BACKENDS)('on %s an embedding says which positions are attended, and all attend', async (backend) => {
  await tf.setBackend(backend);
  const layer = make({});
  const embedding = tfl.layers.embedding({ inputDim: 4, outputDim: FEATURES, maskZero: true });
  const ids = tf.tensor2d([[1, 2, 3, 0, 0]], undefined, 'int32');
  const x = embedding.apply(ids) as tf.Tensor;
  const rows = { data: x.dataSync().slice() as Float32Array, shape: x.shape };
  const paddingMask = { data: Uint8Array.of(1, 1, 1, 0, 0), shape: [1, LENGTH] };
  const expected = toInference(layer).call(rows, { paddingMask });
  const output = layer.apply(x) as tf.Tensor & { kerasMask?: tf.Tensor };
  expect(relativeDifference(output.dataSync(), expected.data)).toBeLessThan(ROUNDING);
  expect([...output.kerasMask!.dataSync()]).toEqual([1, 1, 1, 0, 0]);
});

it('drops and regularizes while it trains', async () => {
  await tf.setBackend('cpu');
  const regularized = multiHeadAttention({ numHeads: 1, keyDim: 2, kernelRegularizer: 'l2' });
  const layer = make({ attention: regularized, dropout: 0.5, kernelRegularizer: 'l2' });
  const x = toTf(random(1, 1, LENGTH, FEATURES));
  const call = (training: boolean) => [...(layer.apply(x, { training }) as tf.Tensor).dataSync()];
  expect(call(false)).toEqual(call(false));
  expect(call(true)).not.toEqual(call(false));
  // Two kernels of its own, four of its attention.
  expect(layer.losses.length).toBe(6);
});

it('says what it expects', async () => {
  await tf.setBackend('cpu');
  const options = { attention: attention(), intermediateDim: 4 };
  const layer = transformerEncoderLayer(options);
  const x = tf.zeros([1, 3, FEATURES]);
  const refused: [() => unknown, RegExp][] = [
    [() => transformerEncoderLayer({ ...options, attention: null as never }), /attention/],
    [() => transformerEncoderLayer({ ...options, attention: { className: 'X', config: {} } }), /attention/],
    [() => transformerEncoderLayer({ ...options, activation: 'x' as never }), /activation/],
    [() => transformerEncoderLayer({ ...options, width: 3 } as never), /options among/],
    [() => layer.apply([x, x]), /one for inputs/],
    [
      () => {
        const wide = multiHeadAttention({ numHeads: 1, keyDim: 2, outputShape: 3 });
        transformerEncoderLayer({ ...options, attention: wide }).apply(x);
      },
      /attention layer with output/,
    ],
  ];
  for (const [act, message] of refused) expect(act).toThrow(message);
});
