/** No pre-tokenizer, and several of them, each of which cuts the words of the one before. */
import type { PreTokenizer } from './pre_tokenizer.js';
import { type WordStage, Words } from './stage.js';
import { SteppedStage } from './stepped_stage.js';
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
        return false;
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

class Refinement extends SteppedStage<Words> implements WordStage {
  /** Cuts the last word, which may go on. */
  private open: WordStage | undefined;

  /** @param first whether the next word is the first of the whole input */
  constructor(
    private readonly inner: WordStage,
    private readonly one: PreTokenizer,
    private first: boolean,
    private readonly meter: WorkMeter,
  ) {
    super();
  }

  /** Yields where a step may end. */
  protected *read(text: string): Generator<void, void, void> {
    let rest = text;
    for (let more = true; more; rest = '') {
      const found = new Words();
      more = this.inner.push(rest, found);
      yield* this.cut(found);
      if (more) yield;
    }
  }

  protected *finish(): Generator<void, void, void> {
    for (let more = true; more; ) {
      const found = new Words();
      more = this.inner.end(found);
      yield* this.cut(found);
      if (more) yield;
    }
    while (this.close(this.out!)) yield;
  }

  private *cut({ list, joined }: Words): Generator<void, void, void> {
    for (const [i, word] of list.entries()) {
      if (i > 0 || !joined) {
        while (this.close(this.out!)) yield;
        if (i < list.length - 1) {
          this.meter.add(word.length);
          for (const part of this.one.apply(word, this.first)) this.out!.add(part, false);
          this.first = false;
          continue;
        }
        this.open = this.one.stage(this.first, this.meter);
        this.first = false;
      }
      yield* this.pushOpen(word);
    }
  }

  private *pushOpen(text: string): Generator<void, void, void> {
    let rest = text;
    for (let more = true; more; rest = '') {
      const found = new Words();
      more = this.open?.push(rest, found) ?? false;
      append(found, this.out!);
      if (more) yield;
    }
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
