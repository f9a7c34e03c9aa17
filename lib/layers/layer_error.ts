/** Errors that begin with the layer's class: "MultiHeadAttention: expected ... but received ...". */
import { expectation, expectationOf, restated, SyntheticAttentionError } from '../errors.js';

/** The error of a check that names an argument, as the layer's own sentence. */
export function layerError(layer: string, error: unknown): unknown {
  const told = expectationOf(error);
  if (!(error instanceof SyntheticAttentionError) || told === undefined) return error;
  const { subject, expected, received } = told;
  if (subject === layer || subject.startsWith(`${layer}.`)) return error;
  return restated(error, expectation(layer, `${expected} for ${subject}`, received));
}

/** What `act` gives; its errors begin with the layer's class. */
export function inLayer<T>(layer: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw layerError(layer, error);
  }
}
