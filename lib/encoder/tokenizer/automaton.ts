/**
 * A deterministic machine for an expression, made while it runs. It finds the match that a backtracking one would
 * find, reads every character once for each attempt, and can rest between any two characters.
 */
import { compileProgram, type Program } from './automaton_parser.js';

/** More states than this are not kept: they are made again as they are needed. */
const MOST_STATES = 1000;

/** The class of characters that stands for the end of the text. */
const END = 0;
const BMP = 0x10000;

/** A state of an attempt: opaque, and valid for as long as it is held. */
export interface State {
  /** Instructions in the order of preference; with none, no match can come any more. */
  readonly threads: readonly number[];
  /** By class of character. */
  readonly steps: (Step | undefined)[];
}

export interface Step {
  readonly state: State;
  readonly dead: boolean;
  /** Whether a match ends before the character. */
  readonly matches: boolean;
}

export class Automaton {
  /** Classes of characters by code point; characters of one class are in the same sets. */
  private readonly classes = new Uint8Array(BMP);
  private readonly astral = new Map<number, number>();
  private readonly classBySets = new Map<string, number>();
  /** For every class, whether its characters are in each set; the end is in none. */
  private readonly members: boolean[][] = [[]];
  private readonly states = new Map<string, State>();
  /** Where every attempt begins. */
  readonly initial: State = { threads: [0], steps: [] };

  private constructor(private readonly program: Program) {}

  /** undefined for an expression that only a backtracking machine can run. */
  static of(expression: RegExp): Automaton | undefined {
    const program = compileProgram(expression);
    return program && new Automaton(program);
  }

  /** @param point undefined for the end of the text */
  step(state: State, point: number | undefined): Step {
    const of = point === undefined ? END : this.classOf(point);
    return state.steps[of] ?? this.makeStep(state, of);
  }

  private classOf(point: number): number {
    const known = point < BMP ? this.classes[point]! : (this.astral.get(point) ?? 0);
    return known === 0 ? this.makeClass(point) : known;
  }

  private makeClass(point: number): number {
    const character = String.fromCodePoint(point);
    const members = this.program.sets.map((set) => set.test(character));
    const key = members.map(Number).join('');
    let found = this.classBySets.get(key);
    if (found === undefined) {
      found = this.members.push(members) - 1;
      this.classBySets.set(key, found);
    }
    // Beyond 255 classes, characters are classified anew each time.
    if (point >= BMP) this.astral.set(point, found);
    else if (found < 256) this.classes[point] = found;
    return found;
  }

  private makeStep(state: State, of: number): Step {
    const { next, matches } = this.follow(state.threads, of);
    const step: Step = { state: this.intern(next), dead: next.length === 0, matches };
    while (state.steps.length <= of) state.steps.push(undefined);
    state.steps[of] = step;
    return step;
  }

  /** Threads in their order of preference after the character; those behind a match do not count. */
  private follow(threads: readonly number[], of: number): { next: number[]; matches: boolean } {
    const { instructions } = this.program;
    const members = this.members[of]!;
    const seen = new Set<number>();
    const next: number[] = [];
    const stack = [...threads].reverse();
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const instruction = instructions[at]!;
      if (instruction.kind === 'match') return { next, matches: true };
      if (instruction.kind === 'jump') stack.push(instruction.target);
      else if (instruction.kind === 'split') stack.push(instruction.other, instruction.preferred);
      else {
        const member = members[instruction.set] ?? false;
        if (instruction.kind === 'character') {
          if (member && !next.includes(at + 1)) next.push(at + 1);
        } else if (member !== instruction.negative) stack.push(at + 1);
      }
    }
    return { next, matches: false };
  }

  private intern(threads: readonly number[]): State {
    const key = threads.join();
    let state = this.states.get(key);
    if (state === undefined) {
      if (this.states.size >= MOST_STATES) this.forget();
      state = { threads, steps: [] };
      this.states.set(key, state);
    }
    return state;
  }

  /** Attempts that are under way keep their states. */
  private forget(): void {
    this.states.clear();
    this.initial.steps.length = 0;
  }
}
