/** Regularizers and constraints as TensorFlow.js takes them: objects, names and serialized forms. */
import { ArgumentError, describe, expectation } from '../../errors.js';
import { tf } from '../tensorflow.js';

export type Deserialized = tf.serialization.Serializable;

export interface Serialized {
  className: string;
  config: Record<string, unknown>;
}

/** @param makers the namespace of TensorFlow.js in which they are called by name, such as tf.regularizers */
export function readNamed(
  subject: string,
  makers: Readonly<Record<string, () => Deserialized>>,
  value: unknown,
): Deserialized {
  if (value instanceof tf.serialization.Serializable) return value;
  if (typeof value === 'string' && Object.hasOwn(makers, value)) return makers[value]!();
  const { className, config } = (typeof value === 'object' ? value : {}) as Partial<Serialized>;
  const known = tf.serialization.SerializationMap.getMap().classNameMap;
  const found =
    typeof className === 'string' && Object.hasOwn(known, className) ? known[className] : undefined;
  if (found === undefined) {
    const names = Object.keys(makers).filter((name) => typeof makers[name] === 'function');
    throw new ArgumentError(
      expectation(subject, `an object of TensorFlow.js or one of ${names.join(', ')}`, describe(value)),
    );
  }
  const [ClassOf, fromConfig] = found;
  return fromConfig(ClassOf, (config ?? {}) as tf.serialization.ConfigDict);
}

export function serialized(value: Deserialized): Serialized {
  return { className: value.getClassName(), config: value.getConfig() };
}
