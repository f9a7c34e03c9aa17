/** For the places of a text, from the first one on, what can be matched from there: states of the automaton. */
import type { WorkMeter } from '../steps.js';
import { type Alphabet, isHigh, isLow, pointOf } from './alphabet.js';
import type { Automaton, State } from './automaton.js';
import { Conditions, type Lookbehind } from './lookbehind.js';
import type { TextWindow } from './text_window.js';

/** Code units that are read at least before it is looked whether a state is known for sure. */
const REACH = 1024;
/** Code units whose states are at hand at once. */
const BLOCK = 2 * REACH;
/** Code units after which a walk may rest, and work of new states after which it rests too. */
const REST = 512;
const REST_WORK = 4096;

interface Checkpoint {
  readonly place: number;
  readonly state: State;
}

/**
 * A state depends on the text behind its place, in the worst case up to the very end. As most expressions look only a
 * few characters ahead, the walk to a place begins not far behind it, with nothing known about the rest of the text,
 * and soon comes to states that do not depend on the rest. Where there is none the distance is doubled, so that the
 * work stays linear. Of a long walk not all states are kept, but checkpoints from which the others are made again.
 */
export class Lookout {
  private begin = 0;
  /** The states from `begin` to `end` are at hand. */
  end = -1;
  private readonly states: State[] = [];
  private readonly conditions: Conditions;
  /** The nearest place is the last one. */
  private readonly checkpoints: Checkpoint[] = [];
  private reach = REACH;
  /** Where the walk is. */
  private place = 0;
  private state!: State;
  /** The first place of the walk whose state is known for sure; -1 before. */
  private exact = -1;

  constructor(
    lookbehinds: readonly Lookbehind[],
    private readonly alphabet: Alphabet,
    private readonly automaton: Automaton,
    private readonly text: TextWindow,
    private readonly meter: WorkMeter,
  ) {
    this.conditions = new Conditions(lookbehinds, alphabet, text, meter);
  }

  at(place: number): State {
    return this.states[place - this.begin]!;
  }

  /**
   * Makes the states of a block from `from` on; earlier text may be forgotten. Yields where a step may end: true when
   * there is nothing to do before more text comes.
   */
  *advance(from: number): Generator<boolean, void, void> {
    const { checkpoints, text } = this;
    while (checkpoints.length > 0 && checkpoints.at(-1)!.place < from) checkpoints.pop();
    const known = checkpoints.at(-1);
    if (known) {
      yield* this.walk(from, known.place, known.state);
      return;
    }
    do {
      while (!text.ended && text.length - from <= this.reach) yield true;
      text.gather(from);
      let to = Math.min(from + this.reach, text.length);
      if (text.width(to - 1) === 2) to++;
      yield* this.conditions.cover(from, to);
      yield* this.walk(from, to, undefined);
      if (this.exact - from < (to - from) / 4) this.reach *= 2;
    } while (this.exact < from);
  }

  /**
   * Goes from `to` back to `from`.
   * @param known the state at `to`, if that is known
   */
  private *walk(from: number, to: number, known: State | undefined): Generator<boolean, void, void> {
    const { checkpoints, meter } = this;
    this.begin = from;
    this.place = to;
    this.state = known ?? this.first(to);
    this.exact = this.state.exact ? to : -1;
    if (to - from <= BLOCK) this.states[to - from] = this.state;
    for (let checkpoint = known ? -1 : to; this.place > from; ) {
      if (this.exact >= 0 && this.place <= checkpoint) {
        checkpoints.push({ place: this.place, state: this.state });
        checkpoint = this.place - REACH;
      }
      const before = this.place;
      this.retreat(Math.max(from, before - REST));
      meter.add(before - this.place);
      yield false;
    }
    this.end = Math.min(this.exact, from + BLOCK);
  }

  private first(place: number): State {
    const conditions = this.conditions.at(place);
    const ends = this.text.ended && place === this.text.length;
    return ends ? this.automaton.atEnd(conditions) : this.automaton.unknown(conditions);
  }

  /** The walk as far as `stop`, or less far where it has to make many states. */
  private retreat(stop: number): void {
    const { alphabet, automaton, begin, conditions, states } = this;
    const { string, origin } = this.text;
    let { place, state, exact } = this;
    const full = this.meter.current + REST_WORK;
    while (place > stop && this.meter.current < full) {
      const unit = string.charCodeAt(--place - origin);
      let kind = alphabet.units[unit]!;
      if (isLow(unit) && place > begin && isHigh(string.charCodeAt(place - 1 - origin))) {
        kind = alphabet.astral(pointOf(string.charCodeAt(--place - origin), unit));
      }
      const holding = conditions.at(place);
      let before = state.before[(kind << 8) | holding];
      if (before === undefined) {
        before = automaton.previous(state, kind, holding);
        state.before[(kind << 8) | holding] = before;
        this.meter.add(automaton.instructions);
      }
      state = before;
      if (exact < 0 && state.exact) exact = place;
      if (place - begin <= BLOCK) states[place - begin] = state;
    }
    this.place = place;
    this.state = state;
    this.exact = exact;
  }
}
