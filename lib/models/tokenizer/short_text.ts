/** Texts that are short enough for every stage to work through them at once. */
import type { IntegerSink } from './integer_list.js';
import type { TokenizerParts } from './parts.js';
import type { WorkMeter } from './steps.js';

/** What has been found, and what is still needed. */
export interface Target {
  /** Are appended to. */
  readonly ids: IntegerSink;
  /** Ids after which nothing more is needed; more may be appended. */
  readonly full: number;
}

/** @param first whether the text is the beginning of the whole input */
export function addText(
  parts: TokenizerParts,
  text: string,
  first: boolean,
  target: Target,
  meter: WorkMeter,
): void {
  const { ids, full } = target;
  meter.add(text.length);
  for (const { id, text: section, begin } of parts.raw.split(text)) {
    if (ids.length >= full) return;
    if (id !== undefined) ids.push(id);
    else addSection(parts, section, first && begin === 0, target, meter);
  }
}

/** Text between two tokens that are found in the text as it is. */
export function addSection(
  parts: TokenizerParts,
  text: string,
  first: boolean,
  target: Target,
  meter: WorkMeter,
): void {
  const { normalizer, normalized } = parts;
  const { ids, full } = target;
  let changed = text;
  if (normalizer !== undefined) {
    meter.add(text.length * normalizer.stages.length);
    changed = normalizer.apply(text, meter);
  }
  meter.add(changed.length);
  for (const { id, text: section, begin } of normalized.split(changed)) {
    if (ids.length >= full) return;
    if (id !== undefined) ids.push(id);
    else if (section !== '') addWords(parts, section, first && begin === 0, target, meter);
  }
}

/** Normalized text between two tokens. */
export function addWords(
  { preTokenizer, model }: TokenizerParts,
  text: string,
  first: boolean,
  { ids, full }: Target,
  meter: WorkMeter,
): void {
  meter.add(text.length);
  for (const word of preTokenizer.apply(text, first)) {
    if (ids.length >= full) return;
    for (const id of model.encode(word, meter)) ids.push(id);
  }
}
