/** The normalizer that takes white space off the ends of a text. */
import type { JsonObject } from '../directory/json_file.js';
import type { Normalizer } from './normalizer.js';
import { spacesBegin, spacesEnd } from './spaces.js';
import type { TextStage } from './stage.js';
import type { WorkMeter } from './steps.js';

export function strip(from: JsonObject): Normalizer {
  const left = from.boolean('strip_left', true);
  const right = from.boolean('strip_right', true);
  return {
    apply(text) {
      const begin = left ? spacesEnd(text, 0) : 0;
      return text.slice(begin, right ? spacesBegin(text, text.length, begin) : text.length);
    },
    stages: [(meter) => new StripStage(left, right, meter)],
  };
}

class StripStage implements TextStage {
  /** White space that ends the text unless something follows. */
  private held: string[] = [];

  /** @param begins whether white space is to be taken off where the text is */
  constructor(
    private begins: boolean,
    private readonly right: boolean,
    private readonly meter: WorkMeter,
  ) {}

  push(text: string, out: string[]): boolean {
    this.meter.add(text.length);
    const begin = this.begins ? spacesEnd(text, 0) : 0;
    if (begin === text.length) return false;
    this.begins = false;
    const end = this.right ? spacesBegin(text, text.length, begin) : text.length;
    if (end > begin) {
      for (const spaces of this.held) out.push(spaces);
      this.held = [];
      out.push(text.slice(begin, end));
    }
    if (end < text.length) this.held.push(text.slice(end));
    return false;
  }

  end(): boolean {
    return false;
  }
}
