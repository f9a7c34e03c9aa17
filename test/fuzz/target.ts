/**
 * What a fuzzing target is. To add one: write test/fuzz/targets/<name>.ts that exports a `Target`, and add it to
 * test/fuzz/targets/index.ts. `npm run fuzz -- --target <name> --minutes 1` runs it, and the short run of `npm test`
 * (`npm run test:fuzz`) includes it from then on.
 *
 * `generate` turns random choices into an input: plain JSON that says all there is to say about one case. Large data
 * is described by a seed (`random.seed()`), not written out, because the input is logged before it runs. `run`
 * performs it. An input is replayed from its JSON alone, so `run` may use no other source of randomness, and a case
 * must not depend on the cases before it.
 *
 * What `run` does decides the outcome:
 *   - returns: the input was accepted, and everything that `run` checked about the result holds;
 *   - throws an error class of lib/errors.ts: the input was refused, which is as good;
 *   - throws a `WrongResult` (use `expectThat`): a finding of kind "wrong";
 *   - throws anything else, leaves a rejection unhandled or emits a process warning: a finding of kind "untyped";
 *   - ends the process, or a sanitizer reports: a finding of kind "crash";
 *   - takes longer than the time limit for one input: a finding of kind "hang".
 */
import { SyntheticAttentionError } from '../../lib/errors.js';
import type { Random } from './random.js';

export interface Target<Input = unknown> {
  readonly name: string;
  /** Called once a process, before the first input. */
  prepare?(): Promise<void>;
  generate(random: Random): Input;
  run(input: Input): Promise<void>;
  /** Called once a process, after the last input. */
  close?(): Promise<void>;
}

/** A result that breaks what the package promises. */
export class WrongResult extends Error {}

export function expectThat(holds: boolean, sentence: string): void {
  if (!holds) throw new WrongResult(sentence);
}

/**
 * Whether the package refuses with this error on purpose. Native code reports bad arguments as plain errors; layers
 * above must find them first, so only a failed allocation counts among those.
 */
export function isTyped(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (code === 'ERR_NATIVE') return /out of memory|memory .*(from|by) the system/.test(String(message));
  return error instanceof SyntheticAttentionError;
}

/** The result of `work`, or its typed error; rethrows every other error. */
export async function outcome<T>(
  work: () => T | Promise<T>,
): Promise<{ value: T; error?: undefined } | { value?: undefined; error: Error }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!isTyped(error)) throw error;
    return { error: error as Error };
  }
}
