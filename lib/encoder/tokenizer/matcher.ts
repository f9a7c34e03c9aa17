/** Matches of an expression in a text that comes in chunks. */
import { Automaton, type State } from './automaton.js';
import { STEP_WORK, type WorkMeter } from './steps.js';

/**
 * Receives the text in order.
 * @param match whether it belongs to a match or lies between matches
 * @param begins whether the match or the gap begins here, or goes on
 */
export type OnPart = (text: string, match: boolean, begins: boolean) => void;

export interface Matcher {
  push(text: string): void;
  /** The text has ended. @returns whether the end has to be asked for again: there was too much for one step */
  end(): boolean;
}

export type MakeMatcher = (onPart: OnPart, meter: WorkMeter) => Matcher;

/**
 * The automaton of an expression, made for the first long text, which most programs never see.
 * @returns undefined for an expression that only a backtracking machine can run
 */
export function lazyAutomaton(expression: RegExp): () => Automaton | undefined {
  let automaton: Automaton | undefined | null = null;
  return () => {
    if (automaton === null) automaton = Automaton.of(expression);
    return automaton;
  };
}

/** @param expression with the flag g; empty matches are not reported */
export function matching(expression: RegExp): MakeMatcher {
  const automatonOf = lazyAutomaton(expression);
  return (onPart, meter) => {
    const automaton = automatonOf();
    return automaton
      ? new AutomatonMatcher(automaton, onPart, meter)
      : new WholeMatcher(expression, onPart, meter);
  };
}

export class AutomatonMatcher implements Matcher {
  /** What is not reported, and what the attempt has read. */
  private text = '';
  /** Everything before is reported. */
  private done = 0;
  /** Where the attempt began, and what it reads next. */
  private begin = 0;
  private at = 0;
  private state: State;
  /** Whether the attempt has found a match, and where that ends at least. */
  private found = false;
  private matched = 0;
  /** Whether a part of that match is reported already. */
  private open = false;
  private afterGap = false;

  constructor(
    private readonly automaton: Automaton,
    private readonly onPart: OnPart,
    private readonly meter: WorkMeter,
  ) {
    this.state = automaton.initial;
  }

  push(text: string): void {
    this.text = this.done < this.text.length ? this.text.slice(this.done) + text : text;
    this.begin -= this.done;
    this.at -= this.done;
    this.matched -= this.done;
    this.done = 0;
    this.read();
    if (!this.open) this.reportGap(this.begin);
    if (this.found) this.reportMatch();
  }

  end(): boolean {
    this.read();
    while (this.done < this.text.length) {
      // The end of the text may be what a match ends before; what was read beyond a match is read again.
      if (this.at < this.text.length) this.read();
      else this.finishAttempt(this.automaton.step(this.state, undefined).matches);
    }
    return false;
  }

  /** All characters of the text. */
  private read(): void {
    const { automaton, text } = this;
    let work = 0;
    while (this.at < text.length) {
      const point = text.codePointAt(this.at)!;
      const step = automaton.step(this.state, point);
      work++;
      if (step.dead) {
        this.finishAttempt(step.matches);
        continue;
      }
      if (step.matches && this.at > this.begin) this.find();
      this.at += point > 0xffff ? 2 : 1;
      this.state = step.state;
    }
    this.meter.add(work);
  }

  private find(): void {
    this.found = true;
    this.matched = this.at;
  }

  private finishAttempt(matches: boolean): void {
    if (matches && this.at > this.begin) this.find();
    if (this.found) {
      if (!this.open) this.reportGap(this.begin);
      this.reportMatch();
      this.begin = this.matched;
      this.found = false;
      this.open = false;
    } else {
      // The character is the first of no match.
      const point = this.text.codePointAt(this.begin);
      this.begin = point === undefined ? this.text.length : this.begin + (point > 0xffff ? 2 : 1);
      if (this.begin >= this.text.length) this.reportGap(this.begin);
    }
    this.at = this.begin;
    this.state = this.automaton.initial;
  }

  private reportGap(end: number): void {
    if (end <= this.done) return;
    this.onPart(this.text.slice(this.done, end), false, !this.afterGap);
    this.afterGap = true;
    this.done = end;
  }

  private reportMatch(): void {
    if (this.matched <= this.done) return;
    this.onPart(this.text.slice(this.done, this.matched), true, !this.open);
    this.open = true;
    this.afterGap = false;
    this.done = this.matched;
  }
}

/** For expressions that no automaton runs: the whole text is needed before the first match is looked for. */
class WholeMatcher implements Matcher {
  private readonly chunks: string[] = [];
  private text: string | undefined;
  private done = 0;
  private at = 0;
  /** Its own, for the place that it keeps. */
  private readonly expression: RegExp;

  constructor(
    expression: RegExp,
    private readonly onPart: OnPart,
    private readonly meter: WorkMeter,
  ) {
    this.expression = new RegExp(expression);
  }

  push(text: string): void {
    this.meter.add(text.length);
    this.chunks.push(text);
  }

  end(): boolean {
    this.text ??= this.chunks.join('');
    const { text } = this;
    const { expression } = this;
    for (const stop = this.at + STEP_WORK; this.at < stop; ) {
      expression.lastIndex = this.at;
      const found = expression.exec(text);
      if (found === null) break;
      const end = found.index + found[0].length;
      this.meter.add(end - this.at);
      if (found[0] === '') this.at = end + (text.codePointAt(end)! > 0xffff ? 2 : 1);
      else {
        if (found.index > this.done) this.onPart(text.slice(this.done, found.index), false, true);
        this.onPart(found[0], true, true);
        this.at = end;
        this.done = end;
      }
      if (this.at >= stop) return true;
    }
    this.meter.add(text.length - this.at);
    if (this.done < text.length) this.onPart(text.slice(this.done), false, true);
    return false;
  }
}
