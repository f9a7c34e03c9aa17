/** Outputs are those of the inference layers, on a backend with native attention and on one without. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Tensor } from '../../../lib/tensor/tensor.js';
import { fromInference, type TrainableAttention, toInference } from '../../../lib/tfjs/layers/index.js';
import { tf } from '../../../lib/tfjs/tensorflow.js';
import { random } from '../../support/layers.js';
import { BACKENDS, built, FAMILY, FEATURES, relativeDifference, toTf } from './family.js';

/** Both sum at most some dozen products in float32, in another order. */
const ROUNDING = 64 * 2 ** -24;

const maskTensor = (rows: number[][]): tf.Tensor => tf.tensor2d(rows, undefined, 'bool');
const maskOf = (rows: number[][]) => ({
  data: Uint8Array.from(rows.flat()),
  shape: [rows.length, rows[0]!.length],
});

const QUERY_MASK = [
  [1, 1, 1, 0, 1],
  [0, 1, 1, 1, 0],
];
const KEY_MASK = [
  [1, 1, 0, 1, 1, 1, 0],
  [0, 0, 0, 0, 0, 0, 0],
];

afterEach(() => tf.disposeVariables());

describe.each(BACKENDS)('on %s', (backend) => {
  it.each(FAMILY)('$name computes what the inference layer computes', async ({ make }) => {
    await tf.setBackend(backend);
    const x = random(1, 2, 5, FEATURES);
    const y = random(2, 2, 7, FEATURES);
    const z = random(3, 2, 7, FEATURES);
    const queryMask = { queryMask: maskTensor(QUERY_MASK) };
    const layer = built(make());
    const reference = toInference(layer);
    const compare = (actual: unknown, expected: Tensor) => {
      const output = actual as tf.Tensor;
      expect(output.shape).toEqual([...expected.shape]);
      expect(relativeDifference(output.dataSync(), expected.data)).toBeLessThan(ROUNDING);
    };
    const [query, value, key] = [x, y, z].map(toTf) as [tf.Tensor, tf.Tensor, tf.Tensor];
    compare(layer.apply(query), reference.call(x));
    compare(layer.apply([query]), reference.call(x));
    compare(layer.apply(query, { useCausalMask: true }), reference.call(x, { useCausalMask: true }));
    compare(layer.apply([query, value]), reference.call(x, { value: y }));
    compare(layer.apply([query, value, key]), reference.call(x, { value: y, key: z }));
    compare(
      layer.apply([query, value], { ...queryMask, valueMask: maskTensor(KEY_MASK) }),
      reference.call(x, { value: y, queryMask: maskOf(QUERY_MASK), valueMask: maskOf(KEY_MASK) }),
    );
    compare(
      layer.apply(query, { mask: maskTensor(QUERY_MASK), useCausalMask: true }),
      reference.call(x, {
        useCausalMask: true,
        queryMask: maskOf(QUERY_MASK),
        valueMask: maskOf(QUERY_MASK),
      }),
    );
    const pairs = Array.from({ length: 5 }, (_, i) =>
      [0, 1, 2, 3, 4].map((j) => ((i * j) % 3 === 0 ? 1 : 0)),
    );
    compare(
      layer.apply(query, { attentionMask: pairs }),
      reference.call(x, { attentionMask: maskOf(pairs) }),
    );
    const [output, scores] = layer.apply([query, value], { returnAttentionScores: true }) as tf.Tensor[];
    const expected = reference.call(x, { value: y, returnAttentionScores: true });
    compare(output, expected[0]);
    compare(scores, expected[1]);
  });

  it.each(FAMILY)(
    '$name with a window over two axes computes what the inference layer computes',
    async ({ make }) => {
      await tf.setBackend(backend);
      const x = random(1, 2, 3, 4, 2, FEATURES);
      const layer = make({ attentionAxes: [3, 1], slidingWindow: 2, outputShape: [2, 3] });
      built(layer);
      const expected = toInference(layer).call(x);
      const output = layer.apply(toTf(x)) as tf.Tensor;
      expect(output.shape).toEqual([2, 3, 4, 2, 2, 3]);
      expect(layer.computeOutputShape([null, 3, 4, 2, FEATURES])).toEqual([null, 3, 4, 2, 2, 3]);
      expect(relativeDifference(output.dataSync(), expected.data)).toBeLessThan(ROUNDING);
    },
  );

  it.each(FAMILY)('$name goes to an inference layer and back bit by bit', async ({ make }) => {
    await tf.setBackend(backend);
    const layer = built(make(), FEATURES, 5);
    const inference = toInference(layer);
    expect(inference.countParams()).toBe(layer.countParams());
    const back = fromInference(inference) as TrainableAttention;
    expect(back.constructor).toBe(layer.constructor);
    expect(back.options).toEqual(layer.options);
    for (const { name, tensor } of inference.weights) {
      expect([...layer.namedVariables.get(name)!.read().dataSync()]).toEqual([...tensor.data]);
      expect([...back.namedVariables.get(name)!.read().dataSync()]).toEqual([...tensor.data]);
    }
    const again = toInference(back);
    expect(again.getConfig()).toEqual({ ...inference.getConfig(), name: back.name });
  });
});
