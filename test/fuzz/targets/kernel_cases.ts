/** One case for each kernel: operands that fit together, and the options. */
import { axis, type Operand, operand } from '../operands.js';
import type { Random } from '../random.js';

export interface KernelCase {
  kernel: string;
  /** Tensors in the order of the kernel's parameters. */
  operands: Operand[];
  /** Tensors among the options. */
  tensors: Record<string, Operand>;
  options: Record<string, unknown>;
  /** Token ids or offsets. */
  integers: number[][];
  /** What the result's shape is when nothing is wrong. */
  result: number[];
}

const ACTIVATIONS = ['none', 'relu', 'gelu', 'geluTanh', 'silu'];

type Maker = (random: Random) => Omit<KernelCase, 'kernel'>;

const plain = { tensors: {}, options: {}, integers: [] };

function leading(random: Random): number[] {
  return random.list(random.pick([0, 0, 1, 1, 2, 3]), () => random.integer(1, 3));
}

/** The same axes, some of them 1: what broadcasts to them. */
function broadcast(random: Random, axes: readonly number[]): number[] {
  const kept = axes.slice(random.chance(0.3) ? random.integer(0, axes.length) : 0);
  return kept.map((d) => (random.chance(0.3) ? 1 : d));
}

function epilogue(random: Random, shape: readonly number[]) {
  return {
    tensors: {
      ...(random.chance(0.3) && { bias: operand(random, shape.slice(-1)) }),
      ...(random.chance(0.3) && { residual: operand(random, shape) }),
    },
    options: random.chance(0.4) ? { activation: random.pick(ACTIVATIONS) } : {},
  };
}

const swapped = (shape: readonly number[]): number[] => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];

const matmul: Maker = (random) => {
  const axes = leading(random);
  const [m, k, n] = [axis(random), axis(random), axis(random)];
  const [transposeA, transposeB] = [random.chance(0.3), random.chance(0.3)];
  const a = [...axes, m, k];
  const b = [...broadcast(random, axes), k, n];
  const result = [...axes, m, n];
  const { tensors, options } = epilogue(random, result);
  return {
    ...plain,
    operands: [operand(random, transposeA ? swapped(a) : a), operand(random, transposeB ? swapped(b) : b)],
    tensors,
    options: { ...options, transposeA, transposeB },
    result,
  };
};

const packedMatmul: Maker = (random) => {
  const count = random.pick([1, 1, 2, 3]);
  const axes = count === 1 ? leading(random) : [...leading(random), count];
  const [m, k, n] = [axis(random), axis(random), axis(random)];
  const b = [...(count === 1 && random.chance(0.7) ? [] : [count]), k, n];
  const result = [...axes, m, n];
  return {
    ...plain,
    ...epilogue(random, result),
    operands: [operand(random, [...axes, m, k]), operand(random, b)],
    result,
  };
};

const int8Matmul: Maker = (random) => {
  const rows = [...leading(random), axis(random)];
  const [k, n] = [axis(random), axis(random)];
  const result = [...rows, n];
  return {
    ...plain,
    ...epilogue(random, result),
    operands: [operand(random, [...rows, k]), operand(random, [k, n])],
    result,
  };
};

function attentionOptions(random: Random, shape: readonly number[]) {
  return {
    tensors: random.chance(0.4)
      ? {
          mask: {
            ...operand(random, broadcast(random, shape)),
            type: 'uint8' as const,
            form: 'shape' as const,
          },
        }
      : {},
    options: { ...(random.chance(0.3) && { causal: random.chance(0.8) }) },
  };
}

const attention: Maker = (random) => {
  const axes = leading(random);
  const [queries, keys, depth, columns] = random.list(4, () => axis(random)) as [
    number,
    number,
    number,
    number,
  ];
  const gqa = axes.length > 0 && random.chance(0.2);
  const groups = gqa ? random.integer(1, 3) : 1;
  const query = gqa ? [...axes.slice(0, -1), axes.at(-1)! * groups] : axes;
  const more = attentionOptions(random, [...query, queries, keys]);
  return {
    ...plain,
    tensors: more.tensors,
    operands: [
      operand(random, [...query, queries, depth]),
      operand(random, [...axes, keys, depth]),
      operand(random, [...axes, keys, columns]),
    ],
    options: {
      ...more.options,
      ...(gqa && { enableGqa: true }),
      ...(random.chance(0.2) && { scale: random.next() * 4 }),
    },
    result: [...query, queries, columns],
  };
};

const randomAttention: Maker = (random) => {
  const axes = leading(random);
  const heads = axes.at(-1) ?? 1;
  const length = random.integer(1, 70);
  const [queries, keys] = [random.integer(0, length), random.integer(0, length)];
  const columns = axis(random);
  const more = attentionOptions(random, [...axes, queries, keys]);
  return {
    ...plain,
    tensors: more.tensors,
    operands: [operand(random, [heads, length, length]), operand(random, [...axes, keys, columns])],
    options: { ...more.options, queries },
    result: [...axes, queries, columns],
  };
};

const denseAttention: Maker = (random) => {
  const axes = leading(random);
  const heads = axes.at(-1) ?? 1;
  const length = random.integer(1, 70);
  const [queries, depth, columns] = [axis(random), axis(random), axis(random)];
  const keys = random.integer(0, length);
  const more = attentionOptions(random, [...axes, queries, keys]);
  const bias = random.chance(0.5) && {
    bias: operand(random, random.chance(0.5) ? [length] : [heads, length]),
  };
  return {
    ...plain,
    operands: [
      operand(random, [...axes, queries, depth]),
      operand(random, random.chance(0.3) ? [depth, length] : [heads, depth, length]),
      operand(random, [...axes, keys, columns]),
    ],
    tensors: { ...more.tensors, ...bias },
    options: more.options,
    result: [...axes, queries, columns],
  };
};

const softmax: Maker = (random) => {
  const shape = [...leading(random), axis(random), axis(random)];
  const more = attentionOptions(random, shape);
  const scale = random.chance(0.3) && { scale: random.pick([0.5, 2, -1, 0, 1e30]) };
  return {
    ...plain,
    tensors: more.tensors,
    operands: [operand(random, shape)],
    options: { ...more.options, ...scale },
    result: shape,
  };
};

const layerNorm: Maker = (random) => {
  const shape = [...leading(random), axis(random)];
  const weight = (name: string) => random.chance(0.5) && { [name]: operand(random, shape.slice(-1)) };
  const epsilon = random.chance(0.4) && { epsilon: random.pick([1e-12, 1e-3, 1]) };
  return {
    ...plain,
    operands: [operand(random, shape)],
    tensors: { ...weight('gamma'), ...weight('beta') },
    options: { ...epsilon },
    result: shape,
  };
};

const elements =
  (count: number, options: (random: Random) => Record<string, unknown> = () => ({})): Maker =>
  (random) => {
    const shape = [...leading(random), axis(random)];
    return {
      ...plain,
      operands: random.list(count, () => operand(random, shape)),
      options: options(random),
      result: shape,
    };
  };

const embedding: Maker = (random) => {
  const [columns, positions] = [axis(random), axis(random)];
  const tables = random.list(random.integer(1, 3), () => operand(random, [random.integer(1, 20), columns]));
  const ids = tables.map(({ shape }) => random.list(positions, () => random.integer(0, shape[0]! - 1)));
  return { ...plain, operands: tables, integers: ids, result: [positions, columns] };
};

const pool: Maker = (random) => {
  const [positions, columns] = [axis(random), axis(random)];
  const cuts = random.list(random.integer(0, 5), () => random.integer(0, positions)).sort((a, b) => a - b);
  const mode = random.chance(0.6) && { mode: random.pick(['mean', 'cls', 'max']) };
  return {
    ...plain,
    operands: [operand(random, [positions, columns])],
    options: { ...mode },
    integers: [[0, ...cuts]],
    result: [cuts.length, columns],
  };
};

export const CASES: Readonly<Record<string, Maker>> = {
  matmul,
  packedMatmul,
  int8Matmul,
  attention,
  attentionWithWeights: attention,
  randomAttention,
  denseAttention,
  softmax,
  layerNorm,
  gelu: elements(1, (random) => (random.chance(0.5) ? { approximate: random.chance(0.5) } : {})),
  gate: elements(2),
  l2Normalize: elements(1, (random) =>
    random.chance(0.3) ? { epsilon: random.pick([1e-12, 1, 1e-40]) } : {},
  ),
  embedding,
  pool,
};
