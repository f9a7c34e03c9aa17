/** Code points in classes: those of one class are in the same sets of an expression. */
import type { CodePoints } from './code_points.js';

export class Alphabet {
  /** Of every code unit that is a code point by itself. */
  readonly units = new Uint16Array(0x10000);
  /** Of every class, whether it is in the set. */
  private readonly members: Uint8Array[] = [];
  private readonly astralStarts: number[] = [];
  private readonly astralClasses: number[] = [];
  readonly size: number;

  constructor(sets: readonly CodePoints[]) {
    const starts = new Set([0, 0x10000]);
    for (const set of sets) {
      for (let i = 0; i < set.length; i += 2) {
        starts.add(set[i]!);
        starts.add(set[i + 1]! + 1);
      }
    }
    const sorted = [...starts].filter((start) => start <= 0x10ffff).sort((a, b) => a - b);
    const classes = new Map<string, number>();
    // Every set is walked through beside the sorted starts.
    const at = sets.map(() => 0);
    for (const [i, start] of sorted.entries()) {
      const member = new Uint8Array(sets.length);
      for (const [s, set] of sets.entries()) {
        while (at[s]! < set.length && set[at[s]! + 1]! < start) at[s]! += 2;
        member[s] = at[s]! < set.length && set[at[s]!]! <= start ? 1 : 0;
      }
      const key = member.join('');
      let known = classes.get(key);
      if (known === undefined) {
        known = this.members.push(member) - 1;
        classes.set(key, known);
      }
      if (start < 0x10000) this.units.fill(known, start, sorted[i + 1]!);
      else {
        this.astralStarts.push(start);
        this.astralClasses.push(known);
      }
    }
    this.size = this.members.length;
  }

  astral(point: number): number {
    let low = 0;
    let high = this.astralStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.astralStarts[middle]! <= point) low = middle;
      else high = middle;
    }
    return this.astralClasses[low]!;
  }

  has(set: number, kind: number): boolean {
    return this.members[kind]![set] === 1;
  }
}

export const isHigh = (unit: number): boolean => (unit & 0xfc00) === 0xd800;
export const isLow = (unit: number): boolean => (unit & 0xfc00) === 0xdc00;
export const pointOf = (high: number, low: number): number =>
  0x10000 + (((high - 0xd800) << 10) | (low - 0xdc00));
