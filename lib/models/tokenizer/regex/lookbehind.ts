/** Where lookbehinds hold: their bodies are read from left to right along the text, by automatons of their own. */
import { COPIED, type WorkMeter } from '../steps.js';
import { type Alphabet, isHigh, isLow, pointOf } from './alphabet.js';
import type { Instruction, Routine } from './program.js';
import type { TextWindow } from './text_window.js';

/** Places after which the reading may rest. */
const REST = 512;
/** Work of new states after which it rests too. */
const REST_WORK = 4096;

/** The instructions that a text up to some place may have come to. */
interface State {
  readonly active: Uint16Array;
  readonly holds: boolean;
  /** By class of the next character and conditions behind it; undefined for a state that is not remembered. */
  readonly after: Map<number, State> | undefined;
}

/** States in memory. The lookbehinds of models have a few; thousands that are made in vain are a burden to collect. */
const STATES = 512;
/** Steps without a look at remembered states, once those that were made were hardly ever met again. */
const UNREMEMBERED = 128 * STATES;

/**
 * One lookbehind of an expression, for all texts. Its states are made when a text first needs them, and remembered. A
 * text may need a new one at every place: then it is followed by its instructions alone, so that a step costs no more
 * than the instructions that are active.
 */
export class Lookbehind {
  private known = new Map<string, State>();
  /** Steps that found their state since the memory was last emptied. */
  private found = 0;
  /** Steps to take before states are remembered again. */
  private unremembered = 0;
  /** Of every instruction the last closure that came to it. */
  private readonly seen: Int32Array;
  private closure = 0;
  private readonly stack: Uint16Array;
  private readonly active: Uint16Array;
  private readonly bits: Uint8Array;

  constructor(
    private readonly routine: Routine,
    private readonly alphabet: Alphabet,
  ) {
    const { length } = routine.code;
    this.seen = new Int32Array(length);
    // Every instruction is visited once, and pushes at most two.
    this.stack = new Uint16Array(3 * length + 2);
    this.active = new Uint16Array(length);
    this.bits = new Uint8Array((length >> 3) + 2);
  }

  start(conditions: number, meter: WorkMeter): State {
    this.beginClosure();
    return this.close(0, conditions, meter);
  }

  next(state: State, kind: number, conditions: number, meter: WorkMeter): State {
    const key = (kind << 8) | conditions;
    const known = state.after?.get(key);
    if (known) {
      this.found++;
      return known;
    }
    const { code } = this.routine;
    this.beginClosure();
    let top = 0;
    for (const id of state.active) {
      const one = code[id] as Instruction & { kind: 'set' };
      if (this.alphabet.has(one.set, kind)) this.stack[top++] = one.next;
    }
    meter.add(state.active.length);
    const made = this.close(top, conditions, meter);
    if (made.after) state.after?.set(key, made);
    return made;
  }

  private beginClosure(): void {
    if (this.closure === 0x7fffffff) {
      this.seen.fill(0);
      this.closure = 0;
    }
    this.closure++;
  }

  /** The state of the instructions on the stack. A match may begin anywhere. */
  private close(filled: number, conditions: number, meter: WorkMeter): State {
    const { code, start } = this.routine;
    const { seen, stack, active, bits, closure } = this;
    let top = filled;
    let count = 0;
    let visited = 0;
    let holds = false;
    stack[top++] = start;
    bits.fill(0);
    while (top > 0) {
      const id = stack[--top]!;
      if (seen[id] === closure) continue;
      seen[id] = closure;
      visited++;
      const one = code[id]!;
      if (one.kind === 'end') holds = true;
      else if (one.kind === 'set') {
        active[count++] = id;
        bits[id >> 3]! |= 1 << (id & 7);
      } else if (one.kind === 'split') {
        stack[top++] = one.first;
        stack[top++] = one.second;
      } else if (one.kind === 'behind' && ((conditions >> one.condition) & 1) === (one.negative ? 0 : 1)) {
        stack[top++] = one.next;
      }
    }
    meter.add(visited);
    if (this.unremembered > 0) {
      this.unremembered--;
      return { active: active.slice(0, count), holds, after: undefined };
    }
    return this.intern(count, holds, meter);
  }

  private intern(count: number, holds: boolean, meter: WorkMeter): State {
    const { active, bits } = this;
    bits[bits.length - 1] = holds ? 1 : 0;
    meter.add(bits.length);
    const key = Buffer.from(bits.buffer, bits.byteOffset, bits.length).toString('latin1');
    let state = this.known.get(key);
    if (state) {
      this.found++;
      return state;
    }
    state = { active: active.slice(0, count), holds, after: new Map() };
    if (this.known.size >= STATES) {
      if (this.found < STATES) this.unremembered = UNREMEMBERED;
      this.found = 0;
      this.known = new Map();
    }
    this.known.set(key, state);
    return state;
  }
}

/** Conditions of a stretch of one text, as bits of every place; the stretch grows at its end and shrinks at its start. */
export class Conditions {
  private readonly states: State[] = [];
  private bits = new Uint8Array(0);
  /** Bits are those of the places from `begin` to `end`, `end` left out. */
  private begin = 0;
  private end = 0;

  constructor(
    private readonly all: readonly Lookbehind[],
    private readonly alphabet: Alphabet,
    private readonly text: TextWindow,
    private readonly meter: WorkMeter,
  ) {}

  at(place: number): number {
    return this.all.length === 0 ? 0 : this.bits[place - this.begin]!;
  }

  /** Makes the bits from `from` up to and with `to` ready; earlier ones are gone. Yields where a step may end. */
  *cover(from: number, to: number): Generator<boolean, void, void> {
    const { all, meter } = this;
    if (all.length === 0 || to < this.end) return;
    const bits = new Uint8Array(to + 1 - from);
    bits.set(this.bits.subarray(Math.max(from - this.begin, 0), this.end - this.begin));
    meter.add(bits.length / COPIED);
    [this.bits, this.begin] = [bits, from];
    while (this.end <= to) {
      const stop = Math.min(this.end + REST, to + 1);
      const full = meter.current + REST_WORK;
      while (this.end < stop && meter.current < full) {
        meter.add(all.length);
        bits[this.end - from] = this.step(this.end++);
      }
      yield false;
    }
  }

  /** Bits at a place, from the states before the character that ends there. */
  private step(place: number): number {
    const { all, states, meter, text } = this;
    if (place > 0 && text.width(place - 1) === 2) return 0;
    const kind = place > 0 ? this.kindBefore(place) : 0;
    let bits = 0;
    for (let i = 0; i < all.length; i++) {
      const before = states[i];
      const state = before ? all[i]!.next(before, kind, bits, meter) : all[i]!.start(bits, meter);
      states[i] = state;
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
