/** Work in steps, by a generator that yields between them. */

/**
 * Counts the work of a tokenization in characters: every stage adds those that it reads, once for each time that it
 * reads them, and every lookup the length of its key. Counts do not depend on the machine, so tests can bound them.
 */
export class WorkMeter {
  /** Completed steps. */
  steps = 0;
  /** Work of the whole tokenization. */
  total = 0;
  /** Work of the largest step. */
  largest = 0;
  /** Work since the last step ended. */
  current = 0;

  add(work: number): void {
    this.current += work;
  }

  /** Whether the step has done enough work; then it counts as ended: `if (meter.pauses) yield;` */
  get pauses(): boolean {
    if (this.current < STEP_WORK) return false;
    this.endStep();
    return true;
  }

  /** A step ends, by a yield or a return. */
  endStep(): void {
    this.steps++;
    this.total += this.current;
    if (this.current > this.largest) this.largest = this.current;
    this.current = 0;
  }
}

/** Work after which a step ends: less than a millisecond. A stage reads at most a few pieces more before it looks. */
export const STEP_WORK = 8192;

/**
 * Numbers that are copied, or set by the system before their first use, in the time of one unit of work. Whoever copies
 * or allocates what grows with the text adds its length divided by this.
 */
export const COPIED = 16;

/** The result, all steps taken at once. */
export function drain<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same within a step of another meter, to which the work is added. */
export function drainWithin<T>(meter: WorkMeter, steps: (own: WorkMeter) => Generator<void, T, void>): T {
  const own = new WorkMeter();
  const result = drain(steps(own));
  own.endStep();
  meter.add(own.total);
  return result;
}
