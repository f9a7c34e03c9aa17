/**
 * Which instructions lead to a match from a place of the text, as the states of a deterministic automaton that reads
 * the text from right to left. With that known for every place, a match is found from left to right without a wrong
 * turn (Frisch and Cardelli, "Greedy regular expression matching", 2004), and lookaheads are known too. States are
 * made when a text first needs them.
 *
 * A state may be made without the rest of the text: then an instruction may be known to lead to a match, known not to,
 * or be open.
 */
import type { Alphabet } from './alphabet.js';
import type { Program } from './program.js';

/** Bits of an instruction: it can lead to a match for some rest of the text, and for every rest. */
const NO = 0;
const OPEN = 1;
const YES = 3;
/** Indexed by the three above: what "not" makes of each. */
const NOT = [YES, OPEN, NO, NO] as const;

/** States in memory; more begin anew. */
const STATES = 4096;

/** What a step of a match goes on with instead of an instruction. */
export const MATCH = -1;
const UNSEEN = -2;

export interface State {
  readonly values: Uint8Array;
  /** No instruction is open. */
  readonly exact: boolean;
  /** Whether a match begins here; only for exact states. */
  readonly starts: boolean;
  /** The state before a character, by its letter. */
  readonly before: State[];
  /** What follows each instruction on the way to the match; made on first use. */
  choices: Int16Array | undefined;
}

export class Automaton {
  private known = new Map<string, State>();
  /** States of the end of a text, and of a text of which nothing is known, by conditions. */
  private ends: State[] = [];
  private unknowns: State[] = [];
  /** Ids of the epsilon instructions by depth in lookaheads, the deepest first. */
  private readonly order: Int16Array[] = [];

  constructor(
    private readonly program: Program,
    private readonly alphabet: Alphabet,
  ) {
    const { code, depths } = program;
    for (let depth = Math.max(...depths); depth >= 0; depth--) {
      const ids = [...code.keys()].filter((id) => depths[id] === depth && code[id]!.kind !== 'set');
      this.order.push(Int16Array.from(ids));
    }
  }

  /** Instructions, which a new state has to go through. */
  get instructions(): number {
    return this.program.code.length;
  }

  /** @param conditions bits of the lookbehinds that hold at this place */
  atEnd(conditions: number): State {
    this.ends[conditions] ??= this.close(new Uint8Array(this.instructions), conditions);
    return this.ends[conditions];
  }

  /** The state of a place when nothing is known of the text behind it. */
  unknown(conditions: number): State {
    this.unknowns[conditions] ??= this.close(new Uint8Array(this.instructions).fill(OPEN), conditions);
    return this.unknowns[conditions];
  }

  /** The state before a character of class `kind`. */
  previous(state: State, kind: number, conditions: number): State {
    const { code } = this.program;
    const values = new Uint8Array(code.length);
    for (let id = 0; id < code.length; id++) {
      const one = code[id]!;
      if (one.kind === 'set' && this.alphabet.has(one.set, kind)) values[id] = state.values[one.next]!;
    }
    return this.close(values, conditions);
  }

  /** The instruction that follows `id` at `state` after a character is read, or MATCH. */
  choose(state: State, id: number): number {
    state.choices ??= new Int16Array(this.instructions).fill(UNSEEN);
    let next = state.choices[id]!;
    if (next === UNSEEN) {
      next = this.firstWay(state.values, id);
      state.choices[id] = next;
    }
    return next;
  }

  /** Of all ways without a character the first that leads to a match. A round of a loop that reads nothing ends it. */
  private firstWay(values: Uint8Array, start: number): number {
    const seen = new Uint8Array(values.length);
    const stack = [start];
    for (;;) {
      const id = stack.pop();
      if (id === undefined) throw new Error('a state without a way to a match');
      const one = this.program.code[id]!;
      if (values[id] !== YES || seen[id] === 2) continue;
      if (seen[id] === 1) {
        if (one.kind === 'split' && one.exit !== undefined) stack.push(one.exit);
        seen[id] = 2;
        continue;
      }
      seen[id] = 1;
      if (one.kind === 'end') return MATCH;
      if (one.kind === 'set') return one.next;
      if (one.kind === 'split') stack.push(one.second, one.first);
      else stack.push(one.next);
    }
  }

  /** Settles what reads no character, by those that do. */
  private close(values: Uint8Array, conditions: number): State {
    const { code } = this.program;
    for (const ids of this.order) {
      // Values only rise within a depth, so this ends; loops need a few rounds.
      for (let changed = true; changed; ) {
        changed = false;
        for (const id of ids) {
          const value = this.value(code[id]!, values, conditions);
          if (value === values[id]) continue;
          values[id] = value;
          changed = true;
        }
      }
    }
    return this.intern(values);
  }

  private value(one: Program['code'][number], values: Uint8Array, conditions: number): number {
    switch (one.kind) {
      case 'end':
        return YES;
      case 'split':
        return values[one.first]! | values[one.second]!;
      case 'ahead': {
        const body = values[one.body]!;
        return (one.negative ? NOT[body]! : body) & values[one.next]!;
      }
      case 'behind': {
        const holds = ((conditions >> one.condition) & 1) === 1;
        return holds === one.negative ? NO : values[one.next]!;
      }
      case 'set':
        return NO;
    }
  }

  private intern(values: Uint8Array): State {
    const key = Buffer.from(values.buffer, values.byteOffset, values.length).toString('latin1');
    let state = this.known.get(key);
    if (state === undefined) {
      // The states that a search goes on with stay good; they only are no longer found by others.
      if (this.known.size >= STATES) [this.known, this.ends, this.unknowns] = [new Map(), [], []];
      state = {
        values,
        exact: !values.includes(OPEN),
        starts: values[this.program.start] === YES,
        before: [],
        choices: undefined,
      };
      this.known.set(key, state);
    }
    return state;
  }
}
