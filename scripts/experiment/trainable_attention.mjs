// The package's trainable layers, with their weights as TensorFlow.js variables.
import { fromInference } from '../../dist/tfjs/index.js';

/**
 * @param inference a built inference layer, whose weights it starts from
 * @returns weights {variable, trainable} by name; apply(x [rows, length, features], mask? [rows, length], false for padding)
 */
export function trainableAttention(inference) {
  const layer = fromInference(inference);
  const trained = new Map(inference.weights.map(({ name, trainable }) => [name, trainable]));
  return {
    weights: new Map(
      [...layer.namedVariables].map(([name, variable]) => [
        name,
        { variable: variable.read(), trainable: trained.get(name) },
      ]),
    ),
    apply: (x, mask) => layer.apply(x, mask && { valueMask: mask }),
  };
}
