/** A text that is too long to be worked on at once: every stage takes it in chunks, down to the ids. */
import { AddedTokenReader, type TextsAndTokens } from './added_token_reader.js';
import type { LongWord } from './model.js';
import type { TokenizerParts } from './parts.js';
import { addSection, addWords, type Target } from './short_text.js';
import { chunkEnd, type TextStage, type WordStage, Words } from './stage.js';
import type { WorkMeter } from './steps.js';

/** Code units: longer words are worked on in parts. */
const LONG_WORD = 1024;

type Steps = Generator<void, void, void>;

/** Text between two tokens that are found in the text as it is. */
interface Section {
  stages: readonly TextStage[];
  normalized: AddedTokenReader;
}

export class LongText {
  private readonly raw: AddedTokenReader;
  private section: Section | undefined;
  /** Cuts the text between two tokens into words. */
  private words: WordStage | undefined;
  /** The last word, which may go on. */
  private word = '';
  private longWord: LongWord | undefined;

  /**
   * @param first whether the text is the beginning of the whole input
   */
  constructor(
    private readonly parts: TokenizerParts,
    private first: boolean,
    private readonly target: Target,
    private readonly meter: WorkMeter,
  ) {
    this.raw = new AddedTokenReader(parts.raw, meter);
  }

  *push(chunk: string): Steps {
    const found: TextsAndTokens = [];
    this.raw.push(chunk, found);
    yield* this.takeRaw(found);
  }

  *end(): Steps {
    const found: TextsAndTokens = [];
    this.raw.end(found);
    yield* this.takeRaw(found);
    yield* this.closeSection();
  }

  private get enough(): boolean {
    return this.target.ids.length >= this.target.full;
  }

  private *takeRaw(found: TextsAndTokens): Steps {
    for (const [i, item] of found.entries()) {
      if (this.enough) return;
      if (typeof item !== 'string') {
        yield* this.closeSection();
        this.target.ids.push(item.id);
        this.first = false;
      } else if (this.section === undefined && typeof found[i + 1] === 'object') {
        // The whole section.
        addSection(this.parts, item, this.first, this.target, this.meter);
        this.first = false;
      } else {
        this.section ??= this.openSection();
        yield* this.feed(this.section, 0, item);
      }
      if (this.meter.pauses) yield;
    }
  }

  private openSection(): Section {
    const { normalizer, normalized } = this.parts;
    return {
      stages: (normalizer?.stages ?? []).map((make) => make(this.meter)),
      normalized: new AddedTokenReader(normalized, this.meter),
    };
  }

  private *closeSection(): Steps {
    const { section } = this;
    if (section === undefined) return;
    for (const [i, stage] of section.stages.entries()) {
      for (let more = true; more && !this.enough; ) {
        const out: string[] = [];
        more = stage.end(out);
        for (const text of out) yield* this.feed(section, i + 1, text);
        if (this.meter.pauses) yield;
      }
    }
    const found: TextsAndTokens = [];
    section.normalized.end(found);
    yield* this.takeNormalized(found);
    yield* this.closeWords();
    this.section = undefined;
    this.first = false;
  }

  /** Text that has gone through so many of the section's stages. */
  private *feed(section: Section, done: number, text: string): Steps {
    // A stage may make many characters of one: 18 of U+FDFA.
    for (let begin = 0; begin < text.length && !this.enough; ) {
      const end = chunkEnd(text, begin);
      yield* this.feedChunk(section, done, text.slice(begin, end));
      begin = end;
    }
  }

  private *feedChunk(section: Section, done: number, text: string): Steps {
    const stage = section.stages[done];
    if (stage === undefined) {
      const found: TextsAndTokens = [];
      section.normalized.push(text, found);
      yield* this.takeNormalized(found);
    } else {
      let rest = text;
      for (let more = true; more && !this.enough; rest = '') {
        const out: string[] = [];
        more = stage.push(rest, out);
        for (const made of out) yield* this.feed(section, done + 1, made);
        if (more && this.meter.pauses) yield;
      }
    }
    if (this.meter.pauses) yield;
  }

  private *takeNormalized(found: TextsAndTokens): Steps {
    const { parts, target, meter } = this;
    for (const [i, item] of found.entries()) {
      if (this.enough) return;
      if (typeof item !== 'string') {
        yield* this.closeWords();
        target.ids.push(item.id);
      } else if (this.words === undefined && typeof found[i + 1] === 'object') {
        addWords(parts, item, this.first, target, meter);
      } else {
        this.words ??= parts.preTokenizer.stage(this.first, meter);
        let rest = item;
        for (let more = true; more && !this.enough; rest = '') {
          const batch = new Words();
          more = this.words.push(rest, batch);
          yield* this.takeWords(batch);
          if (more && meter.pauses) yield;
        }
      }
      this.first = false;
      if (meter.pauses) yield;
    }
  }

  private *closeWords(): Steps {
    for (let more = this.words !== undefined; more && !this.enough; ) {
      const batch = new Words();
      more = this.words!.end(batch);
      yield* this.takeWords(batch);
      if (this.meter.pauses) yield;
    }
    yield* this.closeWord();
    this.words = undefined;
  }

  private *takeWords({ list, joined }: Words): Steps {
    for (const [i, part] of list.entries()) {
      if (this.enough) return;
      if (i > 0 || !joined) yield* this.closeWord();
      if (this.longWord) yield* this.longWord.push(part, this.target.ids);
      else {
        this.word += part;
        if (this.word.length > LONG_WORD) {
          this.longWord = this.parts.model.long(this.meter);
          yield* this.longWord.push(this.word, this.target.ids);
          this.word = '';
        }
      }
      if (this.meter.pauses) yield;
    }
  }

  private *closeWord(): Steps {
    const { longWord, word } = this;
    const { ids } = this.target;
    if (longWord) yield* longWord.end(ids);
    else if (word !== '') for (const id of this.parts.model.encode(word, this.meter)) ids.push(id);
    this.longWord = undefined;
    this.word = '';
  }
}
