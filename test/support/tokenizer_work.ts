/** What the work of a tokenizer is bounded by, in the units of WorkMeter. */
import { STEP_WORK } from '../../lib/encoder/tokenizer/steps.js';

/** For each code unit of a text. Characters that become many, such as U+FDFA under NFKC, need the most. */
const EACH = 150;
/** For any text: what a look ahead costs, and new states of automatons. */
const ANY = 200_000;

export function mostWork(length: number): number {
  return EACH * length + ANY;
}

export const LARGEST_STEP = 16 * STEP_WORK;
