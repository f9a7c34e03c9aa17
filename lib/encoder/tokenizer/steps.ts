/** Work in steps, by a generator that yields between them. */

/** The result, all steps taken at once. */
export function drain<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
