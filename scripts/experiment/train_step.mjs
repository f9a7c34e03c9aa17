// One step of training: the loss of a batch, and the weights moved along its gradient.
import { tf } from './tensorflow.mjs';

/** @returns the loss of the step */
export function trainStep(model, adam, batch, step) {
  return tf.tidy(() => {
    const loss = () => tf.losses.sigmoidCrossEntropy(tf.tensor1d(batch.labels), model.logits(batch, step));
    const variables = model.trainable;
    const { value, grads } = tf.variableGrads(loss, variables);
    const gradients = variables.map(({ name }) => ({ name, tensor: grads[name] }));
    // TensorFlow.js passes over a weight that the loss does not depend on: the variant would be another one.
    if (gradients.some(({ tensor }) => !tensor))
      throw new Error('expected a gradient of every trained weight');
    adam.apply(gradients, step);
    return value.dataSync()[0];
  });
}
