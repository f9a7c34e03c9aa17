/** Errors of the addon as errors of this package. */
import { ArgumentError, MemoryError } from '../errors.js';

/** The error itself unless the addon threw it (its code is ERR_NATIVE). */
export function typedError(error: unknown): unknown {
  if (!(error instanceof Error) || (error as { code?: unknown }).code !== 'ERR_NATIVE') return error;
  const memory = (error as { reason?: unknown }).reason === 'memory';
  return new (memory ? MemoryError : ArgumentError)(error.message, { cause: error });
}
