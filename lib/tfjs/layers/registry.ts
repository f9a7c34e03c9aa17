/** Trainable layers by their names and by those of the inference layers that they are. */
import { ArgumentError, describe, expectation } from '../../errors.js';
import { tf } from '../tensorflow.js';
import type { TrainableLayer } from './trainable_layer.js';

export interface TrainableClass {
  /** As stored models know it. */
  readonly className: string;
  new (config: never): TrainableLayer;
}

const classes = new Map<string, TrainableClass>();

/** @param inference the class name of the inference layer */
export function registerTrainable(layer: TrainableClass, inference: string): void {
  tf.serialization.registerClass(
    layer as unknown as tf.serialization.SerializableConstructor<TrainableLayer>,
  );
  classes.set(inference, layer);
  classes.set(layer.className, layer);
}

/** @throws ArgumentError if there is no such layer */
export function trainableClass(subject: string, className: unknown): TrainableClass {
  const found = typeof className === 'string' ? classes.get(className) : undefined;
  if (found === undefined) {
    throw new ArgumentError(
      expectation(subject, `one of ${[...classes.keys()].join(', ')}`, describe(className)),
    );
  }
  return found;
}
