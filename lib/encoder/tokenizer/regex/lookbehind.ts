/** Where lookbehinds hold: their bodies are read from left to right along the text, by automatons of their own. */
import type { WorkMeter } from '../steps.js';
import { type Alphabet, isHigh, isLow, pointOf } from './alphabet.js';
import type { Program, Routine } from './program.js';
import type { TextWindow } from './text_window.js';

/** The instructions that a text up to some place may have come to. */
/** Places after which the reading may rest. */
const REST = 512;

interface State {
  readonly active: readonly number[];
  readonly holds: boolean;
  /** By class of the next character and conditions behind it. */
  readonly after: State[];
}

/** States in memory; more begin anew. */
const STATES = 4096;

class Lookbehind {
  private known = new Map<string, State>();

  constructor(
    private readonly routine: Routine,
    private readonly alphabet: Alphabet,
  ) {}

  start(conditions: number): State {
    return this.close([], conditions);
  }

  next(state: State, kind: number, conditions: number): State {
    const key = (kind << 8) | conditions;
    const known = state.after[key];
    if (known) return known;
    if (this.known.size >= STATES) this.known = new Map();
    const moved: number[] = [];
    for (const id of state.active) {
      const one = this.routine.code[id]!;
      if (one.kind === 'set' && this.alphabet.has(one.set, kind)) moved.push(one.next);
    }
    const made = this.close(moved, conditions);
    state.after[key] = made;
    return made;
  }

  /** A match may begin anywhere. */
  private close(ids: readonly number[], conditions: number): State {
    const { code, start } = this.routine;
    const seen = new Set<number>();
    const stack = [...ids, start];
    let holds = false;
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      const one = code[id]!;
      if (one.kind === 'end') holds = true;
      else if (one.kind === 'split') stack.push(one.first, one.second);
      else if (one.kind === 'behind' && ((conditions >> one.condition) & 1) === (one.negative ? 0 : 1)) {
        stack.push(one.next);
      }
    }
    const active = [...seen].filter((id) => code[id]!.kind === 'set').sort((a, b) => a - b);
    const key = `${active.join()} ${holds}`;
    let state = this.known.get(key);
    if (state === undefined) {
      state = { active, holds, after: [] };
      this.known.set(key, state);
    }
    return state;
  }
}

/** Conditions of a stretch of one text, as bits of every place; the stretch grows at its end and shrinks at its start. */
export class Conditions {
  private readonly all: readonly Lookbehind[];
  private readonly states: State[] = [];
  private bits = new Uint8Array(0);
  /** Bits are those of the places from `begin` to `end`, `end` left out. */
  private begin = 0;
  private end = 0;

  constructor(
    program: Program,
    private readonly alphabet: Alphabet,
    private readonly text: TextWindow,
    private readonly meter: WorkMeter,
  ) {
    this.all = program.conditions.map((routine) => new Lookbehind(routine, alphabet));
  }

  at(place: number): number {
    return this.all.length === 0 ? 0 : this.bits[place - this.begin]!;
  }

  /** Makes the bits from `from` up to and with `to` ready; earlier ones are gone. Yields where a step may end. */
  *cover(from: number, to: number): Generator<boolean, void, void> {
    if (this.all.length === 0 || to < this.end) return;
    const bits = new Uint8Array(to + 1 - from);
    bits.set(this.bits.subarray(Math.max(from - this.begin, 0), this.end - this.begin));
    [this.bits, this.begin] = [bits, from];
    while (this.end <= to) {
      const stop = Math.min(this.end + REST, to + 1);
      this.meter.add((stop - this.end) * this.all.length);
      while (this.end < stop) bits[this.end - from] = this.step(this.end++);
      yield false;
    }
  }

  /** Bits at a place, from the states before the character that ends there. */
  private step(place: number): number {
    const { text } = this;
    let bits = 0;
    if (place > 0 && text.width(place - 1) === 2) return 0;
    for (const [i, lookbehind] of this.all.entries()) {
      const before = this.states[i];
      const state = before ? lookbehind.next(before, this.kindBefore(place), bits) : lookbehind.start(bits);
      this.states[i] = state;
      if (state.holds) bits |= 1 << i;
    }
    return bits;
  }

  private kindBefore(place: number): number {
    const unit = this.text.unit(place - 1);
    const high = isLow(unit) && place > 1 ? this.text.unit(place - 2) : 0;
    return isHigh(high) ? this.alphabet.astral(pointOf(high, unit)) : this.alphabet.units[unit]!;
  }
}
