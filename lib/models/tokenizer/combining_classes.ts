/** Canonical combining classes (Unicode Standard, 3.11), which JavaScript does not tell but which `normalize` obeys. */

/** One mark of every class but 0, in the order of the classes. */
const MARKS = [
  0x334, 0x16ff0, 0x93c, 0x3099, 0x94d, 0x5b0, 0x5b1, 0x5b2, 0x5b3, 0x5b4, 0x5b5, 0x5b6, 0x5b7, 0x5b8, 0x5b9,
  0x5bb, 0x5bc, 0x5bd, 0x5bf, 0x5c1, 0x5c2, 0xfb1e, 0x64b, 0x64c, 0x64d, 0x618, 0x619, 0x61a, 0x651, 0x652,
  0x670, 0x711, 0xc55, 0xc56, 0xe38, 0xe48, 0xeb8, 0xec8, 0xf71, 0xf72, 0xf74, 0x321, 0x1dce, 0x31b, 0x1dfa,
  0x316, 0x59a, 0x302e, 0x1d16d, 0x5ae, 0x300, 0x315, 0x35c, 0x35d, 0x345,
].map((point) => String.fromCodePoint(point));

/** Their number, 0 included. */
export const CLASSES = MARKS.length + 1;

const known = new Map<string, number>();
/** Characters that are not needed often are found anew after so many. */
const MOST_KNOWN = 8192;

/** Whether `normalize` puts the second character before the first. */
function swaps(first: string, second: string): boolean {
  return first !== second && (first + second).normalize('NFD') === second + first;
}

/** The place of the character's class among all classes; 0 for characters that do not combine. */
export function combiningClass(character: string): number {
  let found = known.get(character);
  if (found === undefined) {
    found = findClass(character);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(character, found);
  }
  return found;
}

function findClass(character: string): number {
  const combines = swaps(MARKS.at(-1)!, character) || swaps(character, MARKS[0]!);
  if (!combines)
    return character === MARKS[0] || character === MARKS.at(-1) ? MARKS.indexOf(character) + 1 : 0;
  // The first class that is not below the character's.
  let [low, high] = [0, MARKS.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (swaps(character, MARKS[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low + 1;
}
