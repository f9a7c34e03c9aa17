/** Texts that are short enough for every stage to work through them at once. */
import type { TokenizerParts } from './parts.js';
import type { WorkMeter } from './steps.js';

/** Code units: longer words are worked on in parts. */
export const LONG_WORD = 1024;

type Steps = Generator<void, void, void>;

/**
 * Text between two tokens that are found in the text as it is.
 * @param first whether it is the beginning of the whole input
 * @param ids are appended to
 * @param full ids after which nothing more is needed
 */
export function* shortText(
  parts: TokenizerParts,
  text: string,
  first: boolean,
  ids: number[],
  full: number,
  meter: WorkMeter,
): Steps {
  const { normalizer, normalized } = parts;
  meter.add(text.length * (normalizer === undefined ? 1 : 1 + normalizer.stages.length));
  const changed = normalizer === undefined ? text : normalizer.apply(text, meter);
  for (const { id, text: section, begin } of normalized.split(changed)) {
    if (ids.length >= full) return;
    if (id !== undefined) ids.push(id);
    else if (section !== '') yield* shortSection(parts, section, first && begin === 0, ids, full, meter);
  }
}

/** Normalized text between two tokens. */
export function* shortSection(
  { preTokenizer, model }: TokenizerParts,
  text: string,
  first: boolean,
  ids: number[],
  full: number,
  meter: WorkMeter,
): Steps {
  meter.add(text.length);
  for (const word of preTokenizer.apply(text, first)) {
    if (ids.length >= full) return;
    if (word.length > LONG_WORD) {
      const long = model.long(meter);
      yield* long.push(word, ids);
      yield* long.end(ids);
    } else for (const id of model.encode(word, meter)) ids.push(id);
    if (meter.pauses) yield;
  }
}
