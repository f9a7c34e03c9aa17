/**
 * Stages of tokenization for long texts: each takes a text in chunks and holds back no more than it must, so that a
 * stage works in steps of a chunk, and nobody works on a part of the text that is cut off later.
 */
import type { WorkMeter } from './steps.js';

/** About the code units of a chunk. A chunk does not end within a surrogate pair. */
export const CHUNK = 1024;

/** Text to text. */
export interface TextStage {
  /**
   * Appends finished text to `out`, in chunks.
   * @returns whether it has to be called again, with an empty text: there was too much for one step
   */
  push(text: string, out: string[]): boolean;
  /** The text has ended. @returns whether the end has to be asked for again */
  end(out: string[]): boolean;
}

/** All of a stage's output for a text that it is given at once. */
export function throughStage(stage: TextStage, text: string): string {
  const out: string[] = [];
  for (let more = stage.push(text, out); more; ) more = stage.push('', out);
  while (stage.end(out));
  return out.join('');
}

/** A new stage for every text. The stage adds to the meter what it reads. */
export type MakeTextStage = (meter: WorkMeter) => TextStage;

/** Words of a stretch of text. */
export class Words {
  readonly list: string[] = [];
  /** The first word goes on with the last word of the batch before. */
  joined = false;

  /** @param joins whether the text goes on with the last word */
  add(text: string, joins: boolean): void {
    const { list } = this;
    if (!joins) list.push(text);
    else if (list.length > 0) list[list.length - 1] += text;
    else {
      this.joined = true;
      list.push(text);
    }
  }
}

/** Text to words. */
export interface WordStage {
  /**
   * Adds words to `out`; the last may go on with the next call.
   * @returns whether it has to be called again, with an empty text: there was too much for one step
   */
  push(text: string, out: Words): boolean;
  /** The text has ended. @returns whether the end has to be asked for again: there was too much for one step */
  end(out: Words): boolean;
}

/** Chunks that a function changes independently of each other. */
export function mapping(change: (text: string) => string): MakeTextStage {
  return (meter) => ({
    push(text, out) {
      meter.add(text.length);
      const changed = change(text);
      if (changed !== '') out.push(changed);
      return false;
    },
    end: () => false,
  });
}

/** Where to end a chunk that begins at `begin`: not within a surrogate pair. */
export function chunkEnd(text: string, begin: number, size = CHUNK): number {
  const end = begin + size;
  if (end >= text.length) return text.length;
  const unit = text.charCodeAt(end - 1);
  const follows = text.charCodeAt(end);
  const divides = unit >= 0xd800 && unit < 0xdc00 && follows >= 0xdc00 && follows < 0xe000;
  return divides ? end - 1 : end;
}

/** Where the character begins that ends at `end`. */
export function characterBefore(text: string, end: number): number {
  if (end < 2) return 0;
  return text.codePointAt(end - 2)! > 0xffff ? end - 2 : end - 1;
}
