/** Added tokens in a text that comes in chunks. */
import { type AddedToken, type AddedTokenFinder, stands } from './added_tokens.js';
import { spacesBegin, spacesEnd } from './spaces.js';
import { characterBefore } from './stage.js';
import type { WorkMeter } from './steps.js';

/** Chunks of text, and the added tokens between them. */
export type TextsAndTokens = (string | AddedToken)[];

export class AddedTokenReader {
  /** What is not reported, behind the character before it. */
  private text = '';
  /** Where in `text` that begins. */
  private done = 0;
  /** Where the next token may begin. */
  private scanned = 0;
  /** White space that a token behind it may take. */
  private held: string[] = [];
  /** Whether white space belongs to the last token. */
  private stripping = false;
  /** Its own, for the place that it keeps. */
  private readonly expression: RegExp | undefined;

  constructor(
    private readonly finder: AddedTokenFinder,
    private readonly meter: WorkMeter,
  ) {
    this.expression = finder.expression && new RegExp(finder.expression);
  }

  push(text: string, out: TextsAndTokens): void {
    if (this.expression === undefined) {
      out.push(text);
      return;
    }
    this.text += text;
    // A token that begins here is whole, and the character behind it is there too.
    const limit = this.text.length - this.finder.longest - 2;
    if (limit <= this.done) return;
    this.read(limit, out);
  }

  end(out: TextsAndTokens): void {
    this.read(this.text.length, out);
    this.release(out);
  }

  private read(limit: number, out: TextsAndTokens): void {
    const { tokens } = this.finder;
    const { expression, text } = this;
    this.meter.add(text.length);
    for (;;) {
      if (expression === undefined || this.scanned >= limit) break;
      expression.lastIndex = this.scanned;
      const found = expression.exec(text);
      if (found === null || found.index >= limit) break;
      const begin = found.index;
      this.scanned = begin + found[0].length;
      const token = tokens.get(found[0])!;
      if (!stands(token, text, begin, this.scanned)) continue;
      this.readText(begin, out);
      // As in AddedTokenFinder.split.
      if (this.stripping && token.stripLeft && spacesEnd(found[0], 0) === found[0].length) {
        this.done = this.scanned;
        continue;
      }
      if (token.stripLeft) this.held = [];
      else this.release(out);
      out.push(token);
      this.stripping = token.stripRight;
      this.done = this.scanned;
    }
    // Not within a surrogate pair.
    const cut = limit < text.length ? characterBefore(text, limit) : limit;
    this.readText(cut, out);
    this.scanned = Math.max(this.scanned, this.done);
    this.forget();
  }

  /** Text up to `end` is no token's, but for the white space that belongs to the tokens before and behind it. */
  private readText(end: number, out: TextsAndTokens): void {
    const { text } = this;
    let begin = this.done;
    if (begin >= end) return;
    this.done = end;
    if (this.stripping) {
      begin = Math.min(end, spacesEnd(text, begin));
      if (begin === end) return;
      this.stripping = false;
    }
    const spaces = this.finder.stripsLeft ? spacesBegin(text, end, begin) : end;
    if (spaces > begin) {
      this.release(out);
      out.push(text.slice(begin, spaces));
    }
    if (spaces < end) this.held.push(text.slice(spaces, end));
  }

  private release(out: TextsAndTokens): void {
    for (const spaces of this.held) out.push(spaces);
    this.held = [];
  }

  private forget(): void {
    const kept = characterBefore(this.text, this.done);
    this.text = this.text.slice(kept);
    this.done -= kept;
    this.scanned -= kept;
  }
}
