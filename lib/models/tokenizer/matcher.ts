/** Matches of this package's own expressions in a text that comes in chunks. */
import { Expression, type OnPart } from './regex/expression.js';
import type { WorkMeter } from './steps.js';

export interface Matcher {
  /** @param text does not end within a surrogate pair */
  push(text: string): void;
  /** The text has ended. @returns whether the end has to be asked for again: there was too much for one step */
  end(): boolean;
}

export type MakeMatcher = (onPart: OnPart, meter: WorkMeter) => Matcher;

/**
 * The automaton of a RegExp is made for the first long text, which most programs never see.
 * @param expression with the flag u or v, in words that Oniguruma shares, but for differences of sets
 */
export function matching(expression: RegExp | Expression): MakeMatcher {
  if (expression instanceof Expression) return (onPart, meter) => expression.matcher(onPart, meter);
  let made: Expression | undefined;
  return (onPart, meter) => {
    // To Oniguruma a difference is an intersection with what is not in the other set.
    made ??= new Expression(expression.source.replaceAll(']--[', ']&&[^'));
    return made.matcher(onPart, meter);
  };
}
