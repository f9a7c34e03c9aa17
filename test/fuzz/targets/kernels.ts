/**
 * Every exported kernel, at once and on the pool. The call at once on fresh operands is the reference; the call on the
 * pool meets what a program can do meanwhile: transfer buffers, collect garbage, dispose matrices, abort.
 */
import { setImmediate as turn } from 'node:timers/promises';
import * as exported from '../../../lib/kernels/index.js';
import { PackedMatrix, PreparedScores, QuantizedMatrix } from '../../../lib/kernels/index.js';
import { collectGarbage, detach } from '../collect.js';
import { damaged, fits, make, type Operand, ordinary } from '../operands.js';
import type { Random } from '../random.js';
import { sameBits } from '../same.js';
import { expectThat, outcome, type Target } from '../target.js';
import { CASES, type KernelCase } from './kernel_cases.js';

const ACTIONS = [
  'transfer',
  'transfer',
  'transfer',
  'collect',
  'dispose',
  'abort',
  'write',
  'turn',
  'again',
] as const;

interface Action {
  do: (typeof ACTIONS)[number];
  /** Which tensor. */
  at: number;
}

interface Input extends KernelCase {
  /** Whether the case is as its maker made it: it must be accepted then. */
  sound: boolean;
  /** Where the result goes: memory of its own, or that of a tensor, some elements further. */
  out: null | { at: number; shift: number } | Operand;
  actions: Action[];
}

interface Result {
  data: Float32Array;
  shape: readonly number[];
}

type Disposable = { dispose(): void };
type Kernel = (...args: unknown[]) => unknown;

const kernels = exported as unknown as Record<string, Kernel>;

function spoil(random: Random, input: Input): void {
  input.sound = false;
  const { operands, tensors, integers, options } = input;
  const names = Object.keys(tensors);
  const what = random.integer(0, 9);
  const list = integers[0];
  if (what === 0 && list !== undefined && list.length > 0) {
    list[random.integer(0, list.length - 1)] = random.pick([-1, 2 ** 31 - 1, -(2 ** 31), 7]);
  } else if (what === 1) {
    const value = random.pick([null, 7, 'x', Number.NaN, -1, {}, [], true, 1e300, 2 ** 53]);
    options[
      random.pick([...Object.keys(options), 'scale', 'epsilon', 'out', 'mask', 'mode', 'causal', 'unknown'])
    ] = value;
  } else if (what <= 3 && names.length > 0) {
    const name = random.pick(names);
    tensors[name] = damaged(random, tensors[name]!);
  } else if (operands.length > 0) {
    const at = random.integer(0, operands.length - 1);
    operands[at] = damaged(random, operands[at]!);
  }
}

function generate(random: Random): Input {
  const kernel = random.pick(Object.keys(CASES));
  const input: Input = {
    kernel,
    ...structuredClone(CASES[kernel]!(random)),
    sound: true,
    out: null,
    actions: [],
  };
  for (let i = random.pick([0, 0, 1, 1, 2]); i > 0; i--) spoil(random, input);
  input.sound &&= [...input.operands, ...Object.values(input.tensors)].every(fits);
  const out = random.integer(0, 4);
  const [first] = input.operands;
  if (out === 0) input.out = { at: random.integer(0, 3), shift: random.pick([0, 0, 0, 1, -1, 3]) };
  if (out === 1) input.out = { ...first!, shape: input.result, seed: random.seed() };
  const count = random.pick([0, 1, 1, 2, 3]);
  input.actions = random.list(count, () => ({ do: random.pick(ACTIONS), at: random.integer(0, 4) }));
  return input;
}

/** Arguments of one call, and what actions work on. */
interface Prepared {
  args: unknown[];
  tensors: unknown[];
  matrices: Disposable[];
  options: Record<string, unknown>;
}

function outFor(input: Input, tensors: readonly unknown[]): unknown {
  const { out } = input;
  if (out === null) return undefined;
  if ('fill' in out) return make(out);
  const other = tensors[out.at % Math.max(1, tensors.length)] as Result | null | undefined;
  const data = other?.data;
  if (!(data instanceof Float32Array) || data.length === 0) return undefined;
  const begin = data.byteOffset + 4 * out.shift;
  const size = input.result.reduce((product, d) => product * d, 1);
  const fits = begin >= 0 && begin + 4 * size <= data.buffer.byteLength;
  return { data: fits ? new Float32Array(data.buffer, begin, size) : data, shape: input.result };
}

function prepare(input: Input): Prepared {
  const operands = input.operands.map(make);
  const named = Object.entries(input.tensors).map(([name, one]) => {
    const tensor = make(one);
    return [name, name === 'mask' && one.type === 'uint8' ? asMask(tensor) : tensor] as const;
  });
  const out = outFor(input, operands);
  const options = { ...input.options, ...Object.fromEntries(named), ...(out !== undefined && { out }) };
  const tensors: unknown[] = [...operands, ...named.map(([, tensor]) => tensor), out];
  const matrices: Disposable[] = [];
  const keep = <T extends Disposable>(matrix: T): T => {
    matrices.push(matrix);
    return matrix;
  };
  const [first, second, third] = operands as never[];
  const args: Record<string, () => unknown[]> = {
    packedMatmul: () => [first, keep(new PackedMatrix(second!))],
    int8Matmul: () => [first, keep(new QuantizedMatrix(second!))],
    randomAttention: () => [new PreparedScores(first!), second],
    denseAttention: () => [first, keep(new PackedMatrix(second!)), third],
    embedding: () => [operands.map((table, i) => ({ table, ids: Int32Array.from(input.integers[i] ?? []) }))],
    pool: () => [first, Int32Array.from(input.integers[0] ?? [])],
  };
  return { args: args[input.kernel]?.() ?? operands, tensors, matrices, options };
}

/** Zeros and ones instead of the numbers that a tensor of bytes was rounded to. */
function asMask(tensor: unknown): unknown {
  const { data } = (tensor ?? {}) as { data?: unknown };
  if (data instanceof Uint8Array) for (let i = 0; i < data.length; i++) data[i] = (i * 7919) % 5 < 3 ? 1 : 0;
  return tensor;
}

const nameOf = (kernel: string): string => (kernel === 'packedMatmul' ? 'matmul' : kernel);

function resultOf(value: unknown): Result {
  const { output } = value as { output?: Result };
  return output ?? (value as Result);
}

async function act(action: Action, prepared: Prepared, controller: AbortController): Promise<void> {
  const { tensors, matrices } = prepared;
  const { data } = (tensors[action.at % Math.max(1, tensors.length)] ?? {}) as Partial<Result>;
  if (action.do === 'transfer' && data?.buffer) detach(data.buffer);
  if (action.do === 'write' && data instanceof Float32Array && data.length > 0) data.fill(Number.NaN);
  if (action.do === 'dispose') for (const matrix of matrices) matrix.dispose();
  if (action.do === 'abort') controller.abort();
  if (action.do === 'collect') collectGarbage();
  if (action.do === 'turn') await turn();
}

async function runOnPool(input: Input, expected: Result | undefined): Promise<void> {
  const kernel = kernels[`${nameOf(input.kernel)}Async`];
  if (kernel === undefined) return;
  const controller = new AbortController();
  const { signal } = controller;
  const { value: prepared } = await outcome(() => prepare(input));
  if (prepared === undefined) return;
  const start = () =>
    outcome(() => kernel(...prepared.args, { ...prepared.options, signal })).catch((error: unknown) => {
      if (error === signal.reason) return { error: error as Error, value: undefined };
      throw error;
    });
  const calls = [start()];
  for (const action of input.actions) {
    if (action.do === 'again' && input.out === null) calls.push(start());
    await act(action, prepared, controller);
  }
  if (input.actions.some(({ do: name }) => name === 'transfer')) collectGarbage();
  const disturbed =
    input.actions.some(({ do: name }) => ['transfer', 'dispose', 'abort'].includes(name)) ||
    // The first call takes the memory away from the second.
    [...input.operands, ...Object.values(input.tensors)].some(({ form }) => form === 'detaching');
  for (const { value, error } of await Promise.all(calls)) {
    const aliased = input.out !== null;
    if (error !== undefined) {
      expectThat(
        disturbed || aliased || expected === undefined,
        `the call on the pool is refused: ${error.message}`,
      );
      continue;
    }
    if (input.actions.some(({ do: name }) => name === 'write') || aliased) continue;
    expectThat(expected !== undefined, 'the call on the pool accepts what the call at once refuses');
    expectThat(sameBits(resultOf(value).data, expected!.data), 'the call on the pool gives other numbers');
  }
}

export const kernelsTarget: Target<Input> = {
  name: 'kernels',
  generate,
  async run(input) {
    const kernel = kernels[nameOf(input.kernel)]!;
    const fresh = { ...input, out: null };
    const reference = await outcome(() => {
      const { args, options } = prepare(fresh);
      return resultOf(kernel(...args, options));
    });
    const expected = reference.value;
    if (input.sound) {
      expectThat(expected !== undefined, `a sound case is refused: ${reference.error?.message}`);
      expectThat(
        sameShape(expected!.shape, input.result),
        `expected [${input.result}] but got [${expected!.shape}]`,
      );
      const all = [...input.operands, ...Object.values(input.tensors)];
      if (all.every(ordinary)) {
        expectThat(
          expected!.data.every(Number.isFinite),
          'ordinary operands give numbers that are not finite',
        );
      }
    }
    if (input.out !== null) {
      const { value } = await outcome(() => {
        const { args, options } = prepare(input);
        return resultOf(kernel(...args, options));
      });
      const same = value === undefined || expected === undefined || sameBits(value.data, expected.data);
      expectThat(same, 'the result differs where `out` is given');
    }
    await runOnPool(input, expected);
    if (expected === undefined) throw reference.error;
  },
};

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}
