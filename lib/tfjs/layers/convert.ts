/** Weights and configs between trainable layers and inference layers, without loss. */
import { ArgumentError, describe, expectation } from '../../errors.js';
import type { Layer } from '../../layers/layer.js';
import type { MixtureAttention } from '../../layers/mixture_attention.js';
import { Tensor } from '../../tensor/tensor.js';
import { tf, type tfl } from '../tensorflow.js';
import { DenseSynthesizer } from './dense_synthesizer.js';
import { FactorizedDenseSynthesizer } from './factorized_dense_synthesizer.js';
import { FactorizedRandomSynthesizer } from './factorized_random_synthesizer.js';
import { MixtureSynthesizer } from './mixture_synthesizer.js';
import { MultiHeadAttention } from './multi_head_attention.js';
import { RandomSynthesizer } from './random_synthesizer.js';
import { TrainableAttention } from './trainable_attention.js';

/** By the class names of the inference layers. */
const TRAINABLE = {
  MultiHeadAttention,
  RandomSynthesizer,
  FactorizedRandomSynthesizer,
  DenseSynthesizer,
  FactorizedDenseSynthesizer,
  MixtureSynthesizer,
} as const;

/** A layer's weights as tensors of their own, by the inference layer's names. */
export function weightsOf(layer: TrainableAttention): Record<string, Tensor> {
  return Object.fromEntries(
    [...layer.namedVariables].map(([name, variable]) => {
      const value = variable.read();
      return [name, new Tensor(Float32Array.from(value.dataSync()), value.shape)];
    }),
  );
}

/** @throws ArgumentError if the layer is not one of this package's, or has no weights yet */
export function toInference(layer: TrainableAttention): MixtureAttention {
  if (!(layer instanceof TrainableAttention)) {
    throw new ArgumentError(expectation('layer', 'a trainable attention layer', describe(layer)));
  }
  if (layer.buildShapes === undefined) {
    throw new ArgumentError(expectation(layer.name, 'a built layer', 'one without weights'));
  }
  const result = new layer.inferenceLayer({ ...layer.options, name: layer.name } as never);
  const weights = weightsOf(layer);
  result.buildFrom(layer.buildShapes, ({ name }) => weights[name]!);
  return result;
}

/**
 * The trainable layer, built, that an inference layer is.
 * @throws ArgumentError for layers that have no trainable form, or no weights yet
 */
export function fromInference(layer: Layer): TrainableAttention {
  const className = (layer as Layer | undefined)?.className;
  if (className === undefined || !Object.hasOwn(TRAINABLE, className)) {
    const names = Object.keys(TRAINABLE).join(', ');
    throw new ArgumentError(expectation('layer', `one of ${names}`, className ?? describe(layer)));
  }
  const shapes = layer.getBuildConfig();
  if (shapes === undefined) {
    throw new ArgumentError(expectation(layer.name, 'a built layer', 'one without weights'));
  }
  const TrainableClass = TRAINABLE[className as keyof typeof TRAINABLE] as unknown as new (
    config: object,
  ) => TrainableAttention;
  const result = new TrainableClass(layer.getConfig());
  const { queryShape, valueShape, keyShape } = shapes;
  result.build([queryShape, valueShape, keyShape] as tfl.Shape[]);
  for (const { name, tensor } of layer.weights) {
    const value = tf.tensor(tensor.data.slice(), [...tensor.shape]);
    result.namedVariables.get(name)!.write(value);
    value.dispose();
  }
  return result;
}

/** The attention layers of a model as inference layers, by the names that they have in it. */
export function attentionLayers(model: tfl.LayersModel): Record<string, MixtureAttention> {
  const own = model.layers.filter((layer) => layer instanceof TrainableAttention);
  return Object.fromEntries(own.map((layer) => [layer.name, toInference(layer)]));
}
