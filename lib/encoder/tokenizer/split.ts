/** How a text falls into words at the matches of an expression. */
import { Expression } from './regex/expression.js';

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

/** @param expression with the flag g, if it is a RegExp */
export function split(
  text: string,
  expression: RegExp | Expression,
  behavior: SplitBehavior,
  invert = false,
): string[] {
  const words: string[] = [];
  let previous: boolean | undefined;
  const all =
    expression instanceof Expression
      ? expression.parts(text).map((part) => ({ text: part.text, match: part.match !== invert }))
      : parts(text, expression, invert);
  for (const { text: part, match } of all) {
    const joins =
      (behavior === 'Contiguous' && previous === match) ||
      (behavior === 'MergedWithPrevious' && match && previous === false) ||
      (behavior === 'MergedWithNext' && !match && previous === true);
    if (joins) words[words.length - 1] += part;
    else if (behavior !== 'Removed' || !match) words.push(part);
    previous = match;
  }
  // An empty match takes part in the merging, but is no word.
  return words.filter((word) => word !== '');
}
