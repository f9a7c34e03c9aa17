/**
 * Trees to instructions of a nondeterministic automaton (Thompson 1968). An instruction's successors stand before it,
 * but for those that close a loop, so that one pass in their order settles most of what depends on successors.
 */
import { type CodePoints, union } from './code_points.js';
import { ExpressionError, type Node, TEXT_FOLLOWS } from './tree.js';

export type Instruction =
  /** Reads a code point of the set. */
  | { readonly kind: 'set'; readonly set: number; readonly next: number }
  /** Goes on at the first of both that leads to the end. Of a loop, `exit` is the one that leaves it. */
  | { readonly kind: 'split'; first: number; second: number; exit?: number }
  /** Goes on where the instructions from `body` can, or cannot, reach their end from here. */
  | { readonly kind: 'ahead'; readonly body: number; readonly negative: boolean; readonly next: number }
  /** The same for what ends here: `condition` is an index of `Program.conditions`. */
  | { readonly kind: 'behind'; readonly condition: number; readonly negative: boolean; readonly next: number }
  | { readonly kind: 'end' };

export interface Routine {
  readonly code: readonly Instruction[];
  readonly start: number;
  /** Of every instruction in how many lookaheads it is. */
  readonly depths: Uint8Array;
}

export interface Program extends Routine {
  /** Bodies of lookbehinds; one may ask for those before it. */
  readonly conditions: readonly Routine[];
  readonly sets: readonly CodePoints[];
}

/** An expression of a model has up to some hundreds. Every one costs time at every new state of the automaton. */
const INSTRUCTIONS = 1000;
/** Of all lookbehinds together: every one may cost time at every place of a text. Those of models have a few. */
const BEHIND_INSTRUCTIONS = 256;
/** Conditions are bits of a byte. */
const CONDITIONS = 8;

export function compile(tree: Node): Program {
  const shared = {
    sets: [] as CodePoints[],
    keys: new Map<string, number>(),
    conditions: [] as Routine[],
    behind: 0,
  };
  const routine = new Compiler(shared, false).routine(tree);
  return { ...routine, sets: shared.sets, conditions: shared.conditions };
}

interface Shared {
  sets: CodePoints[];
  /** Index of sets and of conditions by what they are. */
  keys: Map<string, number>;
  conditions: Routine[];
  /** Instructions of all conditions. */
  behind: number;
}

class Compiler {
  private readonly code: Instruction[] = [];
  private readonly depths: number[] = [];
  private depth = 0;

  constructor(
    private readonly shared: Shared,
    private readonly behind: boolean,
  ) {}

  routine(tree: Node): Routine {
    const start = this.node(tree, this.add({ kind: 'end' }));
    return { code: this.code, start, depths: Uint8Array.from(this.depths) };
  }

  private add(instruction: Instruction): number {
    if (this.code.length >= INSTRUCTIONS) {
      throw new ExpressionError(`it is as large as more than ${INSTRUCTIONS} characters without repeats`);
    }
    if (this.behind && ++this.shared.behind > BEHIND_INSTRUCTIONS) {
      throw new ExpressionError(
        `its lookbehinds are as large as more than ${BEHIND_INSTRUCTIONS} characters without repeats`,
      );
    }
    this.depths.push(this.depth);
    return this.code.push(instruction) - 1;
  }

  /** Where the instructions for `node` begin that go on at `next`. */
  private node(node: Node, next: number): number {
    switch (node.kind) {
      case 'set':
        return this.add({ kind: 'set', set: this.setIndex(node.set), next });
      case 'sequence':
        return node.parts.reduceRight((after, part) => this.node(part, after), next);
      case 'choice':
        return this.choice(node.parts, next);
      case 'repeat':
        return this.repeat(node, next);
      case 'look':
        return node.behind ? this.lookBehind(node, next) : this.lookAhead(node, next);
    }
  }

  private choice(parts: readonly Node[], next: number): number {
    // Sets side by side are one set, as all lead to `next`.
    if (parts.every((part) => part.kind === 'set')) {
      return this.node({ kind: 'set', set: union(parts.map((part) => part.set)) }, next);
    }
    return parts
      .slice(0, -1)
      .reduceRight(
        (second, part) => this.add({ kind: 'split', first: this.node(part, next), second }),
        this.node(parts.at(-1)!, next),
      );
  }

  private repeat(node: Node & { kind: 'repeat' }, next: number): number {
    const { body, min, max, greedy } = node;
    const fork = (inside: number, outside: number): Instruction & { kind: 'split' } => ({
      kind: 'split',
      first: greedy ? inside : outside,
      second: greedy ? outside : inside,
    });
    let start = next;
    let once = min;
    if (max === Number.POSITIVE_INFINITY) {
      const loop = { ...fork(next, next), exit: next };
      const at = this.add(loop);
      const inside = this.node(body, at);
      // A body of nothing, repeated, is nothing.
      if (inside === at) return next;
      if (greedy) loop.first = inside;
      else loop.second = inside;
      start = min > 0 ? inside : at;
      once = Math.max(min - 1, 0);
    } else {
      for (let i = min; i < max; i++) {
        const inside = this.node(body, start);
        if (inside === start) return next;
        start = this.add(fork(inside, next));
      }
    }
    for (let i = 0; i < once; i++) {
      const before = this.node(body, start);
      if (before === start) break;
      start = before;
    }
    return start;
  }

  private lookAhead(node: Node & { kind: 'look' }, next: number): number {
    const { body, negative } = node;
    // A `^` in a lookbehind, whose place only matters where something follows.
    if (this.behind && node === TEXT_FOLLOWS) return next;
    if (this.behind) throw new ExpressionError('it has a lookahead in a lookbehind');
    this.depth++;
    const inside = this.node(body, this.add({ kind: 'end' }));
    this.depth--;
    return this.add({ kind: 'ahead', body: inside, negative, next });
  }

  private lookBehind({ body, negative }: Node & { kind: 'look' }, next: number): number {
    const key = `behind ${JSON.stringify(body)}`;
    let condition = this.shared.keys.get(key);
    if (condition === undefined) {
      const routine = new Compiler(this.shared, true).routine(body);
      const { conditions } = this.shared;
      if (conditions.length >= CONDITIONS) {
        throw new ExpressionError(`it has more than ${CONDITIONS} different lookbehinds`);
      }
      condition = conditions.push(routine) - 1;
      this.shared.keys.set(key, condition);
    }
    return this.add({ kind: 'behind', condition, negative, next });
  }

  private setIndex(set: CodePoints): number {
    const key = `set ${set.join()}`;
    let index = this.shared.keys.get(key);
    if (index === undefined) {
      index = this.shared.sets.push(set) - 1;
      this.shared.keys.set(key, index);
    }
    return index;
  }
}
