/** What a normalizer does, and what several of them are made of. */
import { type MakeTextStage, mapping } from './stage.js';
import type { WorkMeter } from './steps.js';

export interface Normalizer {
  /** For short texts, at once. */
  apply(text: string, meter: WorkMeter): string;
  /** The same for long ones, in steps. */
  readonly stages: readonly MakeTextStage[];
}

/** One character at a time, as the reference does it: a final sigma gets no form of its own. */
export function lowerCase(text: string): string {
  return text.replaceAll('Σ', 'σ').toLowerCase();
}

/** A change of every character by itself. */
export function perCharacter(change: (text: string) => string): Normalizer {
  return { apply: change, stages: [mapping(change)] };
}

/** All, one after another. */
export function inSequence(all: readonly Normalizer[]): Normalizer {
  return {
    apply: (text, meter) => all.reduce((out, normalizer) => normalizer.apply(out, meter), text),
    stages: all.flatMap(({ stages }) => stages),
  };
}
