/** A text that comes in chunks and of which only the last part is kept. Places count from the start of the text. */
import { isHigh, isLow } from './alphabet.js';

/** Code units before the place that is asked for: what is behind a place may be looked at. */
const KEPT = 4;

export class TextWindow {
  /** What is at hand, from the place `origin` on. */
  string = '';
  origin = 0;
  /** Nothing more comes. */
  ended = false;
  private chunks: string[] = [];
  private waiting = 0;

  push(text: string): void {
    this.chunks.push(text);
    this.waiting += text.length;
  }

  /** Code units of the text so far. */
  get length(): number {
    return this.origin + this.string.length + this.waiting;
  }

  /** Makes all of the text from `place` on one string; what is before may be forgotten. */
  gather(place: number): void {
    const from = Math.max(place - KEPT, this.origin);
    if (this.waiting === 0) return;
    this.string = [this.string.slice(from - this.origin), ...this.chunks].join('');
    this.origin = from;
    this.chunks = [];
    this.waiting = 0;
  }

  unit(place: number): number {
    return this.string.charCodeAt(place - this.origin);
  }

  /** Code units of the character at a place. */
  width(place: number): number {
    return isHigh(this.unit(place)) && isLow(this.unit(place + 1)) ? 2 : 1;
  }

  slice(begin: number, end: number): string {
    return this.string.slice(begin - this.origin, end - this.origin);
  }
}
