/** Public entries against arguments that nobody should give: every error must be one of the package's. */
import { SyntheticAttentionError } from '../../lib/errors.js';

/** What user code throws: it passes through unchanged. */
export const MARK = new Error('thrown by the caller’s own code');

function thrower(): never {
  throw MARK;
}

const throwingProxy = () =>
  new Proxy({}, { get: thrower, has: thrower, ownKeys: thrower, getOwnPropertyDescriptor: thrower });

function circularArray(): unknown[] {
  const list: unknown[] = [];
  list.push(list);
  return list;
}

function deepArray(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

function deepObject(depth: number): unknown {
  let value: unknown = {};
  for (let i = 0; i < depth; i++) value = { data: value, config: value, shape: value, value };
  return value;
}

export function detached(size = 6): Float32Array {
  const data = new Float32Array(size);
  structuredClone(data.buffer, { transfer: [data.buffer] });
  return data;
}

function maskOfDetachedBytes(): object {
  const data = new Uint8Array(1);
  structuredClone(data.buffer, { transfer: [data.buffer] });
  return { data, shape: [0] };
}

function detachedIntegers(): Int32Array {
  const data = new Int32Array(3);
  structuredClone(data.buffer, { transfer: [data.buffer] });
  return data;
}

class Named {
  get data(): never {
    return thrower();
  }
}

// Nothing changes these, and they take long to make.
const DEEP_ARRAY = deepArray(10_000);
const DEEP_OBJECT = deepObject(10_000);
const HUGE_ARRAY = new Array(2 ** 32 - 1);

/** New ones for every call, since calls may keep or change what they get. */
const BAD: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  false: () => false,
  zero: () => 0,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  '-1': () => -1,
  '1.5': () => 1.5,
  '2**53': () => 2 ** 53,
  '1e300': () => 1e300,
  bigint: () => 10n ** 100n,
  symbol: () => Symbol('s'),
  'empty string': () => '',
  string: () => 'x',
  'string with NUL': () => 'a\0b',
  'long string': () => 'x'.repeat(100_000),
  function: () => () => 1,
  object: () => ({}),
  'null prototype': () => Object.create(null),
  array: () => [],
  'array of undefined': () => [undefined],
  'array of null': () => [null],
  'array of symbols': () => [Symbol('s')],
  'array of strings': () => ['x', 'y'],
  'array of numbers': () => [1, Number.NaN, -1],
  'array with holes': () => new Array(5),
  'huge array': () => HUGE_ARRAY,
  'circular array': circularArray,
  'deep array': () => DEEP_ARRAY,
  'deep object': () => DEEP_OBJECT,
  map: () => new Map([['a', 1]]),
  date: () => new Date(Number.NaN),
  promise: () => Promise.resolve(1),
  'throwing proxy': throwingProxy,
  'throwing getter': () => new Named(),
  'object without a name': () => ({ constructor: { name: Symbol('s') } }),
  'wrong typed array': () => new Float64Array(6),
  'integers of another width': () => new BigInt64Array(3),
  'empty typed array': () => new Float32Array(0),
  buffer: () => new ArrayBuffer(8),
  detached,
  'detached integers': detachedIntegers,
  'tensor of a detached array': () => ({ data: detached(0), shape: [0] }),
  'tensor of NaN': () => ({ data: new Float32Array(6).fill(Number.NaN), shape: [2, 3] }),
  'tensor without shape': () => ({ data: new Float32Array(6) }),
  'tensor without elements': () => ({ data: new Float32Array(0), shape: [2 ** 40, 0] }),
  'tensor with far too many rows': () => ({ data: new Float32Array(0), shape: [2 ** 52, 0, 2 ** 52] }),
  'tensor of another rank': () => ({ data: new Float32Array(1), shape: [1, 1, 1, 1, 1, 1, 1] }),
  'tensor with symbols': () => ({ data: new Float32Array(1), shape: [Symbol('s')] }),
  'mask of detached bytes': maskOfDetachedBytes,
};

/** The good values, with the one under test in the place of another. */
export interface Entry {
  name: string;
  /** Made for every call. */
  args: () => unknown[];
  call: (...args: never[]) => unknown;
  /** Place of the options among `args`, whose own values are tried too. */
  options?: number;
  /** What is left out, by its name in messages. */
  skip?: readonly string[];
  /** Only these of the values, by their names in messages. */
  only?: RegExp;
}

/** The sentence about a violation, or undefined. */
async function outcome(act: () => unknown): Promise<string | undefined> {
  try {
    let result = await act();
    const { next } = (result ?? {}) as { next?: unknown };
    // Generators do nothing until they are asked.
    if (typeof next === 'function') result = await (result as AsyncGenerator).next();
    const { dispose } = (result ?? {}) as { dispose?: unknown };
    if (typeof dispose === 'function') (dispose as () => void).call(result);
    return undefined;
  } catch (error) {
    if (error === MARK) return undefined;
    if (!(error instanceof SyntheticAttentionError)) {
      return `threw ${error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error)}`;
    }
    if (!/^ERR_[A-Z_]+$/.test(error.code)) return `has the code ${error.code}`;
    if (error.code === 'ERR_NATIVE') return `only native code noticed: ${error.message}`;
    return error.message.length < 2000 ? undefined : 'has a message without end';
  }
}

function* variants({ args, options }: Entry): Generator<[string, () => unknown[]]> {
  const places = args().length;
  for (const [bad, make] of Object.entries(BAD)) {
    for (let i = 0; i < places; i++) yield [`argument ${i}: ${bad}`, () => args().with(i, make())];
    // Tensors of which one half is wrong.
    for (const [i, value] of args().entries()) {
      const { data, shape } = (value ?? {}) as { data?: unknown; shape?: unknown };
      if (!ArrayBuffer.isView(data) || !Array.isArray(shape)) continue;
      yield [`argument ${i}.data: ${bad}`, () => args().with(i, { data: make(), shape })];
      yield [`argument ${i}.shape: ${bad}`, () => args().with(i, { data, shape: make() })];
    }
    if (options === undefined) continue;
    for (const name of Object.keys((args()[options] ?? {}) as object)) {
      const changed = () => args().with(options, { ...(args()[options] as object), [name]: make() });
      yield [`option ${name}: ${bad}`, changed];
    }
  }
}

/** What went wrong, one line each; empty is right. */
export async function violations(entries: readonly Entry[]): Promise<string[]> {
  const found: string[] = [];
  for (const entry of entries) {
    const { name, args, call, options, skip = [], only = /./ } = entry;
    const act = call as (...given: unknown[]) => unknown;
    const good = await outcome(() => act(...args()));
    if (good !== undefined) found.push(`${name} with good arguments ${good}`);
    for (const [what, given] of variants(entry)) {
      if (skip.includes(what) || !only.test(what)) continue;
      const wrong = await outcome(() => act(...given()));
      if (wrong !== undefined) found.push(`${name}, ${what}: ${wrong}`);
    }
    if (options === undefined) continue;
    const unknown = { ...(args()[options] as object), notAnOption: 1 };
    try {
      await outcomeOrThrow(() => act(...args().with(options, unknown)));
      found.push(`${name} takes an unknown option`);
    } catch (error) {
      if (!/"notAnOption", an unknown option/.test((error as Error).message)) {
        found.push(`${name} with an unknown option: ${(error as Error).message}`);
      }
    }
  }
  return found;
}

async function outcomeOrThrow(act: () => unknown): Promise<void> {
  const result = await act();
  const { next } = (result ?? {}) as { next?: unknown };
  if (typeof next === 'function') await (result as AsyncGenerator).next();
}
