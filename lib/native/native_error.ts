/** Errors of the addon as errors of this package. */
import { ArgumentError, MemoryError } from '../errors.js';

/** The error itself unless the addon threw it (its code is ERR_NATIVE). */
export function typedError(error: unknown): unknown {
  const { code, reason, message } = (error ?? {}) as { code?: unknown; reason?: unknown; message?: unknown };
  if (code !== 'ERR_NATIVE') return error;
  return new (reason === 'memory' ? MemoryError : ArgumentError)(String(message), { cause: error });
}
