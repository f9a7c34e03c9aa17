/**
 * Asynchronous operations do not depend on what becomes of the caller's arrays while they run: whatever is written to
 * them, and wherever their buffers are transferred. The table has a case for every asynchronous export.
 */
import { types } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ArgumentError } from '../../../lib/errors.js';
import { addon } from '../../../lib/native/load.js';
import { goldenPath } from '../../support/golden.js';
import { KERNEL_CASES, modelCases, type NativeCase } from '../../support/native_cases.js';

type Loose = Record<string, (options: unknown, own?: unknown) => unknown>;
const native = addon() as unknown as Loose;
type Typed = Float32Array | Int32Array | Uint8Array | BigInt64Array;

/** Typed arrays anywhere in the options, by name; each once. */
function arraysOf(value: unknown, found = new Map<Typed, string>(), name = ''): Map<Typed, string> {
  if (ArrayBuffer.isView(value)) {
    if (!found.has(value as Typed)) found.set(value as Typed, name);
  } else if (typeof value === 'object' && value !== null && !('dispose' in value)) {
    for (const [key, item] of Object.entries(value)) arraysOf(item, found, key);
  }
  return found;
}

function outputsOf({ outputs }: NativeCase, options: object): Typed[] {
  return [...arraysOf(options)].filter(([, name]) => outputs.includes(name)).map(([array]) => array);
}

const bits = (arrays: readonly Typed[]) =>
  arrays.map(({ buffer }) => Buffer.from(buffer.slice(0)).toString('hex'));

/** Keeps all threads for jobs busy, so that what is called next has to wait in the queue. */
function occupy(): Promise<unknown> {
  const n = 320;
  const make = () => new Float32Array(n * n);
  const job = () =>
    native.matmulAsync!({
      batch: 1,
      m: n,
      n,
      k: n,
      a: make(),
      aBatchStride: 0,
      transposeA: false,
      packed: null,
      b: make(),
      bBatchStride: 0,
      transposeB: false,
      bias: null,
      residual: null,
      activation: 0,
      out: make(),
    });
  return Promise.all(Array.from({ length: 12 }, job));
}

function overwrite(array: Typed): void {
  if (types.isBigInt64Array(array)) array.fill(77n);
  else array.fill(77);
}

function transfer(array: Typed): void {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  expect(array.length).toBe(0);
}

let cases: readonly NativeCase[];
beforeAll(async () => {
  cases = [...KERNEL_CASES, ...(await modelCases(goldenPath('tiny_bert')))];
});
const busy: Promise<unknown>[] = [];
afterAll(() => Promise.all(busy));

const names = [...new Set(KERNEL_CASES.map(({ name }) => name)), 'encode', 'loadProgram'];

describe('the table', () => {
  it('has a case for every asynchronous export, and for nothing else', () => {
    const exported = Object.keys(native).filter((name) => name.endsWith('Async'));
    expect(names.map((name) => `${name}Async`).sort()).toEqual(exported.sort());
    expect([...new Set(cases.map(({ name }) => name))].sort()).toEqual([...names].sort());
  });

  it('names outputs that are there and inputs that matter', () => {
    for (const one of cases) {
      const written = outputsOf(one, one.make());
      expect(written.length).toBeGreaterThanOrEqual(one.outputs.length);
    }
  });
});

describe.each(names)('%sAsync', (name) => {
  const all = () => cases.filter((one) => one.name === name);
  const expected = (one: NativeCase): string[] => {
    const options = one.make();
    native[name]!(options);
    return bits(outputsOf(one, options));
  };

  it('works on its arrays as they were when it was called', async () => {
    for (const one of all()) {
      const right = expected(one);
      const options = one.make();
      busy.push(occupy());
      const outputs = outputsOf(one, options);
      const job = native[`${name}Async`]!(options);
      for (const array of arraysOf(options).keys()) overwrite(array);
      await job;
      expect({ form: one.form, bits: bits(outputs) }).toEqual({ form: one.form, bits: right });
    }
  });

  it('reads nothing of a buffer that was transferred', async () => {
    for (const one of all()) {
      const right = expected(one);
      const options = one.make();
      busy.push(occupy());
      const outputs = outputsOf(one, options);
      const job = native[`${name}Async`]!(options);
      for (const array of arraysOf(options).keys()) if (!outputs.includes(array)) transfer(array);
      await job;
      expect({ form: one.form, bits: bits(outputs) }).toEqual({ form: one.form, bits: right });
    }
  });

  it('says so when an output is not there any more, and writes to none', async () => {
    for (const one of all()) {
      for (const which of outputsOf(one, one.make()).keys()) {
        const options = one.make();
        const outputs = outputsOf(one, options);
        const before = bits(outputs);
        busy.push(occupy());
        const job = native[`${name}Async`]!(options) as Promise<void>;
        transfer(outputs[which]!);
        const error = (await job.catch((e: unknown) => e)) as Error;
        expect(error).toBeInstanceOf(ArgumentError);
        expect(error.message).toMatch(/^\w+: its buffer was transferred, detached or made smaller while/);
        outputs.splice(which, 1);
        before.splice(which, 1);
        expect(bits(outputs)).toEqual(before);
      }
    }
  });

  it('gives the bits of the synchronous operation on shared memory', async () => {
    for (const one of all()) {
      const right = expected(one);
      const options = one.make();
      const shared = new Map<Typed, Typed>();
      for (const array of arraysOf(options).keys()) {
        const buffer = new SharedArrayBuffer(array.byteLength);
        const copy = new (array.constructor as new (buffer: SharedArrayBuffer) => Typed)(buffer);
        (copy as Float32Array).set(array as Float32Array);
        shared.set(array, copy);
      }
      const replaced = replace(options, shared) as object;
      await native[`${name}Async`]!(replaced);
      expect(bits(outputsOf(one, replaced))).toEqual(right);
    }
  });
});

function replace(value: unknown, by: ReadonlyMap<Typed, Typed>): unknown {
  if (ArrayBuffer.isView(value)) return by.get(value as Typed);
  if (Array.isArray(value)) return value.map((item) => replace(item, by));
  if (typeof value !== 'object' || value === null || 'dispose' in value) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replace(item, by)]));
}

describe('arrays that are said to be owned', () => {
  it('are used where they are', async () => {
    const x = Float32Array.of(1, 2, 3, 4);
    const y = new Float32Array(4);
    await native.unaryAsync!({ op: 0, x, out: y.subarray(0, 4) }, [x, y]);
    expect([...y]).toEqual([-1, -2, -3, -4]);
  });

  it('are nothing but arrays of numbers', async () => {
    const options = { op: 0, x: Float32Array.of(1), out: new Float32Array(1) };
    for (const own of [undefined, null, 3, [3, null, {}, 'x', new Float64Array(2)], {}]) {
      await native.unaryAsync!(options, own);
      expect(options.out[0]).toBe(-1);
    }
  });
});

describe('relations between arrays', () => {
  const negated = (x: Float32Array, out: Float32Array) => native.unaryAsync!({ op: 0, x, out });

  it('stay: an output may be its input, and longer', async () => {
    const both = Float32Array.of(1, 2, 3, 4);
    await negated(both, both);
    expect([...both]).toEqual([-1, -2, -3, -4]);
    await negated(both.subarray(0, 2), both);
    expect([...both]).toEqual([1, 2, -3, -4]);
  });

  it('are refused as in a synchronous call', () => {
    const both = new Float32Array(6);
    expect(() => negated(both.subarray(0, 4), both.subarray(2, 6))).toThrow(
      'out: expected memory of its own',
    );
  });

  it('hold inside of a batch, or are refused', async () => {
    const [x, half, whole] = [Float32Array.of(1, 2, 3, 4), new Float32Array(4), new Float32Array(6)];
    const gate = (from: Float32Array, y: Float32Array) => ({
      name: 'gate',
      options: { x: from, gate: half, y, size: 4 },
    });
    const y = whole.subarray(0, 4);
    await native.batchedAsync!({ batch: 1, operations: [gate(x, y), gate(y, y)] });
    expect([...whole]).toEqual([0.25, 0.5, 0.75, 1, 0, 0]);
    expect(() =>
      native.batchedAsync!({
        batch: 1,
        operations: [gate(x, y), gate(whole.subarray(1, 5), new Float32Array(4))],
      }),
    ).toThrow('x: expected memory of its own, or all of it inside of another output');
  });
});
