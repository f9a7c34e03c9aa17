import type { FormatError } from '../../../lib/errors.js';

type ErrorClass<T> = new (message: string) => T;

/** The message of the error of class `type` that `run` throws or rejects with; anything else fails the test. */
export async function messageOf<T extends Error = FormatError>(
  type: ErrorClass<T>,
  run: () => unknown,
): Promise<string> {
  let value: unknown;
  try {
    value = await run();
  } catch (error) {
    if (error instanceof type) return error.message;
    throw error;
  }
  throw new Error(`expected ${type.name} but received ${String(value)}`);
}

/** The one sentence of every error: "X: expected ... but received ...". */
export const ONE_SENTENCE = /^[^\n]+: expected [^\n]+ but received [^\n]+$/;
