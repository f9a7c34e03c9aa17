/** What blocks are made of beside attention: fused on the backend 'synthetic', plain operations elsewhere. */
import type { FeedForwardActivation } from '../../layers/transformer_block.js';
import { tf } from '../tensorflow.js';
import { hasRowKernels, runRowKernel } from './fused/row_kernels.js';

/** (x - mean) / sqrt(variance + epsilon) * gamma + beta, over the last axis. */
export function layerNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): tf.Tensor {
  if (!hasRowKernels(x)) {
    const { mean, variance } = tf.moments(x, -1, true);
    const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)));
    return tf.add(tf.mul(normal, gamma), beta);
  }
  const fused = tf.customGrad((...given) => {
    const [input, scale, shift, save] = given as unknown as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.GradSaveFunc,
    ];
    const [value] = runRowKernel('SyntheticLayerNorm', { x: input, gamma: scale, beta: shift }, { epsilon });
    save([input, scale]);
    return {
      value: value!,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        runRowKernel('SyntheticLayerNormGradient', { x: saved[0]!, gamma: saved[1]!, dy }, { epsilon }),
    };
  });
  return fused(x, gamma, beta);
}

function gelu(x: tf.Tensor, tanh: boolean): tf.Tensor {
  if (!hasRowKernels(x)) {
    const inner = tanh
      ? tf.tanh(tf.mul(tf.add(x, tf.mul(tf.pow(x, 3), 0.044715)), Math.sqrt(2 / Math.PI)))
      : tf.erf(tf.mul(x, Math.SQRT1_2));
    return tf.mul(tf.mul(x, 0.5), tf.add(inner, 1));
  }
  const fused = tf.customGrad((...given) => {
    const [input, save] = given as unknown as [tf.Tensor, tf.GradSaveFunc];
    const [value] = runRowKernel('SyntheticGelu', { x: input }, { tanh });
    save([input]);
    return {
      value: value!,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        runRowKernel('SyntheticGeluGradient', { x: saved[0]!, dy }, { tanh }),
    };
  });
  return fused(x);
}

export function activate(name: FeedForwardActivation, x: tf.Tensor): tf.Tensor {
  return name === 'relu' ? tf.relu(x) : gelu(x, name === 'geluTanh');
}
