/** Weights and configs between trainable layers and inference layers, without loss. */
import { ArgumentError, describe, expectation } from '../../errors.js';
import { Layer } from '../../layers/layer.js';
import { sameShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { tf, tfl } from '../tensorflow.js';
import { trainableClass } from './registry.js';
import { TrainableLayer } from './trainable_layer.js';

/** What `toInference` makes of a layer. */
export type InferenceOf<L extends TrainableLayer> = InstanceType<L['inferenceLayer']>;

/** A layer's weights as tensors of their own, by the inference layer's names. */
function weightsOf(layer: TrainableLayer): Record<string, Tensor> {
  return Object.fromEntries(
    [...layer.namedVariables].map(([name, variable]) => {
      const value = variable.read();
      return [name, new Tensor(Float32Array.from(value.dataSync()), value.shape)];
    }),
  );
}

/**
 * The inference layer that a trainable one is, with copies of its weights.
 * @throws ArgumentError if the layer is not one of this package's, or has no weights yet
 */
export function toInference<L extends TrainableLayer>(layer: L): InferenceOf<L> {
  if (!(layer instanceof TrainableLayer)) {
    throw new ArgumentError(expectation('layer', 'a trainable attention layer', describe(layer)));
  }
  if (layer.buildShapes === undefined) {
    throw new ArgumentError(expectation(layer.name, 'a built layer', 'one without weights'));
  }
  const result = new layer.inferenceLayer({ ...layer.inferenceConfig(), name: layer.name } as never);
  const weights = weightsOf(layer);
  result.buildFrom(layer.buildShapes, ({ name }) => weights[name]!);
  return result as InferenceOf<L>;
}

/**
 * The trainable layer, built, that an inference layer is.
 * @throws ArgumentError for layers that have no trainable form, or no weights yet
 */
export function fromInference(layer: Layer): TrainableLayer {
  const TrainableOf = trainableClass('layer', (layer as Layer | undefined)?.className);
  if (!(layer instanceof Layer)) {
    throw new ArgumentError(expectation('layer', 'an inference layer', describe(layer)));
  }
  const shapes = layer.getBuildConfig();
  if (shapes === undefined) {
    throw new ArgumentError(expectation(layer.name, 'a built layer', 'one without weights'));
  }
  const result = new TrainableOf(layer.getConfig() as never);
  // As few inputs as say the same: value and key default to what stands before them.
  const inputs = [shapes.queryShape, shapes.valueShape, shapes.keyShape];
  while (inputs.length > 1 && sameShape(inputs.at(-1)!, inputs.at(-2)!)) inputs.pop();
  result.build(inputs as tfl.Shape[]);
  for (const { name, tensor } of layer.weights) {
    const value = tf.tensor(tensor.data.slice(), [...tensor.shape]);
    result.namedVariables.get(name)!.write(value);
    value.dispose();
  }
  return result;
}

/**
 * This package's layers of a model as inference layers, by the names that they have in it.
 * @throws ArgumentError for anything but a model of tfjs-layers, and if one of its layers has no weights yet
 */
export function inferenceLayers(model: tfl.LayersModel): Record<string, Layer> {
  if (!(model instanceof tfl.LayersModel)) {
    throw new ArgumentError(expectation('model', 'a model of tfjs-layers', describe(model)));
  }
  const own = model.layers.filter((layer) => layer instanceof TrainableLayer);
  return Object.fromEntries(own.map((layer) => [layer.name, toInference(layer)]));
}
