/** Trainable layers in TensorFlow.js models: symbolic calls, masks, storage, training. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { MultiHeadAttention as InferenceAttention } from '../../../lib/layers/index.js';
import {
  fromInference,
  inferenceLayers,
  MixtureSynthesizer,
  mixtureSynthesizer,
  multiHeadAttention,
  RandomSynthesizer,
  randomSynthesizer,
  type TrainableAttention,
  toInference,
} from '../../../lib/tfjs/layers/index.js';
import { tf, tfl } from '../../../lib/tfjs/tensorflow.js';
import { random } from '../../support/layers.js';
import { BACKENDS, built, FAMILY, FEATURES, relativeDifference, toTf } from './family.js';

const ROUNDING = 64 * 2 ** -24;
const LENGTH = 6;

const symbolic = (...shape: (number | null)[]): tfl.SymbolicTensor => tfl.input({ shape });
const values = (x: unknown): Float32Array => (x as tf.Tensor).dataSync() as Float32Array;

async function stored(model: tfl.LayersModel): Promise<tfl.LayersModel> {
  let kept: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      kept = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  // As a file would: nothing survives but JSON and bytes.
  const { weightData, ...rest } = kept!;
  return tfl.loadLayersModel(tf.io.fromMemory({ ...JSON.parse(JSON.stringify(rest)), weightData }));
}

/** Sequences of two kinds of tokens: which kind stands first? Position must be learnt. */
function firstToken(count: number): { x: tf.Tensor; y: tf.Tensor } {
  const bits = random(77, count, LENGTH).data.map((v) => (v > 0 ? 2 : 1));
  const first = Array.from({ length: count }, (_, i) => bits[i * LENGTH]! - 1);
  return { x: tf.tensor(bits, [count, LENGTH], 'int32'), y: tf.tensor(first, [count, 1], 'float32') };
}

function classifier(attention: TrainableAttention, features: number): tfl.LayersModel {
  const tokens = symbolic(LENGTH);
  const seeded = (seed: number) => tfl.initializers.glorotUniform({ seed });
  const embedded = tfl.layers
    .embedding({ inputDim: 3, outputDim: features, embeddingsInitializer: seeded(1) })
    .apply(tokens) as tfl.SymbolicTensor;
  const attended = attention.apply(embedded) as tfl.SymbolicTensor;
  const flat = tfl.layers.flatten().apply(attended) as tfl.SymbolicTensor;
  const output = tfl.layers
    .dense({ units: 1, activation: 'sigmoid', kernelInitializer: seeded(2) })
    .apply(flat);
  return tfl.model({ inputs: tokens, outputs: output as tfl.SymbolicTensor });
}

afterEach(() => tf.disposeVariables());

describe.each(BACKENDS)('on %s', (backend) => {
  it.each(FAMILY)('$name is a layer of a model, stored and loaded', async ({ make }) => {
    await tf.setBackend(backend);
    const layer = make({
      dropout: 0.25,
      kernelRegularizer: 'l2',
    });
    const x = symbolic(LENGTH, FEATURES);
    const output = layer.apply(x, { useCausalMask: true }) as tfl.SymbolicTensor;
    expect(output.shape).toEqual([null, LENGTH, FEATURES]);
    built(layer);
    const model = tfl.model({ inputs: x, outputs: output });
    const input = random(1, 3, LENGTH, FEATURES);
    const expected = toInference(layer).call(input, { useCausalMask: true });
    const predicted = model.predict(toTf(input));
    expect(relativeDifference(values(predicted), expected.data)).toBeLessThan(ROUNDING);
    const again = await stored(model);
    expect([...values(again.predict(toTf(input)))]).toEqual([...values(predicted)]);
    const loaded = again.layers.find(({ name }) => name === layer.name) as TrainableAttention;
    expect(loaded.getConfig()).toEqual(layer.getConfig());
    expect(inferenceLayers(again)[layer.name]!.countParams()).toBe(layer.countParams());
  });

  it('the mask of an embedding reaches it, and what comes behind it', async () => {
    await tf.setBackend(backend);
    const tokens = symbolic(LENGTH);
    const embedding = tfl.layers.embedding({ inputDim: 5, outputDim: FEATURES, maskZero: true });
    const embedded = embedding.apply(tokens) as tfl.SymbolicTensor;
    const first = multiHeadAttention({ numHeads: 2, keyDim: 3 });
    const second = randomSynthesizer({ numHeads: 2, valueDim: 3, maxLength: LENGTH });
    const output = second.apply(first.apply(embedded) as tfl.SymbolicTensor) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: tokens, outputs: output });
    const ids = tf.tensor2d(
      [
        [1, 2, 3, 0, 0, 0],
        [4, 1, 2, 3, 4, 0],
      ],
      undefined,
      'int32',
    );
    const rows = embedding.apply(ids) as tf.Tensor;
    const x = { data: values(rows).slice(), shape: rows.shape };
    const mask = { data: Uint8Array.from(ids.dataSync(), (id) => (id ? 1 : 0)), shape: [2, LENGTH] };
    const masks = { queryMask: mask, valueMask: mask };
    const expected = toInference(second).call(toInference(first).call(x, masks), masks);
    expect(relativeDifference(values(model.predict(ids)), expected.data)).toBeLessThan(ROUNDING);
    const eager = second.apply(first.apply(rows) as tf.Tensor);
    expect(relativeDifference(values(eager), expected.data)).toBeLessThan(ROUNDING);
  });

  it('cross-attention and scores are symbolic too', async () => {
    await tf.setBackend(backend);
    const [x, y] = [symbolic(4, FEATURES), symbolic(LENGTH, 3)];
    const layer = mixtureSynthesizer({
      numHeads: 2,
      valueDim: 3,
      maxLength: 8,
      scores: ['dense', 'dot-product'],
    });
    const outputs = layer.apply([x, y], { returnAttentionScores: true }) as tfl.SymbolicTensor[];
    expect(outputs.map(({ shape }) => shape)).toEqual([
      [null, 4, FEATURES],
      [null, 2, 4, LENGTH],
    ]);
    const model = tfl.model({ inputs: [x, y], outputs });
    const [query, value] = [random(1, 2, 4, FEATURES), random(2, 2, LENGTH, 3)];
    const expected = toInference(layer).call(query, { value, returnAttentionScores: true });
    const actual = model.predict([toTf(query), toTf(value)]) as tf.Tensor[];
    for (const [i, tensor] of expected.entries()) {
      expect(relativeDifference(values(actual[i]), tensor.data)).toBeLessThan(ROUNDING);
    }
  });

  // Where JavaScript computes, two are enough.
  const learners = backend === 'cpu' ? [FAMILY[0]!, FAMILY[8]!] : FAMILY;
  it.each(learners)('$name learns, and leaves no tensor behind', async ({ make }) => {
    await tf.setBackend(backend);
    const layer = make({ seed: 3, dropout: 0.1 });
    const model = classifier(layer, 8);
    model.compile({ optimizer: tf.train.adam(0.03), loss: 'binaryCrossentropy' });
    const { x, y } = firstToken(32);
    const before = layer.getWeights().map((w) => Float32Array.from(w.dataSync()));
    const fit = (epochs: number) => model.fit(x, y, { batchSize: 32, epochs, shuffle: false, verbose: 0 });
    const { loss } = (await fit(15)).history as { loss: number[] };
    const { numTensors } = tf.memory();
    await fit(1);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(loss.at(-1)!).toBeLessThan(loss[0]! / 2);
    // Softmax does not change with a bias of the keys, whose gradient is 0; everything else moves.
    const still = layer.weights
      .map(({ originalName }) => originalName)
      .filter((_, i) => [...layer.getWeights()[i]!.dataSync()].every((w, j) => w === before[i]![j]));
    expect(still.filter((name) => !name.includes('key/bias'))).toEqual([]);
  });

  it('what is fixed or frozen does not learn', async () => {
    await tf.setBackend(backend);
    for (const layer of [
      randomSynthesizer({ numHeads: 2, valueDim: 4, maxLength: LENGTH, trainable: false }),
      mixtureSynthesizer({
        numHeads: 2,
        valueDim: 4,
        maxLength: LENGTH,
        scores: ['dot-product', 'random'],
        trainable: false,
      }),
      multiHeadAttention({ numHeads: 2, keyDim: 4, trainable: false }),
      randomSynthesizer({ numHeads: 2, valueDim: 4, maxLength: LENGTH, frozen: true }),
    ]) {
      const model = classifier(layer, 8);
      model.compile({ optimizer: tf.train.adam(0.02), loss: 'binaryCrossentropy' });
      const { x, y } = firstToken(32);
      const read = () => [...layer.namedVariables].map(([name, w]) => [name, ...values(w.read())]);
      const before = read();
      await model.fit(x, y, { epochs: 2, verbose: 0 });
      const moved = read().flatMap((row, i) => (`${row}` === `${before[i]}` ? [] : [row[0]]));
      const fixedScores = layer.options.trainable === false;
      expect(moved.includes('random/kernel')).toBe(false);
      expect(moved.includes('value/kernel')).toBe(fixedScores);
      const again = await stored(model);
      const loaded = again.getLayer(layer.name) as TrainableAttention;
      expect([...loaded.namedVariables].map(([name, w]) => [name, ...values(w.read())])).toEqual(read());
      expect(loaded.trainableWeights.length).toBe(layer.trainableWeights.length);
    }
  });

  it('drops attention weights in training only, the same ones for the same seed and count', async () => {
    await tf.setBackend(backend);
    const options = { numHeads: 2, valueDim: 3, maxLength: 40, seed: 7 };
    const x = toTf(random(1, 1, 40, FEATURES));
    const layer = built(new RandomSynthesizer({ ...options, dropout: 0.5 }));
    const plain = values(layer.apply(x)).slice();
    expect(values(layer.apply(x, { training: false }))).toEqual(plain);
    const first = values(layer.apply(x, { training: true })).slice();
    const second = values(layer.apply(x, { training: true })).slice();
    expect(first).not.toEqual(plain);
    expect(second).not.toEqual(first);
    layer.trainingCalls = 0;
    expect(values(layer.apply(x, { training: true }))).toEqual(first);
    // Unbiased: the average over many calls comes near to the output without dropout.
    const runs = 50;
    const mean = new Float64Array(plain.length);
    for (let i = 0; i < runs; i++) {
      const dropped = values(layer.apply(x, { training: true }));
      for (const [j, v] of dropped.entries()) mean[j]! += v / runs;
    }
    const distance = (a: ArrayLike<number>) =>
      Math.sqrt(plain.reduce((sum, p, i) => sum + (p - a[i]!) ** 2, 0) / plain.length);
    expect(distance(mean) / distance(first)).toBeLessThan(2 / Math.sqrt(runs));
  });
});

describe('layers', () => {
  it('take and give weights as TensorFlow.js does', async () => {
    await tf.setBackend('cpu');
    const layer = built(
      new MixtureSynthesizer({ numHeads: 2, valueDim: 3, maxLength: 5, scores: ['random', 'dense'] }),
    );
    expect(layer.countParams()).toBe(toInference(layer).countParams());
    const weights = layer.getWeights();
    const copy = MixtureSynthesizer.fromConfig(
      MixtureSynthesizer as never,
      layer.getConfig(),
    ) as MixtureSynthesizer;
    copy.build([null, 5, FEATURES]);
    copy.setWeights(weights);
    const x = toTf(random(1, 2, 5, FEATURES));
    expect(values(copy.apply(x))).toEqual(values(layer.apply(x)));
    expect(() => copy.setWeights(weights.slice(1))).toThrow(/weight list of length/);
    expect(layer.weights[0]!.originalName).toBe('random/kernel');
  });

  it('start from different weights unless they are given a seed', () => {
    const make = (seed?: number) => {
      const layer = multiHeadAttention({ numHeads: 1, keyDim: 2, ...(seed === undefined ? {} : { seed }) });
      layer.build([null, 3, 4]);
      return values(layer.getWeights()[0]);
    };
    expect(make()).not.toEqual(make());
    expect(make(4)).toEqual(make(4));
    const inference = new InferenceAttention({ numHeads: 1, keyDim: 2, seed: 4 });
    inference.build([1, 3, 4]);
    expect(make(4)).toEqual(inference.weights[0]!.tensor.data);
  });

  it('regularize and constrain their weights', async () => {
    await tf.setBackend('cpu');
    const layer = multiHeadAttention({
      numHeads: 2,
      keyDim: 3,
      kernelRegularizer: tfl.regularizers.l2({ l2: 0.5 }),
      kernelConstraint: 'nonNeg',
      useBias: false,
    });
    const model = classifier(layer, 4);
    model.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy' });
    const { x, y } = firstToken(8);
    const squares = () =>
      layer.getWeights().reduce((sum, w) => sum + values(w).reduce((s, v) => s + v * v, 0), 0);
    const own = values(
      (layer.losses as (() => tf.Scalar)[]).map((loss) => loss()).reduce((a, b) => tf.add(a, b)),
    )[0]!;
    expect(own / squares()).toBeCloseTo(0.5, 5);
    await model.fit(x, y, { epochs: 1, verbose: 0 });
    // TensorFlow.js applies constraints where weights are written, and its optimizers go past that.
    layer.setWeights(layer.getWeights().map((w) => w.clone()));
    for (const weight of layer.getWeights()) expect(Math.min(...values(weight))).toBeGreaterThanOrEqual(0);
  });

  it('go into sequential models', async () => {
    await tf.setBackend('cpu');
    const model = tfl.sequential();
    model.add(randomSynthesizer({ numHeads: 2, valueDim: 3, maxLength: 5, inputShape: [5, 4] }));
    model.add(tfl.layers.globalAveragePooling1d({}));
    expect((model.predict(tf.zeros([2, 5, 4])) as tf.Tensor).shape).toEqual([2, 4]);
    expect((await stored(model)).countParams()).toBe(model.countParams());
  });

  it('say what they expect', async () => {
    await tf.setBackend('cpu');
    const options = { numHeads: 2, valueDim: 3, maxLength: 5 };
    const layer = built(randomSynthesizer(options));
    const x = toTf(random(1, 1, 5, FEATURES));
    const refused: [() => unknown, RegExp][] = [
      [
        () => randomSynthesizer({ ...options, heads: 2 } as never),
        /RandomSynthesizer: expected options among/,
      ],
      [() => randomSynthesizer(null as never), /RandomSynthesizer: expected an object of options/],
      [
        () => randomSynthesizer({ ...options, dtype: 'int32' }),
        /RandomSynthesizer.dtype: expected 'float32'/,
      ],
      [() => randomSynthesizer({ ...options, frozen: 1 as never }), /frozen: expected true or false/],
      [
        () => randomSynthesizer({ ...options, kernelRegularizer: 'l3' }),
        /kernelRegularizer: expected .*l1l2/,
      ],
      [() => randomSynthesizer({ ...options, biasConstraint: 3 as never }), /biasConstraint: expected/],
      [() => layer.apply(x, { causal: true } as never), /options among mask.*"causal"/],
      [() => layer.apply(x, { useCausalMask: 1 as never }), /useCausalMask/],
      [
        () => layer.apply(toTf(random(1, 1, 6, FEATURES))),
        /at most 5 \(maxLength\) for length but received 6/,
      ],
      [() => layer.apply(toTf(random(1, 1, 5, 3))), /3/],
      [() => layer.apply([x, x, x, x]), /\[query, value, key\].* 4 inputs/],
      [() => layer.apply([x, toTf(random(1, 2, 5, FEATURES))]), /value batch axes/],
      [() => layer.apply([x, x, toTf(random(1, 1, 4, FEATURES))]), /key length/],
      [() => layer.apply(x, { queryMask: [[1, 1]] }), /queryMask/],
      [() => layer.apply(x, { attentionMask: tf.ones([4, 4]) }), /attentionMask/],
      [() => layer.apply(tf.zeros([5])), /rank|query/],
      [() => layer.apply(symbolic(5, FEATURES), { attentionMask: tf.ones([5, 5]) }), /symbolic/],
      [() => multiHeadAttention({ numHeads: 1, keyDim: 2 }).build([null, 3, null]), /features/],
      [() => toInference(multiHeadAttention({ numHeads: 1, keyDim: 2 })), /built layer/],
      [() => toInference({} as never), /trainable attention layer/],
      [() => fromInference(new InferenceAttention({ numHeads: 1, keyDim: 2 })), /built layer/],
      [() => fromInference({} as never), /layer: expected one of .*MultiHeadAttention/],
    ];
    for (const [act, message] of refused) expect(act).toThrow(message);
    const once = multiHeadAttention({ numHeads: 1, keyDim: 2 });
    once.apply(symbolic(5, FEATURES), { useCausalMask: true });
    expect(() => once.apply(symbolic(5, FEATURES))).toThrow(/other symbolic calls/);
  });
});
