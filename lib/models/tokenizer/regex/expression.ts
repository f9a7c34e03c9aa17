/**
 * Regular expressions of files that nobody vouches for. All matches of a text take time linear in its length, whatever
 * the expression is: nothing backtracks. The text may come in chunks, the work in steps.
 */
import { STEP_WORK, WorkMeter } from '../steps.js';
import { Alphabet } from './alphabet.js';
import { Automaton, MATCH } from './automaton.js';
import { Lookbehind } from './lookbehind.js';
import { Lookout } from './lookout.js';
import { parse } from './parse.js';
import { compile, type Program } from './program.js';
import { TextWindow } from './text_window.js';

/**
 * Receives a text in order.
 * @param match whether this is of a match or lies between matches; an empty match has an empty text
 * @param begins whether the match or the gap begins here, or goes on
 */
export type OnPart = (text: string, match: boolean, begins: boolean) => void;

export interface Part {
  text: string;
  match: boolean;
}

export class Expression {
  private readonly program: Program;
  private readonly alphabet: Alphabet;
  private readonly automaton: Automaton;
  private readonly lookbehinds: readonly Lookbehind[];

  /** Throws ExpressionError where the expression cannot be read or has what no automaton can have. */
  constructor(source: string) {
    this.program = compile(parse(source));
    this.alphabet = new Alphabet(this.program.sets);
    this.automaton = new Automaton(this.program, this.alphabet);
    this.lookbehinds = this.program.conditions.map((routine) => new Lookbehind(routine, this.alphabet));
  }

  /** The matches of a text and what is between them, at once. */
  parts(text: string): Part[] {
    const all: Part[] = [];
    const matcher = this.matcher((part, match, begins) => {
      if (begins) all.push({ text: part, match });
      else all.at(-1)!.text += part;
    }, new WorkMeter());
    matcher.push(text);
    while (matcher.end());
    return all;
  }

  matcher(onPart: OnPart, meter: WorkMeter): Matcher {
    return new Matcher(this.program, this.alphabet, this.automaton, this.lookbehinds, onPart, meter);
  }
}

/** Finds the matches of a text that comes in chunks. */
class Matcher {
  private readonly text = new TextWindow();
  private readonly lookout: Lookout;
  private readonly steps: Generator<boolean, void, void>;
  /** What is before is reported. */
  private reported = 0;
  private inGap = false;
  /** Count of the meter at which the step ends. */
  private stop = 0;

  constructor(
    private readonly program: Program,
    alphabet: Alphabet,
    private readonly automaton: Automaton,
    lookbehinds: readonly Lookbehind[],
    private readonly onPart: OnPart,
    private readonly meter: WorkMeter,
  ) {
    this.lookout = new Lookout(lookbehinds, alphabet, automaton, this.text, meter);
    this.steps = this.search();
  }

  /** @param text does not end within a surrogate pair */
  push(text: string): void {
    this.text.push(text);
    this.go();
  }

  /** The text has ended. @returns whether this has to be called again: there was too much for one step */
  end(): boolean {
    this.text.ended = true;
    return !this.go();
  }

  /** Works for a step, or until there is nothing to do. Returns whether all is done. */
  private go(): boolean {
    this.stop = this.meter.current + STEP_WORK;
    for (;;) {
      const step = this.steps.next();
      if (step.done) return true;
      if (step.value || this.meter.current >= this.stop) return false;
    }
  }

  /** Yields where a step may end: true when there is nothing to do before more text comes. */
  private *search(): Generator<boolean, void, void> {
    const { automaton, lookout, text } = this;
    let last = -1;
    for (let begin = 0; ; ) {
      if (begin > lookout.end) {
        if (begin > text.length) break;
        this.reportGap(begin);
        yield* lookout.advance(begin);
      }
      const state = lookout.at(begin);
      if (!state.starts) {
        begin += text.width(begin);
        continue;
      }
      let end = begin;
      let id = automaton.choose(state, this.program.start);
      if (id !== MATCH) this.reportGap(begin);
      let open = false;
      while (id !== MATCH) {
        end += text.width(end);
        if (end > lookout.end) {
          this.report(end, true, !open);
          open = true;
          yield* lookout.advance(end);
        }
        id = automaton.choose(lookout.at(end), id);
      }
      // An empty match right behind another one does not count.
      if (end === begin && begin === last) {
        begin += text.width(begin);
        continue;
      }
      this.reportGap(begin);
      if (!open || end > this.reported) this.report(end, true, !open);
      last = end;
      begin = end;
      if (this.meter.current >= this.stop) yield false;
    }
    this.reportGap(text.length);
  }

  private reportGap(end: number): void {
    if (end > this.reported) this.report(end, false, !this.inGap);
  }

  private report(end: number, match: boolean, begins: boolean): void {
    const from = this.reported;
    this.meter.add(end - from);
    this.reported = end;
    this.inGap = !match;
    this.onPart(this.text.slice(from, end), match, begins);
  }
}
