/**
 * Options whose getters run code while the addon reads them: they detach or shrink an array that was read before. The
 * answer is one error or the right result; run with a collection after each, so that freed memory is really gone.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { SyntheticAttentionError } from '../../../lib/errors.js';
import { addon } from '../../../lib/native/load.js';
import { goldenPath } from '../../support/golden.js';
import { KERNEL_CASES, modelCases, type NativeCase } from '../../support/native_cases.js';

type Loose = Record<string, (options: unknown) => unknown>;
const native = addon() as unknown as Loose;
type Typed = Float32Array | Int32Array | Uint8Array;
type Options = Record<string, unknown>;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const detach = (array: Typed) => structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });

let cases: readonly NativeCase[];
beforeAll(async () => {
  cases = [...KERNEL_CASES, ...(await modelCases(goldenPath('tiny_bert')))];
});

/** Every object among the options with an array in it, itself and nested ones. */
function holders(value: unknown, found: Options[] = []): Options[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || 'dispose' in value)
    return found;
  if (!Array.isArray(value)) found.push(value as Options);
  for (const item of Object.values(value)) holders(item, found);
  return found;
}

/** Turns `name` of `holder` into a getter that runs `act` first. */
function trap(holder: Options, name: string, act: () => void): void {
  const value = holder[name];
  Object.defineProperty(holder, name, {
    enumerable: true,
    get: () => {
      act();
      return value;
    },
  });
}

async function outcome(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe.each(['', 'Async'])('getters of options that detach arrays (%s)', (suffix) => {
  it('lead to an error with a code, or to nothing', async () => {
    let errors = 0;
    let traps = 0;
    for (const one of cases) {
      const count = holders(one.make()).length;
      for (let h = 0; h < count; h++) {
        for (const name of Object.keys(holders(one.make())[h]!)) {
          const options = one.make();
          const all = holders(options);
          const arrays = all
            .flatMap((o) => Object.values(o))
            .filter((v): v is Typed => ArrayBuffer.isView(v));
          let begun = false;
          trap(all[h]!, name, () => {
            if (!begun) for (const array of arrays) if (array.length > 0) detach(array);
            begun = true;
            // A collection takes a tenth of a second here.
            if (++traps % 60 === 0) collect();
          });
          const error = (await outcome(() => native[one.name + suffix]!(options))) as object | undefined;
          if (error === undefined) continue;
          errors++;
          expect([one.name, name, error]).toEqual([one.name, name, expect.any(SyntheticAttentionError)]);
        }
      }
    }
    expect(errors).toBeGreaterThan(100);
  });
});

describe('getters', () => {
  const unary = (changes: object = {}) => ({
    op: 0,
    x: new Float32Array(1000),
    out: new Float32Array(1000),
    ...changes,
  });

  it('that detach an array that was read: a synchronous call says so and writes nothing', () => {
    const options = unary();
    const { x, out } = options;
    trap(options as unknown as Options, 'beta', () => detach(x));
    const error = (() => {
      try {
        return native.unary!(options);
      } catch (e) {
        return e;
      }
    })() as { code: string; message: string };
    expect([error.code, error.message]).toEqual([
      'ERR_ARGUMENT',
      'x: its buffer was transferred, detached or resized while the options were read',
    ]);
    expect(out.every((y) => y === 0)).toBe(true);
  });

  it('that shrink a resizable buffer are noticed too', () => {
    const resizable = new (
      ArrayBuffer as unknown as new (
        size: number,
        options: object,
      ) => ArrayBuffer & { resize(size: number): void }
    )(4000, { maxByteLength: 4000 });
    const options = unary({ x: new Float32Array(resizable) });
    trap(options as unknown as Options, 'alpha', () => resizable.resize(4));
    expect(() => native.unary!(options)).toThrow('x: its buffer was transferred, detached or resized');
  });

  it('that throw: their error comes first', async () => {
    const own = new RangeError('own');
    for (const one of cases) {
      const options = one.make() as Options;
      trap(options, Object.keys(options)[0]!, () => {
        throw own;
      });
      expect(await outcome(() => native[one.name]!(options))).toBe(own);
      expect(await outcome(() => native[`${one.name}Async`]!(options))).toBe(own);
    }
  });

  it('in a list of sizes that make it longer change nothing', () => {
    const shape: number[] = [2, 2];
    Object.defineProperty(shape, 0, {
      get: () => {
        shape.push(2, 2, 2, 2, 2, 2, 2, 2);
        return 2;
      },
    });
    const [x, out] = [Float32Array.of(1, 2, 3, 4), new Float32Array(4)];
    native.transpose!({ x, out, shape, permutation: [1, 0] });
    expect([...out]).toEqual([1, 3, 2, 4]);
  });

  it('of a bias are read once: the length that was checked is the length of the bias', () => {
    const options: Options = {
      batch: 2,
      m: 1,
      n: 4,
      k: 1,
      a: new Float32Array(2),
      aBatchStride: 1,
      transposeA: false,
      packed: null,
      b: new Float32Array(4),
      bBatchStride: 0,
      transposeB: false,
      biasBatchStride: 1000,
      residual: null,
      activation: 0,
      out: new Float32Array(8),
    };
    let reads = 0;
    Object.defineProperty(options, 'bias', { get: () => new Float32Array(++reads === 1 ? 4 : 2000) });
    expect(() => native.matmul!(options)).toThrow('bias: expected at least 1004 elements but received 4');
  });
});

describe('typed arrays of a derived class, and proxies', () => {
  class Shorter extends Float32Array {
    override get length(): number {
      return 1e9;
    }
  }

  it('are taken for what they hold', () => {
    const out = new Float32Array(4);
    native.unary!({ op: 0, x: new Shorter([1, 2, 3, 4]), out });
    expect([...out]).toEqual([-1, -2, -3, -4]);
    const proxy = new Proxy(new Float32Array(4), {});
    expect(() => native.unary!({ op: 0, x: proxy, out })).toThrow(
      'x: expected a Float32Array but received an object',
    );
  });
});
