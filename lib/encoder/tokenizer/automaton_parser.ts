/**
 * Regular expressions as instructions of a backtracking-free machine (Pike's, by R. Cox, "Regular Expression Matching:
 * the Virtual Machine Approach"). Only what such a machine can run is parsed: no lookbehind, anchor, word boundary or
 * back reference; a lookahead may hold one character.
 */

/** `next`: the following instruction, where it is not the one behind. Of `split` the first target is preferred. */
export type Instruction =
  | { kind: 'character'; set: number }
  | { kind: 'assert'; set: number; negative: boolean }
  | { kind: 'split'; preferred: number; other: number }
  | { kind: 'jump'; target: number }
  | { kind: 'match' };

export interface Program {
  instructions: readonly Instruction[];
  /** Expressions of one character each. */
  sets: readonly RegExp[];
}

type Node =
  | { kind: 'set'; source: string }
  | { kind: 'assert'; source: string; negative: boolean }
  | { kind: 'sequence'; parts: Node[] }
  | { kind: 'choice'; parts: Node[] }
  | { kind: 'repeat'; part: Node; least: number; most: number; lazy: boolean };

/** Larger programs are not worth their tables. */
const MOST_INSTRUCTIONS = 500;

/** What the machine cannot run. */
class Unsupported extends Error {}

const ESCAPE =
  /\\(?:[pP]\{[^}]*\}|u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|[sSdDwWtnrfv0]|[^A-Za-z0-9])/uy;
const QUANTIFIER = /(?:[*+?]|\{(\d+)(,?)(\d*)\})(\??)/y;

class Parser {
  private at = 0;

  constructor(private readonly source: string) {}

  parse(): Node {
    const node = this.choice();
    if (this.at < this.source.length) throw new Unsupported();
    return node;
  }

  private choice(): Node {
    const parts = [this.sequence()];
    while (this.take('|')) parts.push(this.sequence());
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  private sequence(): Node {
    const parts: Node[] = [];
    while (this.at < this.source.length && !'|)'.includes(this.source[this.at]!)) {
      parts.push(this.quantified(this.atom()));
    }
    return { kind: 'sequence', parts };
  }

  private atom(): Node {
    const { source } = this;
    if (this.take('(?:')) return this.group();
    if (this.take('(?=')) return this.lookahead(false);
    if (this.take('(?!')) return this.lookahead(true);
    if (source.startsWith('(?', this.at)) throw new Unsupported();
    if (this.take('(')) return this.group();
    return { kind: 'set', source: this.set() };
  }

  private group(): Node {
    const node = this.choice();
    if (!this.take(')')) throw new Unsupported();
    return node;
  }

  private lookahead(negative: boolean): Node {
    const node: Node = { kind: 'assert', source: this.set(), negative };
    if (!this.take(')')) throw new Unsupported();
    return node;
  }

  /** One character: an escape, a class, a dot or itself. */
  private set(): string {
    const { source, at } = this;
    if (source[at] === '\\') {
      ESCAPE.lastIndex = at;
      const found = ESCAPE.exec(source)?.[0];
      if (found === undefined) throw new Unsupported();
      this.at += found.length;
      return found;
    }
    if (source[at] === '[') return this.characterClass();
    const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
    if ('^$*+?{}()|]'.includes(character)) throw new Unsupported();
    this.at += character.length;
    return character;
  }

  /** With the flag v, classes lie within classes. */
  private characterClass(): string {
    const begin = this.at;
    let depth = 0;
    do {
      const character = this.source[this.at];
      if (character === undefined) throw new Unsupported();
      if (character === '[') depth++;
      if (character === ']') depth--;
      this.at += character === '\\' ? 2 : 1;
    } while (depth > 0);
    return this.source.slice(begin, this.at);
  }

  private quantified(part: Node): Node {
    QUANTIFIER.lastIndex = this.at;
    const found = QUANTIFIER.exec(this.source);
    if (!found) return part;
    if (part.kind === 'assert' || nullable(part)) throw new Unsupported();
    this.at += found[0].length;
    const [whole, from, comma, to, lazy] = found;
    const bounds: Record<string, [number, number]> = {
      '*': [0, Number.POSITIVE_INFINITY],
      '+': [1, Number.POSITIVE_INFINITY],
      '?': [0, 1],
    };
    const [least, most] = bounds[whole[0]!] ?? [
      Number(from),
      comma === '' ? Number(from) : to === '' ? Number.POSITIVE_INFINITY : Number(to),
    ];
    return { kind: 'repeat', part, least, most, lazy: lazy === '?' };
  }

  private take(token: string): boolean {
    if (!this.source.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }
}

function nullable(node: Node): boolean {
  if (node.kind === 'set') return false;
  if (node.kind === 'sequence') return node.parts.every(nullable);
  if (node.kind === 'choice') return node.parts.some(nullable);
  return node.kind === 'assert' || node.least === 0 || nullable(node.part);
}

class Compiler {
  readonly instructions: Instruction[] = [];
  readonly sources: string[] = [];

  add(node: Node): void {
    if (node.kind === 'sequence') for (const part of node.parts) this.add(part);
    else if (node.kind === 'choice') this.addChoice(node.parts);
    else if (node.kind === 'repeat') this.addRepeat(node);
    else if (node.kind === 'assert') {
      this.emit({ kind: 'assert', set: this.set(node.source), negative: node.negative });
    } else this.emit({ kind: 'character', set: this.set(node.source) });
  }

  emit(instruction: Instruction): void {
    if (this.instructions.push(instruction) > MOST_INSTRUCTIONS) throw new Unsupported();
  }

  private set(source: string): number {
    const at = this.sources.indexOf(source);
    return at >= 0 ? at : this.sources.push(source) - 1;
  }

  private addChoice(parts: readonly Node[]): void {
    const jumps: { kind: 'jump'; target: number }[] = [];
    for (const [i, part] of parts.entries()) {
      if (i === parts.length - 1) {
        this.add(part);
        break;
      }
      const split = { kind: 'split' as const, preferred: this.instructions.length + 1, other: 0 };
      this.emit(split);
      this.add(part);
      const jump = { kind: 'jump' as const, target: 0 };
      this.emit(jump);
      jumps.push(jump);
      split.other = this.instructions.length;
    }
    for (const jump of jumps) jump.target = this.instructions.length;
  }

  private addRepeat({ part, least, most, lazy }: Extract<Node, { kind: 'repeat' }>): void {
    for (let i = 0; i < least; i++) this.add(part);
    if (most === Number.POSITIVE_INFINITY) {
      const begin = this.instructions.length;
      const leave = this.split(lazy);
      this.add(part);
      this.emit({ kind: 'jump', target: begin });
      leave(this.instructions.length);
      return;
    }
    const leaves = [];
    for (let i = least; i < most; i++) {
      leaves.push(this.split(lazy));
      this.add(part);
    }
    for (const leave of leaves) leave(this.instructions.length);
  }

  /** Into what follows or past it. @returns sets where `past` is */
  private split(lazy: boolean): (past: number) => void {
    const inside = this.instructions.length + 1;
    const split = { kind: 'split' as const, preferred: inside, other: inside };
    this.emit(split);
    return (past) => {
      if (lazy) split.preferred = past;
      else split.other = past;
    };
  }
}

/** undefined for what the machine cannot run. */
export function compileProgram({ source, flags }: RegExp): Program | undefined {
  if (!/^g?[uv]$/.test(flags)) return undefined;
  const mode = flags.includes('v') ? 'v' : 'u';
  try {
    const node = new Parser(source).parse();
    // Libraries disagree on where empty matches count.
    if (nullable(node)) return undefined;
    const compiler = new Compiler();
    compiler.add(node);
    compiler.emit({ kind: 'match' });
    const sets = compiler.sources.map((set) => new RegExp(`^${set}$`, mode));
    return { instructions: compiler.instructions, sets };
  } catch (error) {
    if (error instanceof Unsupported || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
