/** No pre-tokenizer, and several of them, each of which cuts the words of the one before. */
import type { PreTokenizer } from './pre_tokenizers.js';
import { type WordStage, Words } from './stage.js';
import type { WorkMeter } from './steps.js';

/** All of a text is one word. */
export const ONE_WORD: PreTokenizer = {
  apply: (text) => [text],
  stage() {
    let begins = true;
    return {
      push(text, out) {
        out.add(text, !begins);
        begins = false;
      },
      end: () => false,
    };
  },
};

export function inSequence(all: readonly PreTokenizer[]): PreTokenizer {
  const [head, ...rest] = all;
  if (head === undefined) return ONE_WORD;
  return {
    apply: (text, first) =>
      all.reduce((words, one) => words.flatMap((word, i) => one.apply(word, first && i === 0)), [text]),
    stage: (first, meter) =>
      rest.reduce<WordStage>(
        (stage, one) => new Refinement(stage, one, first, meter),
        head.stage(first, meter),
      ),
  };
}

class Refinement implements WordStage {
  /** Cuts the last word, which may go on. */
  private open: WordStage | undefined;

  /** @param first whether the next word is the first of the whole input */
  constructor(
    private readonly inner: WordStage,
    private readonly one: PreTokenizer,
    private first: boolean,
    private readonly meter: WorkMeter,
  ) {}

  push(text: string, out: Words): void {
    const found = new Words();
    this.inner.push(text, found);
    this.cut(found, out);
  }

  end(out: Words): boolean {
    const found = new Words();
    const more = this.inner.end(found);
    this.cut(found, out);
    return more || this.close(out);
  }

  private cut({ list, joined }: Words, out: Words): void {
    for (const [i, word] of list.entries()) {
      if (i > 0 || !joined) {
        while (this.close(out));
        if (i < list.length - 1) {
          this.meter.add(word.length);
          for (const part of this.one.apply(word, this.first)) out.add(part, false);
          this.first = false;
          continue;
        }
        this.open = this.one.stage(this.first, this.meter);
        this.first = false;
      }
      this.pushOpen(word, out);
    }
  }

  private pushOpen(text: string, out: Words): void {
    const found = new Words();
    this.open?.push(text, found);
    append(found, out);
  }

  /** @returns whether it has to be called again */
  private close(out: Words): boolean {
    if (this.open === undefined) return false;
    const found = new Words();
    const more = this.open.end(found);
    append(found, out);
    if (!more) this.open = undefined;
    return more;
  }
}

function append({ list, joined }: Words, out: Words): void {
  for (const [i, word] of list.entries()) out.add(word, i === 0 && joined);
}
