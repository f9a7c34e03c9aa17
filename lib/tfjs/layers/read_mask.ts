/** Masks of calls, as tensors or nested arrays, checked as the inference layers check theirs. */
import { ArgumentError, describe, expectation } from '../../errors.js';
import { checkMask, type Mask } from '../../tensor/tensor.js';
import { tf } from '../tensorflow.js';

/** 1 or true: attend; 0 or false: do not. Nested arrays are taken too. */
export type MaskInput = tf.Tensor | tf.TensorLike;

const EXPECTED = 'a tensor of 0 and 1, or nested booleans or numbers, where 1 attends';

function tensorOf(name: string, value: MaskInput): tf.Tensor {
  if (value instanceof tf.Tensor) return value;
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) {
    throw new ArgumentError(expectation(name, EXPECTED, describe(value)));
  }
  try {
    return tf.tensor(value as tf.TensorLike);
  } catch (cause) {
    throw new ArgumentError(expectation(name, EXPECTED, describe(value)), { cause });
  }
}

/** @throws ArgumentError for anything but zeros and ones, such as an additive mask */
export function readMask(name: string, value: MaskInput): Mask {
  const tensor = tensorOf(name, value);
  if (tensor.isDisposed) throw new ArgumentError(expectation(name, EXPECTED, 'a disposed tensor'));
  if (!['bool', 'float32', 'int32'].includes(tensor.dtype)) {
    throw new ArgumentError(expectation(name, EXPECTED, `a tensor of ${tensor.dtype}`));
  }
  const data = tensor.dataSync();
  const { shape } = tensor;
  if (data instanceof Uint8Array) return { data, shape };
  return checkMask(name, { data: data instanceof Float32Array ? data : Float32Array.from(data), shape });
}
