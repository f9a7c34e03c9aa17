/** Escapes and bracketed classes of Oniguruma's syntax. */
import { type CodePoints, complement, intersection, union } from './code_points.js';
import {
  digits,
  hexDigits,
  posixClass,
  property,
  spaces,
  wordCharacters,
  wordCharactersInClass,
} from './properties.js';
import type { Reader } from './reader.js';
import { ExpressionError } from './tree.js';

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };

const KINDS: Readonly<Record<string, () => CodePoints>> = {
  s: spaces,
  w: wordCharacters,
  d: digits,
  h: hexDigits,
};

/** Classes in classes, as deep as anything sensible. */
const DEPTH = 50;

/** The set of `\s`, `\p{L}` and the like after the backslash; undefined, nothing read, where none is there. */
export function namedSet(reader: Reader, inClass = false): CodePoints | undefined {
  const letter = reader.take(/[swdhSWDH]/y)?.[0];
  if (letter !== undefined) {
    const lower = letter.toLowerCase();
    const set = inClass && lower === 'w' ? wordCharactersInClass() : KINDS[lower]!();
    return letter === lower ? set : complement(set);
  }
  const name = reader.take(/[pP]\{(\^?)([^}]*)\}/y);
  if (name === undefined) return undefined;
  const set = property(name[2]!);
  if (set === undefined) throw new ExpressionError(`the property ${name[0]} is unknown`);
  return (name[0]!.startsWith('P') ? 1 : 0) ^ (name[1] ? 1 : 0) ? complement(set) : set;
}

/** The code point that an escape stands for, after the backslash. */
export function escapedPoint(reader: Reader): number {
  const hex = reader.take(/x\{([0-9A-Fa-f]{1,8})\}/y) ?? reader.take(/x([0-9A-Fa-f]{1,2})/y);
  const code = hex ?? reader.take(/u([0-9A-Fa-f]{4})/y) ?? reader.take(/u\{([0-9A-Fa-f]{1,8})\}/y);
  if (code) return checkPoint(Number.parseInt(code[1]!, 16));
  const octal = reader.take(/[0-7]{1,3}/y);
  if (octal) return checkPoint(Number.parseInt(octal[0]!, 8));
  const control = reader.take(/(?:c|C-)([@-_a-z?])/y);
  if (control) return control[1] === '?' ? 0x7f : control[1]!.charCodeAt(0) & 0x1f;
  const character = reader.next();
  if (character === undefined) throw new ExpressionError('it ends with a backslash');
  if (/^[cCMuU]$/.test(character)) throw new ExpressionError(`the escape \\${character} is incomplete`);
  return Object.hasOwn(CONTROLS, character) ? CONTROLS[character]! : character.codePointAt(0)!;
}

function checkPoint(point: number): number {
  if (point > 0x10ffff) throw new ExpressionError('it has a code point beyond U+10FFFF');
  return point;
}

/** One member of a class: a set, or a code point that may begin a range. */
type Member = CodePoints | number;

/** A class after its opening bracket, up to and with the closing one. */
export function parseClass(reader: Reader, fold: (set: CodePoints) => CodePoints, depth = 0): CodePoints {
  if (depth > DEPTH) throw new ExpressionError(`it has classes nested more than ${DEPTH} deep`);
  const negative = reader.eat('^');
  const sets: CodePoints[] = [];
  let joined: CodePoints | undefined;
  let first = true;
  for (; ; first = false) {
    if (reader.eat('&&')) {
      const so = fold(union(sets.splice(0)));
      joined = joined === undefined ? so : intersection(joined, so);
      continue;
    }
    // A bracket that closes nothing yet is a member, as in []a], if another one closes the class.
    if (reader.peek() === ']' && !(first && reader.rest().indexOf(']', 1) > 0)) {
      if (first) throw new ExpressionError('it has an empty class');
      reader.next();
      break;
    }
    sets.push(...range(reader, member(reader, fold, depth), depth));
  }
  const last = fold(union(sets));
  const set = joined === undefined ? last : intersection(joined, last);
  return negative ? complement(set) : set;
}

function member(reader: Reader, fold: (set: CodePoints) => CodePoints, depth: number): Member {
  const posix = reader.take(/\[:(\^?)([a-zA-Z]+):\]/y);
  if (posix) {
    const set = posixClass(posix[2]!);
    if (set === undefined) throw new ExpressionError(`the class ${posix[0]} is unknown`);
    return posix[1] ? complement(set) : set;
  }
  const character = reader.next();
  if (character === undefined) throw new ExpressionError('it has a class that does not end');
  if (character === '[') return parseClass(reader, fold, depth + 1);
  if (character !== '\\') return character.codePointAt(0)!;
  if (reader.eat('b')) return 8;
  const set = namedSet(reader, true);
  if (set) return set;
  if (/^[RXNOKGAZzBkgy]$/.test(reader.peek() ?? '')) return reader.next()!.codePointAt(0)!;
  return escapedPoint(reader);
}

/** The member alone, or the range that it begins. */
function range(reader: Reader, low: Member, depth: number): CodePoints[] {
  const goesOn = reader.peek() === '-' && !/^-(?:\]|&&)/.test(reader.rest());
  if (!goesOn) return [typeof low === 'number' ? [low, low] : low];
  if (typeof low !== 'number') {
    // After a set a hyphen stands for itself.
    reader.next();
    return [low, [45, 45]];
  }
  reader.next();
  const high = member(reader, (set) => set, depth);
  if (typeof high !== 'number') throw new ExpressionError('it has a range that ends with a class');
  if (high < low) throw new ExpressionError('it has a range whose end is before its start');
  return [[low, high]];
}
