/** What the work of a tokenizer is bounded by, in the units of WorkMeter. */
import { STEP_WORK } from '../../lib/models/tokenizer/steps.js';

/** For each character once it is decomposed: one such as U+FDFA is worked on as the 18 that it becomes. */
const EACH = 64;
/** For any text: what a look ahead costs, and new states of automatons. */
const ANY = 200_000;

/** Code units up to which a text may be tokenized in one step, however many characters its own decompose to. */
const SHORT = 4 * 1024;

/** Characters once they are decomposed. */
function decomposed(text: string): number {
  let length = 0;
  // A character at a time: JavaScript's own normalization is quadratic in a run of marks.
  for (const character of text) length += Math.max(character.length, character.normalize('NFKD').length);
  return length;
}

export function mostWork(text: string): number {
  return EACH * decomposed(text) + ANY;
}

export function largestStep(text: string): number {
  return text.length > SHORT ? 8 * STEP_WORK : Math.max(8 * STEP_WORK, 12 * decomposed(text));
}
