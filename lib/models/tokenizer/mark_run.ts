/**
 * Canonical ordering and composition (Unicode Standard, 3.11) of text with very many combining marks: marks are put into
 * one bucket for every combining class, so that every mark is touched a few times however many there are.
 */
import { CLASSES, combiningClass } from './combining_classes.js';
import { CHUNK } from './stage.js';
import type { WorkMeter } from './steps.js';

export type Form = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

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
  private chunks: string[] = [];
  /** Chunks that were taken. */
  private taken = 0;
  private open = '';

  get empty(): boolean {
    return this.open === '' && this.taken === this.chunks.length;
  }

  add(mark: string): void {
    this.open += mark;
    if (this.open.length >= CHUNK) {
      this.chunks.push(flat(this.open));
      this.open = '';
    }
  }

  /** Takes the first marks, a chunk of them; undefined where there are none. */
  take(): string | undefined {
    if (this.taken < this.chunks.length) return this.chunks[this.taken++];
    [this.chunks, this.taken] = [[], 0];
    const { open } = this;
    this.open = '';
    return open === '' ? undefined : open;
  }

  /** Puts marks of the chunk that was taken back in front of the others. */
  putBack(marks: string): void {
    if (this.taken > 0) this.chunks[--this.taken] = marks;
    else this.open = marks;
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

  /** Gives finished text, in chunks. */
  *push(text: string): Generator<string, void, void> {
    // Decomposed, classified and put into a bucket.
    this.meter.add(3 * text.length);
    let before = '';
    let parts: readonly Part[] = [];
    for (const character of text) {
      if (character !== before) parts = decompose(character, this.decomposed);
      before = character;
      for (let i = 0; i < parts.length; i++) {
        const { character: part, of } = parts[i]!;
        if (of > 0) this.addMark(part, of);
        else if (!this.joinsStarter(part)) {
          yield* this.flush();
          this.starter = part;
        }
      }
    }
  }

  *end(): Generator<string, void, void> {
    if (this.composes && this.starter !== '' && this.greatest > 0) this.composeMarks();
    yield* this.flush();
    if (this.text !== '') yield this.text;
    this.text = '';
  }

  private addMark(mark: string, of: number): void {
    this.buckets[of] ??= new Bucket();
    this.buckets[of].add(mark);
    if (of < this.least) this.least = of;
    if (of > this.greatest) this.greatest = of;
  }

  /** Whether a character that is no mark becomes a part of the starter. */
  private joinsStarter(character: string): boolean {
    if (!this.composes || this.starter === '') return false;
    if (this.greatest > 0) this.composeMarks();
    // Marks between two characters keep them apart.
    const composed = this.greatest > 0 ? '' : compose(this.starter, character);
    if (composed !== '') this.starter = composed;
    return composed !== '';
  }

  /**
   * Marks join the starter where a composite exists; of each class, those behind one that does not are blocked. Few
   * marks join one starter, so this takes little time however many there are.
   */
  private composeMarks(): void {
    for (let of = this.least; of <= this.greatest; of++) {
      const bucket = this.buckets[of];
      let blocked = false;
      for (let chunk = bucket?.take(); chunk !== undefined; ) {
        let done = 0;
        for (const mark of chunk) {
          this.meter.add(mark.length);
          const composed = compose(this.starter, mark);
          if (composed === '') {
            blocked = true;
            break;
          }
          this.starter = composed;
          done += mark.length;
        }
        if (blocked) bucket!.putBack(chunk.slice(done));
        chunk = blocked ? undefined : bucket!.take();
      }
    }
    this.findExtremes();
  }

  private findExtremes(): void {
    const filled = this.buckets.flatMap((bucket, of) => (bucket?.empty === false ? [of] : []));
    this.least = filled[0] ?? CLASSES;
    this.greatest = filled.at(-1) ?? 0;
  }

  /** The starter and the marks behind it. */
  private *flush(): Generator<string, void, void> {
    yield* this.write(this.starter);
    this.starter = '';
    for (let of = this.least; of <= this.greatest; of++) {
      const bucket = this.buckets[of];
      for (let chunk = bucket?.take(); chunk !== undefined; chunk = bucket!.take()) {
        this.meter.add(chunk.length);
        yield* this.write(chunk);
      }
    }
    this.least = CLASSES;
    this.greatest = 0;
  }

  private *write(text: string): Generator<string, void, void> {
    this.text += text;
    if (this.text.length < CHUNK) return;
    const { text: made } = this;
    this.text = '';
    yield made;
  }
}
