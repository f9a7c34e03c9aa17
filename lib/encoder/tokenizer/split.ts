/** How a text falls into words at the matches of an expression. */
import type { MakeMatcher } from './matcher.js';
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

interface Part {
  text: string;
  match: boolean;
}

function parts(text: string, expression: RegExp, invert: boolean): Part[] {
  const all: Part[] = [];
  let at = 0;
  for (const found of text.matchAll(expression)) {
    if (found[0] === '') continue;
    if (found.index > at) all.push({ text: text.slice(at, found.index), match: invert });
    all.push({ text: found[0], match: !invert });
    at = found.index + found[0].length;
  }
  if (at < text.length) all.push({ text: text.slice(at), match: invert });
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

/** @param expression with the flag g */
export function split(text: string, expression: RegExp, behavior: SplitBehavior, invert = false): string[] {
  const words: string[] = [];
  let previous: boolean | undefined;
  for (const { text: part, match } of parts(text, expression, invert)) {
    if (joins(behavior, previous, match)) words[words.length - 1] += part;
    else if (behavior !== 'Removed' || !match) words.push(part);
    previous = match;
  }
  return words;
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
  const matcher = makeMatcher((text, matched, begins) => {
    const match = matched !== invert;
    const goesOn = !begins || joins(behavior, previous, match);
    if (begins) removed = behavior === 'Removed' && match;
    if (!removed) out.add(text, goesOn);
    previous = match;
  }, meter);
  return {
    push(text, words) {
      out = words;
      matcher.push(text);
    },
    end(words) {
      out = words;
      return matcher.end();
    },
  };
}
