/** Random changes of JSON: of a value somewhere in it, or of its text. */
import type { Random } from './random.js';

/** Raw texts, since some of them are no values that JSON.stringify would write. */
const VALUES = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '1',
  '-1',
  '0.5',
  '2',
  '3',
  '7',
  '1e300',
  '1e999',
  '-1e999',
  '1e-300',
  '1e-45',
  '255',
  '65536',
  '2147483647',
  '4294967296',
  '9007199254740991',
  '9007199254740993',
  '1e15',
  'NaN',
  '"NaN"',
  '""',
  '"x"',
  '"[UNK]"',
  '"gelu"',
  '"\\ud800"',
  '"\\u0000"',
  '"../x"',
  '"__proto__"',
  '"constructor"',
  '[]',
  '[[]]',
  '[null]',
  '[0]',
  '[-1, 5]',
  '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]',
  '{}',
  '{"__proto__": {"x": 1}}',
  '{"type": "x"}',
] as const;

export type Change = 'set' | 'remove' | 'duplicate' | 'swap' | 'scale' | 'extra';

export interface JsonMutation {
  /** Keys and indices down to the value. */
  path: (string | number)[];
  change: Change;
  /** Raw text of the new value. */
  raw: string;
}

/** A place in `value`, more often deep in it. */
function randomPath(random: Random, value: unknown): (string | number)[] {
  const path: (string | number)[] = [];
  let at = value;
  while (typeof at === 'object' && at !== null) {
    const keys = Array.isArray(at) ? at.map((_, i) => i) : Object.keys(at);
    if (keys.length === 0 || (path.length > 0 && random.chance(0.15))) break;
    const key = random.pick<string | number>(keys);
    path.push(key);
    at = (at as Record<string | number, unknown>)[key];
  }
  return path;
}

export function mutateJson(random: Random, value: unknown): JsonMutation {
  const path = randomPath(random, value);
  const change = random.pick(['set', 'set', 'set', 'remove', 'duplicate', 'swap', 'scale', 'extra'] as const);
  const nested = random.chance(0.02) ? `${'['.repeat(20_000)}${']'.repeat(20_000)}` : undefined;
  const scaled = String(random.pick([2, 0.5, -1, 1e10, 3, 1.5]));
  return { path, change, raw: nested ?? (change === 'scale' ? scaled : random.pick(VALUES)) };
}

const HOLE = '@@fuzz-hole@@';

/** The text of `text` with the change made; the text itself where the path is not there. */
export function applyJson(text: string, { path, change, raw }: JsonMutation): string {
  const root = { value: JSON.parse(text) as unknown };
  let parent: Record<string | number, unknown> = root;
  let key: string | number = 'value';
  for (const next of path) {
    const below = parent[key];
    if (typeof below !== 'object' || below === null) return text;
    parent = below as Record<string | number, unknown>;
    key = next;
  }
  const value = parent[key];
  if (change === 'remove' && key !== 'value') {
    if (Array.isArray(parent)) parent.splice(key as number, 1);
    else delete parent[key];
    return JSON.stringify(root.value);
  }
  if (change === 'swap') {
    const keys = Object.keys(parent);
    const other = keys[(keys.indexOf(String(key)) + 1) % keys.length]!;
    [parent[key], parent[other]] = [parent[other], value];
    return JSON.stringify(root.value);
  }
  if (change === 'scale' && typeof value === 'number') {
    parent[key] = value * Number(raw);
    return JSON.stringify(root.value);
  }
  if (change === 'duplicate' && !Array.isArray(parent)) {
    parent[key] = HOLE;
    // The key twice: first with the new value, then with its own.
    const again = JSON.stringify(value);
    return fill(root.value, `${raw},${JSON.stringify(String(key))}:${again}`);
  }
  if (change === 'extra' && typeof value === 'object' && value !== null && !Array.isArray(value)) {
    (value as Record<string, unknown>)[`extra_${raw.length}`] = HOLE;
  } else {
    parent[key] = HOLE;
  }
  return fill(root.value, raw);
}

function fill(value: unknown, raw: string): string {
  return JSON.stringify(value).replace(`"${HOLE}"`, () => raw);
}
