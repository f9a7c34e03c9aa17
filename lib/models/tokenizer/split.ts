/** How a text falls into words at the matches of an expression. */
import type { MakeMatcher } from './matcher.js';
import { Expression, type Part } from './regex/expression.js';
import { type WordStage, Words } from './stage.js';
import type { WorkMeter } from './steps.js';

export type SplitBehavior = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';

export const SPLIT_BEHAVIORS: readonly SplitBehavior[] = [
  'Removed',
  'Isolated',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
];

function partsOf(text: string, expression: RegExp): Part[] {
  const all: Part[] = [];
  let at = 0;
  for (const { index, 0: found } of text.matchAll(expression)) {
    if (index > at) all.push({ text: text.slice(at, index), match: false });
    all.push({ text: found, match: true });
    at = index + found.length;
  }
  if (at < text.length) all.push({ text: text.slice(at), match: false });
  return all;
}

/** Whether a part goes on with the word of the part before. */
function joins(behavior: SplitBehavior, previous: boolean | undefined, match: boolean): boolean {
  return (
    (behavior === 'Contiguous' && previous === match) ||
    (behavior === 'MergedWithPrevious' && match && previous === false) ||
    (behavior === 'MergedWithNext' && !match && previous === true)
  );
}

/** @param expression a RegExp has the flag g and no empty matches */
export function split(
  text: string,
  expression: RegExp | Expression,
  behavior: SplitBehavior,
  invert = false,
): string[] {
  const words: string[] = [];
  let previous: boolean | undefined;
  const parts = expression instanceof Expression ? expression.parts(text) : partsOf(text, expression);
  for (const { text: part, match: matched } of parts) {
    const match = matched !== invert;
    if (joins(behavior, previous, match)) words[words.length - 1] += part;
    else if (behavior !== 'Removed' || !match) words.push(part);
    previous = match;
  }
  // An empty match takes part in the merging, but is no word.
  return words.filter((word) => word !== '');
}

/** `split` of a text that comes in chunks. */
export function splitting(
  makeMatcher: MakeMatcher,
  behavior: SplitBehavior,
  invert: boolean,
  meter: WorkMeter,
): WordStage {
  let out = new Words();
  let previous: boolean | undefined;
  let removed = false;
  /** A word has begun of which nothing is said yet. */
  let unsaid = false;
  const matcher = makeMatcher((text, matched, begins) => {
    const match = matched !== invert;
    const goesOn = !begins || joins(behavior, previous, match);
    if (begins) removed = behavior === 'Removed' && match;
    // An empty match takes part in the merging, but is no word.
    if (!goesOn) unsaid = true;
    if (!removed && text !== '') {
      out.add(text, !unsaid);
      unsaid = false;
    }
    previous = match;
  }, meter);
  return {
    push(text, words) {
      out = words;
      matcher.push(text);
      return false;
    },
    end(words) {
      out = words;
      return matcher.end();
    },
  };
}
