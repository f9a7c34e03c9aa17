/** Sets of code points, as sorted ranges that do not touch: [first, last, first, last, ...]. */

export type CodePoints = readonly number[];

const LAST = 0x10ffff;

export const NONE: CodePoints = [];
export const ALL: CodePoints = [0, LAST];

export function union(sets: readonly CodePoints[]): CodePoints {
  const ranges: [number, number][] = [];
  for (const set of sets) for (let i = 0; i < set.length; i += 2) ranges.push([set[i]!, set[i + 1]!]);
  ranges.sort((a, b) => a[0] - b[0]);
  const out: number[] = [];
  for (const [first, last] of ranges) {
    if (out.length > 0 && first <= out.at(-1)! + 1) out[out.length - 1] = Math.max(out.at(-1)!, last);
    else out.push(first, last);
  }
  return out;
}

export function complement(set: CodePoints): CodePoints {
  const out: number[] = [];
  let from = 0;
  for (let i = 0; i < set.length; i += 2) {
    if (set[i]! > from) out.push(from, set[i]! - 1);
    from = set[i + 1]! + 1;
  }
  if (from <= LAST) out.push(from, LAST);
  return out;
}

export function intersection(a: CodePoints, b: CodePoints): CodePoints {
  return complement(union([complement(a), complement(b)]));
}

/** The planes that have characters with properties of their own, from U+0000 to U+323AF and around U+E0000. */
const SPANS: CodePoints = [0, 0xd7ff, 0xe000, 0x33fff, 0xe0000, 0xe0fff];
let every: { text: string; points: Uint32Array } | undefined;

/** All code points of SPANS in one text, and the code point at each code unit. Made once, for all properties. */
function everyCodePoint(): { text: string; points: Uint32Array } {
  if (every) return every;
  const units: number[] = [];
  const points: number[] = [];
  for (let i = 0; i < SPANS.length; i += 2) {
    for (let point = SPANS[i]!; point <= SPANS[i + 1]!; point++) {
      if (point > 0xffff) {
        units.push(0xd800 + ((point - 0x10000) >> 10));
        points.push(point);
      }
      units.push(point > 0xffff ? 0xdc00 + ((point - 0x10000) & 0x3ff) : point);
      points.push(point);
    }
  }
  const text = Buffer.from(Uint16Array.from(units).buffer).toString('utf16le');
  every = { text, points: Uint32Array.from(points) };
  return every;
}

/** Code points of one member each stand for the rest of the planes, whose characters are all alike. */
const REST: readonly (readonly [number, number, number])[] = [
  [0xd800, 0xdfff, 0xd800],
  [0x34000, 0xdffff, 0xdfff0],
  [0xe1000, 0xeffff, 0xe1000],
  [0xf0000, 0xffffd, 0xf0000],
  [0xffffe, 0xfffff, 0xffffe],
  [0x100000, 0x10fffd, 0x100000],
  [0x10fffe, 0x10ffff, 0x10ffff],
];

/** What one of JavaScript's property names or classes holds, such as `\p{L}`; throws as RegExp does. */
export function charactersOf(source: string): CodePoints {
  const one = new RegExp(`^${source}$`, 'u');
  const runs = new RegExp(`${source}+`, 'gu');
  const { text, points } = everyCodePoint();
  const out: CodePoints[] = [];
  for (const { index, 0: run } of text.matchAll(runs)) {
    let first = points[index]!;
    // A run of the text may go from one span to the next.
    for (let i = index + 1; i <= index + run.length; i++) {
      const previous = points[i - 1]!;
      if (i < index + run.length && points[i]! - previous <= 1) continue;
      out.push([first, previous]);
      first = points[i]!;
    }
  }
  for (const [first, last, sample] of REST) {
    if (one.test(String.fromCodePoint(sample))) out.push([first, last]);
  }
  return union(out);
}
