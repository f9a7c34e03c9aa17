/** Errors that begin with the layer's class: "MultiHeadAttention: expected ... but received ...". */
import { SyntheticAttentionError } from '../errors.js';

const SENTENCE = /^(.+?): expected (.+) but received (.+)$/s;

/** The error of a check that names an argument, as the layer's own sentence. */
export function layerError(layer: string, error: unknown): unknown {
  if (!(error instanceof SyntheticAttentionError)) return error;
  const [, subject, expected, received] = SENTENCE.exec(error.message) ?? [];
  if (subject === undefined || subject === layer || subject.startsWith(`${layer}.`)) return error;
  const ErrorClass = error.constructor as new (message: string, options: ErrorOptions) => Error;
  return new ErrorClass(`${layer}: expected ${expected} for ${subject} but received ${received}`, {
    cause: error,
  });
}

/** What `act` gives; its errors begin with the layer's class. */
export function inLayer<T>(layer: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw layerError(layer, error);
  }
}
