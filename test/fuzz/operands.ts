/** Tensors described as JSON, with every kind of memory and every kind of mistake. */
import type { TensorLike } from '../../lib/tensor/tensor.js';
import { detach } from './collect.js';
import { Random } from './random.js';

const FILLS = ['uniform', 'zeros', 'large', 'tiny', 'special'] as const;
const MEMORIES = ['plain', 'offset', 'shared', 'resizable', 'detached'] as const;
const TYPES = ['float32', 'float64', 'int32', 'uint8', 'array'] as const;
const FORMS = ['shape', 'dims', 'detaching', 'not a tensor'] as const;

/** Far above any memory; products with it are either refused or empty. */
export const HUGE = [2 ** 34, 2 ** 40, 2 ** 50] as const;
/** Elements of an operand at most. */
const MOST_ELEMENTS = 1 << 17;

export interface Operand {
  shape: number[];
  seed: number;
  fill: (typeof FILLS)[number];
  memory: (typeof MEMORIES)[number];
  type: (typeof TYPES)[number];
  /** 'detaching': the getter of its shape takes its memory away. */
  form: (typeof FORMS)[number];
  /** Elements more (or fewer) than the shape says. */
  excess: number;
}

/** A length of an axis: mostly small, around the widths of vectors and blocks now and then. */
export function axis(random: Random): number {
  if (random.chance(0.05)) return 0;
  if (random.chance(0.1))
    return random.pick([1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 84, 85, 128, 129]);
  if (random.chance(0.03)) return random.integer(130, 600);
  return random.integer(1, 12);
}

/** A sound operand of this shape. */
export function operand(random: Random, shape: readonly number[]): Operand {
  return {
    shape: [...shape],
    seed: random.seed(),
    fill: random.chance(0.75) ? 'uniform' : random.pick(FILLS),
    memory: random.chance(0.7) ? 'plain' : random.pick(['offset', 'shared']),
    type: 'float32',
    form: random.chance(0.8) ? 'shape' : 'dims',
    excess: 0,
  };
}

/** One mistake, or an unusual shape. */
export function damaged(random: Random, { ...one }: Operand): Operand {
  const shape = [...one.shape];
  const at = random.integer(0, Math.max(0, shape.length - 1));
  switch (random.integer(0, 8)) {
    case 0:
      one.memory = random.pick(MEMORIES);
      break;
    case 1:
      one.type = random.pick(TYPES);
      break;
    case 2:
      one.form = random.pick(FORMS);
      break;
    case 3:
      one.excess = random.pick([-1, 1, 5]);
      break;
    case 4:
      shape[at] = random.pick([0, 0, 1, ...HUGE, -1, 1.5, Number.MAX_SAFE_INTEGER]);
      break;
    case 5:
      shape[at] = 0;
      shape[random.integer(0, shape.length - 1)] = random.pick([0, ...HUGE]);
      break;
    case 6:
      shape.splice(at, 1);
      break;
    case 7:
      shape.splice(at, 0, random.pick([0, 1, 2, random.pick(HUGE)]));
      break;
    default:
      shape[at] = (shape[at] ?? 0) + random.pick([-1, 1]);
  }
  one.shape = shape;
  return one;
}

/** Whether `make` gives an operand of this shape all its elements. */
export function fits({ shape }: Operand): boolean {
  return shape.includes(0) || elements(shape) > 0;
}

/** Elements of the shape; 0 where nobody could have that many. */
export function elements(shape: readonly number[]): number {
  const size = shape.reduce((product, d) => product * d, 1);
  return Number.isInteger(size) && size >= 0 && size <= MOST_ELEMENTS ? size : 0;
}

const SPECIAL = [0, -0, 1, -1, Number.NaN, Infinity, -Infinity, 1e-45, 3.4e38, -3.4e38];

function number(random: Random, fill: Operand['fill']): number {
  const x = 2 * random.next() - 1;
  if (fill === 'special') return random.chance(0.2) ? random.pick(SPECIAL) : x;
  return fill === 'zeros' ? 0 : fill === 'large' ? x * 1e30 : fill === 'tiny' ? x * 1e-38 : x;
}

function view(memory: Operand['memory'], size: number): Float32Array {
  if (memory === 'shared') return new Float32Array(new SharedArrayBuffer(4 * size));
  if (memory === 'resizable') {
    const Resizable = ArrayBuffer as unknown as new (n: number, options: object) => ArrayBuffer;
    return new Float32Array(new Resizable(4 * size, { maxByteLength: 8 * size + 64 }));
  }
  return memory === 'offset'
    ? new Float32Array(new ArrayBuffer(4 * (size + 8)), 4 * 5, size)
    : new Float32Array(size);
}

/** What `operand` describes. */
export function make(one: Operand): TensorLike {
  const size = Math.max(0, elements(one.shape) + one.excess);
  const floats = view(one.memory, size);
  const random = new Random(one.seed);
  for (let i = 0; i < size; i++) floats[i] = number(random, one.fill);
  const { shape } = one;
  if (one.form === 'not a tensor') return random.pick([null, 7, 'x', {}, [1, 2], floats]) as never;
  const data = (
    {
      float32: () => floats,
      float64: () => Float64Array.from(floats),
      int32: () => Int32Array.from(floats),
      uint8: () => Uint8Array.from(floats),
      array: () => [...floats],
    } as Record<Operand['type'], () => unknown>
  )[one.type]() as Float32Array;
  if (one.memory === 'detached') detach(floats.buffer);
  if (one.form === 'dims') return { data, dims: shape };
  if (one.form === 'shape') return { data, shape };
  return {
    data,
    get shape() {
      detach(floats.buffer);
      return shape;
    },
  };
}

/** Whether all its numbers are of ordinary size. */
export function ordinary({ fill }: Operand): boolean {
  return fill === 'uniform' || fill === 'zeros';
}

export function buffersOf(tensors: readonly unknown[]): ArrayBufferLike[] {
  return tensors
    .map((tensor) => (tensor as { data?: { buffer?: ArrayBufferLike } } | null)?.data?.buffer)
    .filter((buffer) => buffer !== undefined);
}
