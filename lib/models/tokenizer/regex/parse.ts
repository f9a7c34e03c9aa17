/**
 * Regular expressions of tokenizer.json to trees: the syntax is Oniguruma's (its default, Ruby's), which the Rust
 * library reads. References to groups, calls of groups and conditions are refused, and atomic groups of more than one
 * set: no automaton has them, and only an automaton is linear in the text whatever the expression is.
 */
import { escapedPoint, namedSet, parseClass } from './class_parser.js';
import { ALL, type CodePoints, complement } from './code_points.js';
import { bothCases, wordCharacters } from './properties.js';
import { Reader } from './reader.js';
import * as tree from './tree.js';
import { ExpressionError, type Node } from './tree.js';

/** Code units. The expressions of models have some hundreds. */
const LENGTH = 65_536;
/** Groups in groups. */
const DEPTH = 100;
/** Oniguruma's own limit. */
const REPEATS = 100_000;

interface Options {
  ignoreCase: boolean;
  dotAll: boolean;
  extended: boolean;
}

const ESCAPES: Readonly<Record<string, () => Node>> = {
  A: () => tree.TEXT_START,
  z: () => tree.TEXT_END,
  Z: () => tree.LAST_LINE_END,
  b: () => tree.wordBoundary(wordCharacters(), false),
  B: () => tree.wordBoundary(wordCharacters(), true),
  R: () => tree.LINE_BREAK,
  N: () => ({ kind: 'set', set: complement([10, 10]) }),
  O: () => ({ kind: 'set', set: ALL }),
};

export function parse(source: string): Node {
  if (source.length > LENGTH) throw new ExpressionError(`it is longer than ${LENGTH} characters`);
  const parser = new Parser(new Reader(source));
  const node = parser.alternatives({ ignoreCase: false, dotAll: false, extended: false }, 0);
  parser.expectEnd();
  return node;
}

/** An expression for exactly this text. */
export function escapeLiteral(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

class Parser {
  constructor(private readonly reader: Reader) {}

  expectEnd(): void {
    if (!this.reader.done) throw new ExpressionError('it closes a group that is not open');
  }

  alternatives(options: Options, depth: number): Node {
    if (depth > DEPTH) throw new ExpressionError(`it has groups nested more than ${DEPTH} deep`);
    // Options that are set within a group count up to its end.
    const own = { ...options };
    const all: Node[] = [];
    do all.push(this.sequence(own, depth));
    while (this.reader.eat('|'));
    return all.length === 1 ? all[0]! : tree.choice(...all);
  }

  private sequence(options: Options, depth: number): Node {
    const parts: Node[] = [];
    for (;;) {
      const next = this.reader.peek();
      if (next === undefined || next === '|' || next === ')') break;
      if (options.extended && this.reader.take(/\s+|#[^\n]*/y)) continue;
      if (this.reader.take(/\(\?#(?:[^)\\]|\\.)*\)/sy)) continue;
      const rest = this.reader.take(/\(\?([imx]*)(?:-([imx]*))?\)/y);
      if (rest) {
        // The alternatives that follow belong to it: a(?i)b|c is a(?i:b|c).
        parts.push(this.alternatives(changed(options, rest[1]!, rest[2] ?? ''), depth + 1));
        continue;
      }
      parts.push(this.repeated(this.atom(options, depth), options));
    }
    return parts.length === 1 ? parts[0]! : tree.sequence(...parts);
  }

  private atom(options: Options, depth: number): Node {
    const fold = options.ignoreCase ? bothCases : (set: CodePoints) => set;
    const character = this.reader.next()!;
    switch (character) {
      case '(':
        return this.group(options, depth);
      case '[':
        return { kind: 'set', set: parseClass(this.reader, fold) };
      case '.':
        return { kind: 'set', set: options.dotAll ? ALL : complement([10, 10]) };
      case '^':
        return tree.LINE_START;
      case '$':
        return tree.LINE_END;
      case '*':
      case '+':
      case '?':
        throw new ExpressionError(`there is nothing that its ${character} repeats`);
      case '\\':
        return this.escape(fold);
      case '{':
        if (this.reader.ahead(/(?:\d+,?\d*|,\d+)\}/y))
          throw new ExpressionError('there is nothing that its {} repeats');
        return { kind: 'set', set: [0x7b, 0x7b] };
      default: {
        const point = character.codePointAt(0)!;
        return { kind: 'set', set: fold([point, point]) };
      }
    }
  }

  private escape(fold: (set: CodePoints) => CodePoints): Node {
    const letter = this.reader.peek() ?? '';
    if (Object.hasOwn(ESCAPES, letter)) {
      this.reader.next();
      return ESCAPES[letter]!();
    }
    const octal = this.reader.ahead(/[1-7][0-7]+/y);
    if (!octal && /^[1-9kgGKXyY]$/.test(letter)) throw new ExpressionError(`it uses \\${letter}`);
    // Named sets keep their case, but for those in brackets.
    const set = namedSet(this.reader);
    if (set) return { kind: 'set', set };
    const point = escapedPoint(this.reader);
    return { kind: 'set', set: fold([point, point]) };
  }

  private group(options: Options, depth: number): Node {
    const { reader } = this;
    const inside = (within = options): Node => {
      const node = this.alternatives(within, depth + 1);
      if (!reader.eat(')')) throw new ExpressionError('it has a group that does not end');
      return node;
    };
    const looks = reader.take(/\?(<?)([=!])/y);
    if (looks) return tree.look(inside(), looks[1] === '<', looks[2] === '!');
    if (reader.eat('?>')) return atomic(inside());
    if (reader.take(/\?:|\?(?:<[\p{L}_]\w*>|'[\p{L}_]\w*')/uy)) return inside();
    const set = reader.take(/\?([imx]*)(?:-([imx]*))?:/y);
    if (set) return inside(changed(options, set[1]!, set[2] ?? ''));
    if (reader.peek() === '?') throw new ExpressionError(`it uses the group (${reader.rest().slice(0, 3)}`);
    return inside();
  }

  private repeated(atom: Node, options: Options): Node {
    let node = atom;
    for (;;) {
      if (options.extended) this.reader.take(/\s+/y);
      const found = this.reader.take(/([*+?])([+?]?)/y);
      if (found) {
        const [, sign, mode] = found;
        const [min, max] = [sign === '+' ? 1 : 0, sign === '?' ? 1 : Number.POSITIVE_INFINITY];
        const body = { kind: 'repeat', body: node, min, max, greedy: mode !== '?' } as const;
        node = mode === '+' ? atomic(body) : body;
        continue;
      }
      const counts = this.reader.take(/\{(?:(\d+)(,?)(\d*)|,(\d+))\}/y);
      if (!counts) return node;
      node = this.counted(node, counts);
    }
  }

  /** {n}, {n,}, {n,m} and {,m}; with a question mark behind {n} is optional, the others take as little as they can. */
  private counted(body: Node, [, low, comma, high, upTo]: RegExpExecArray): Node {
    const min = Number(low ?? 0);
    const max = upTo ? Number(upTo) : high ? Number(high) : comma ? Number.POSITIVE_INFINITY : min;
    if (min > REPEATS || (max !== Number.POSITIVE_INFINITY && max > REPEATS)) {
      throw new ExpressionError(`it repeats something more than ${REPEATS} times`);
    }
    if (max < min) throw new ExpressionError('it has a number of repeats whose end is before its start');
    const lazy = this.reader.eat('?');
    const fixed = low !== undefined && !comma;
    const node: Node = { kind: 'repeat', body, min, max, greedy: fixed || !lazy };
    return fixed && lazy ? { kind: 'repeat', body: node, min: 0, max: 1, greedy: true } : node;
  }
}

function changed(options: Options, on: string, off: string): Options {
  const has = (letter: string, before: boolean): boolean =>
    !off.includes(letter) && (before || on.includes(letter));
  return {
    ignoreCase: has('i', options.ignoreCase),
    dotAll: has('m', options.dotAll),
    extended: has('x', options.extended),
  };
}

/** What gives nothing back: a set, or a greedy repetition of one, which then ends where the set ends. */
function atomic(node: Node): Node {
  if (node.kind === 'set') return node;
  const single = node.kind === 'repeat' ? node.body : undefined;
  if (node.kind !== 'repeat' || single?.kind !== 'set' || !node.greedy) {
    throw new ExpressionError(
      'it has an atomic group or a possessive repeat of more than one set of characters',
    );
  }
  if (node.max === Number.POSITIVE_INFINITY) return tree.sequence(node, tree.look(single, false, true));
  if (node.max !== 1 || node.min !== 0) {
    throw new ExpressionError('it has an atomic group with a number of repeats');
  }
  return tree.choice(single, tree.look(single, false, true));
}
