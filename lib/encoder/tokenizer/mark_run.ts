/**
 * Canonical ordering and composition (Unicode Standard, 3.11) of text with very many combining marks: marks are put into
 * one bucket for every combining class, so that every mark is touched a few times however many there are.
 */
import { CLASSES, combiningClass } from './combining_classes.js';
import { CHUNK } from './stage.js';
import type { WorkMeter } from './steps.js';
import type { Form } from './unicode_forms.js';

/** Decompositions and compositions that are remembered. */
const MOST_KNOWN = 4096;

class Known<T> {
  private readonly values = new Map<string, T>();

  get(key: string, make: () => T): T {
    let value = this.values.get(key);
    if (value === undefined) {
      value = make();
      if (this.values.size >= MOST_KNOWN) this.values.clear();
      this.values.set(key, value);
    }
    return value;
  }
}

/** A part of a decomposition, and the place of its class. */
interface Part {
  character: string;
  of: number;
}

const decompositions = { NFD: new Known<Part[]>(), NFKD: new Known<Part[]>() };
const compositions = new Known<string>();

function decompose(character: string, form: 'NFD' | 'NFKD'): readonly Part[] {
  return decompositions[form].get(character, () =>
    Array.from(character.normalize(form), (part) => ({ character: part, of: combiningClass(part) })),
  );
}

/** The primary composite of the two, or an empty text. */
function compose(first: string, second: string): string {
  return compositions.get(first + second, () => {
    const composed = (first + second).normalize('NFC');
    return [...composed].length === 1 ? composed : '';
  });
}

/** The same text in one piece: one that was put together has an object for every part, all of which would be kept. */
function flat(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

/** Marks of one class in the order in which they came. */
class Bucket {
  private readonly chunks: string[] = [];
  private open = '';
  empty = true;

  add(mark: string): void {
    this.empty = false;
    this.open += mark;
    if (this.open.length >= CHUNK) {
      this.chunks.push(flat(this.open));
      this.open = '';
    }
  }

  /** All marks, in chunks; nothing is left. */
  take(): string[] {
    const all = this.chunks.splice(0);
    if (this.open !== '') all.push(this.open);
    this.open = '';
    this.empty = true;
    return all;
  }
}

/** One text, from where it may be cut to where it may be cut. */
export class MarkRun {
  private readonly composes: boolean;
  private readonly decomposed: 'NFD' | 'NFKD';
  /** The last character that does not combine; empty before the first one. */
  private starter = '';
  private readonly buckets: (Bucket | undefined)[] = new Array<undefined>(CLASSES).fill(undefined);
  /** Classes of which there are marks behind the starter, the least and the greatest. */
  private least = CLASSES;
  private greatest = 0;
  private text = '';

  constructor(
    form: Form,
    private readonly meter: WorkMeter,
  ) {
    this.composes = form === 'NFC' || form === 'NFKC';
    this.decomposed = form === 'NFC' || form === 'NFD' ? 'NFD' : 'NFKD';
  }

  push(text: string, out: string[]): void {
    // Decomposed, classified, put into a bucket and taken out of it.
    this.meter.add(4 * text.length);
    let before = '';
    let parts: readonly Part[] = [];
    for (const character of text) {
      if (character !== before) parts = decompose(character, this.decomposed);
      before = character;
      for (let i = 0; i < parts.length; i++) this.add(parts[i]!, out);
    }
  }

  end(out: string[]): void {
    this.flush(out);
    if (this.text !== '') out.push(this.text);
    this.text = '';
  }

  private add({ character, of }: Part, out: string[]): void {
    if (of > 0) {
      this.buckets[of] ??= new Bucket();
      this.buckets[of].add(character);
      if (of < this.least) this.least = of;
      if (of > this.greatest) this.greatest = of;
      return;
    }
    if (this.composes && this.starter !== '') {
      if (this.greatest > 0) this.composeMarks();
      // Marks between two characters keep them apart.
      const composed = this.greatest > 0 ? '' : compose(this.starter, character);
      if (composed !== '') {
        this.starter = composed;
        return;
      }
    }
    this.flush(out, false);
    this.starter = character;
  }

  /** Marks join the starter where a composite exists; of each class, those behind one that does not are blocked. */
  private composeMarks(): void {
    for (let of = this.least; of <= this.greatest; of++) {
      const bucket = this.buckets[of];
      if (bucket === undefined || bucket.empty) continue;
      let blocked = false;
      for (const chunk of bucket.take()) {
        this.meter.add(chunk.length);
        if (blocked) {
          bucket.add(chunk);
          continue;
        }
        let done = 0;
        for (const mark of chunk) {
          const composed = compose(this.starter, mark);
          if (composed === '') {
            blocked = true;
            break;
          }
          this.starter = composed;
          done += mark.length;
        }
        if (blocked) bucket.add(chunk.slice(done));
      }
    }
    this.findExtremes();
  }

  private findExtremes(): void {
    const filled = this.buckets.flatMap((bucket, of) => (bucket?.empty === false ? [of] : []));
    this.least = filled[0] ?? CLASSES;
    this.greatest = filled.at(-1) ?? 0;
  }

  private flush(out: string[], compose = true): void {
    if (compose && this.composes && this.starter !== '' && this.greatest > 0) this.composeMarks();
    this.write(this.starter, out);
    this.starter = '';
    for (let of = this.least; of <= this.greatest; of++) {
      for (const chunk of this.buckets[of]?.take() ?? []) this.write(chunk, out);
    }
    this.least = CLASSES;
    this.greatest = 0;
  }

  private write(text: string, out: string[]): void {
    this.text += text;
    if (this.text.length < CHUNK) return;
    out.push(this.text);
    this.text = '';
  }
}
