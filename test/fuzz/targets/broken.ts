/** A target with one fault of each kind, by which test/fuzz/fuzz.test.ts proves that the runner sees them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ArgumentError } from '../../../lib/errors.js';
import type { Random } from '../random.js';
import { expectThat, type Target } from '../target.js';

const FAULTS = ['none', 'refused', 'untyped', 'unhandled', 'warning', 'wrong', 'crash', 'hang'] as const;

interface Input {
  fault: (typeof FAULTS)[number];
}

let next = 0;

export const broken: Target<Input> = {
  name: 'broken',
  generate: (random: Random) => ({ fault: FAULTS[random.integer(0, 1e6) % FAULTS.length]! }),
  async run({ fault }) {
    next++;
    if (fault === 'refused') throw new ArgumentError('broken: expected nothing but received an input');
    if (fault === 'untyped') (undefined as unknown as { length: number }).length;
    if (fault === 'unhandled') void Promise.reject(new Error(`number ${next} is nobody's`));
    if (fault === 'warning') process.emitWarning('too many of something');
    if (fault === 'wrong') expectThat(next < 0, `result ${next} is wrong`);
    if (fault === 'crash') process.abort();
    if (fault === 'hang') for (;;);
    await sleep(0);
  },
};
