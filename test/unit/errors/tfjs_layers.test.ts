/** The public functions of the layers that learn, and their masks, against bad values. */
import { describe, expect, it } from '@jest/globals';
import { ArgumentError, SyntheticAttentionError } from '../../../lib/errors.js';
import * as layers from '../../../lib/layers/index.js';
import * as tfjs from '../../../lib/tfjs/index.js';
import { tf } from '../../../lib/tfjs/tensorflow.js';
import { type Entry, violations } from '../../support/bad_values.js';
import { built } from '../../support/layer_family.js';

tf.enableProdMode();
const FEATURES = 4;

const trainable = () => {
  const layer = tfjs.multiHeadAttention({ numHeads: 2, keyDim: 2 });
  layer.build([null, 3, FEATURES]);
  return layer;
};
const inference = () => built(new layers.MultiHeadAttention({ numHeads: 2, keyDim: 2 }), FEATURES);

/** In an array: what has a `dispose` is disposed of, which TensorFlow.js refuses for layers that were not used yet. */
const FUNCTIONS: readonly Entry[] = [
  { name: 'toInference', args: () => [trainable()], call: (layer: never) => [tfjs.toInference(layer)] },
  { name: 'fromInference', args: () => [inference()], call: (layer: never) => [tfjs.fromInference(layer)] },
];

const MAKERS = {
  multiHeadAttention: { numHeads: 2, keyDim: 2, kernelRegularizer: 'l2', frozen: false, dropout: 0.1 },
  randomSynthesizer: { numHeads: 2, valueDim: 2, maxLength: 4, trainable: true },
  factorizedRandomSynthesizer: { numHeads: 2, valueDim: 2, maxLength: 4, rank: 2 },
  denseSynthesizer: { numHeads: 2, valueDim: 2, maxLength: 4, hiddenDim: 2 },
  factorizedDenseSynthesizer: { numHeads: 2, valueDim: 2, maxLength: 4, factors: [2, 2] },
  mixtureSynthesizer: { numHeads: 2, valueDim: 2, maxLength: 4, scores: ['random', 'dense'] },
} as const;

const makers: Entry[] = Object.entries(MAKERS).map(([name, config]) => ({
  name,
  args: () => [{ ...config }],
  call: (given: never) => [(tfjs as unknown as Record<string, (c: never) => unknown>)[name]!(given)],
  options: 0,
}));

const NO_MASKS: readonly [string, () => unknown][] = [
  ['an additive mask', () => tf.tensor2d([[0, -1e9, 0]])],
  ['an additive mask of integers', () => tf.tensor2d([[0, -10000, 0]], undefined, 'int32')],
  ['a half', () => tf.tensor2d([[1, 0.5, 1]])],
  ['NaN', () => tf.tensor2d([[1, Number.NaN, 1]])],
  ['nested numbers', () => [[0, -1e9, 0]]],
  ['a ragged array', () => [[1, 0], [1]]],
  ['words', () => [['a', 'b', 'c']]],
  ['complex numbers', () => tf.complex([[1, 1, 1]], [[0, 0, 0]])],
  ['a number', () => 5],
  ['an object', () => ({})],
  [
    'a disposed tensor',
    () => {
      const mask = tf.ones([1, 3]);
      mask.dispose();
      return mask;
    },
  ],
];

describe('layers that learn', () => {
  it.each([
    ['functions', FUNCTIONS],
    ['makers', makers],
  ])('%s answer bad values with errors of the package', async (_what, entries) => {
    expect(await violations(entries)).toEqual([]);
  });

  it.each([[{}], [null], [undefined], [{ layers: [] }], ['model']])('inferenceLayers refuses %j', (model) => {
    expect(() => tfjs.inferenceLayers(model as never)).toThrow(ArgumentError);
  });

  it.each(NO_MASKS)('masks are zeros and ones, not %s', (_what, make) => {
    const layer = trainable();
    for (const name of ['queryMask', 'valueMask', 'keyMask', 'attentionMask']) {
      const act = () => layer.apply(tf.ones([1, 3, FEATURES]), { [name]: make() } as never);
      expect(act).toThrow(SyntheticAttentionError);
      expect(act).toThrow(new RegExp(name));
    }
  });

  it('an additive mask is told where to go', () => {
    const act = () => trainable().apply(tf.ones([1, 3, FEATURES]), { valueMask: [[0, -1e9, 0]] });
    expect(act).toThrow(/numbers 0 and 1.*masksFromTorch/);
  });
});
