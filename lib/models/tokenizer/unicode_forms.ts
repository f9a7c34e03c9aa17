/**
 * Unicode's normalization forms in linear time. `String.prototype.normalize` sorts a run of combining marks by
 * insertion, in the square of its length, so here it only sees texts without long runs.
 */
import { type Form, MarkRun } from './mark_run.js';
import { characterBefore, type MakeTextStage, type TextStage, throughStage } from './stage.js';
import { SteppedStage } from './stepped_stage.js';
import type { WorkMeter } from './steps.js';

/**
 * Characters that may change what comes before them, or change places with it, in one of the forms: marks, vowels and
 * final consonants of Hangul, and characters that decompose to such. Before all others a text may be cut.
 */
export const DEPENDENT =
  '\\p{M}\\u0e33\\u0eb3\\u1160-\\u11ff\\u3130-\\u318f\\uff9e-\\uffdc\\u{16d67}\\u{16d68}';

/** Code units: such a run is not given to `normalize`. */
const LONG_RUN = 64;

const RUN = new RegExp(`[${DEPENDENT}]+`, 'gu');
const INDEPENDENT = new RegExp(`[^${DEPENDENT}]`, 'u');

/** `normalize`, in linear time. */
export function normalizeForm(text: string, form: Form, meter: WorkMeter): string {
  // The square of a short length is small.
  if (text.length <= 4 * LONG_RUN || findLongRun(text).begin === undefined) return text.normalize(form);
  return throughStage(new FormStage(form, meter), text);
}

export function formStage(form: Form): MakeTextStage {
  return (meter) => new FormStage(form, meter);
}

/**
 * @returns begin: of the first long run; undefined without one
 * @returns last: of the independent character after which there are only dependent ones
 */
function findLongRun(text: string): { begin: number | undefined; last: number } {
  RUN.lastIndex = 0;
  let found = RUN.exec(text);
  let last = text.length;
  for (; found !== null; found = RUN.exec(text)) {
    if (found[0].length >= LONG_RUN) return { begin: found.index, last: 0 };
    if (found.index + found[0].length === text.length) last = found.index;
  }
  return { begin: undefined, last: characterBefore(text, last) };
}

class FormStage extends SteppedStage<string[]> implements TextStage {
  /** At most one independent character, and dependent ones behind it: what follows may change them. */
  private held = '';
  /** The long run that is being read. */
  private run: MarkRun | undefined;

  constructor(
    private readonly form: Form,
    private readonly meter: WorkMeter,
  ) {
    super();
  }

  protected *read(text: string): Generator<void, void, void> {
    let rest = this.held + text;
    this.held = '';
    this.meter.add(rest.length);
    while (rest !== '') {
      if (this.run) {
        const end = rest.search(INDEPENDENT);
        yield* this.readRun(this.run, end < 0 ? rest : rest.slice(0, end));
        if (end < 0) return;
        yield* this.endRun();
        rest = rest.slice(end);
      }
      const { begin, last } = findLongRun(rest);
      const cut = begin === undefined ? last : characterBefore(rest, begin);
      if (cut > 0) this.out!.push(rest.slice(0, cut).normalize(this.form));
      if (begin === undefined) {
        this.held = rest.slice(cut);
        return;
      }
      this.run = new MarkRun(this.form, this.meter);
      yield* this.readRun(this.run, rest.slice(cut, begin));
      rest = rest.slice(begin);
    }
  }

  protected *finish(): Generator<void, void, void> {
    if (this.run) yield* this.endRun();
    if (this.held !== '') this.out!.push(this.held.normalize(this.form));
    this.held = '';
  }

  private *readRun(run: MarkRun, text: string): Generator<void, void, void> {
    for (const made of run.push(text)) yield* this.give(made);
  }

  private *endRun(): Generator<void, void, void> {
    for (const made of this.run?.end() ?? []) yield* this.give(made);
    this.run = undefined;
  }

  /** A run may be as long as the text, so every chunk of it may be the last of a step. */
  private *give(made: string): Generator<void, void, void> {
    this.out!.push(made);
    yield;
  }
}
