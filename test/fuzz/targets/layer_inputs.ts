/** Inputs of the layers target: a layer, operands that fit it, and what happens during the call. */
import type { SerializedLayer } from '../../../lib/index.js';
import { damaged, type Operand, operand } from '../operands.js';
import type { Random } from '../random.js';
import { damagedLayer, MAX_LENGTH, randomLayer } from './layer_configs.js';

const ACTIONS = [
  'transfer',
  'transfer',
  'collect',
  'dispose',
  'abort',
  'weights',
  'build',
  'again',
  'turn',
] as const;

export interface LayerInput {
  layer: SerializedLayer;
  sound: boolean;
  query: Operand;
  /** Tensors among the options of the call: value, masks and so on. */
  tensors: Record<string, Operand>;
  options: Record<string, unknown>;
  actions: { do: (typeof ACTIONS)[number]; at: number }[];
  /** Also: save and load, decode by a cache, explain. */
  extra: 'save' | 'cache' | 'explain' | null;
}

/** Inputs of these targets in a thread that is ended meanwhile. */
export interface ThreadInput {
  thread: { target: 'kernels' | 'layers'; seed: number; count: number; endAfterMs: number };
}

export type Input = LayerInput | ThreadInput;
function masksFor(
  random: Random,
  batch: number,
  length: number,
  keys: number,
  self: boolean,
): Record<string, Operand> {
  const mask = (shape: number[]): Operand => ({ ...operand(random, shape), type: 'uint8', form: 'shape' });
  return {
    ...(random.chance(0.2) && { queryMask: mask([batch, length]) }),
    ...(random.chance(0.2) && { valueMask: mask([batch, keys]) }),
    ...(!self && random.chance(0.1) && { keyMask: mask([batch, keys]) }),
    ...(random.chance(0.3) && {
      attentionMask: mask(
        random.pick([
          [length, keys],
          [batch, length, keys],
          [1, length, keys],
          [batch, 1, length, keys],
        ]),
      ),
    }),
  };
}

function tensorsFor(
  random: Random,
  { className, config }: SerializedLayer,
  shape: number[],
): Record<string, Operand> {
  const [batch, length, features] = shape as [number, number, number];
  const keys = random.integer(1, MAX_LENGTH);
  const other = operand(random, [batch, keys, features]);
  const mask = (count: number): Operand => ({
    ...operand(random, [batch, count]),
    type: 'uint8',
    form: 'shape',
  });
  switch (className) {
    case 'EncoderDecoder':
      return {
        target: other,
        ...(random.chance(0.3) && { sourceMask: mask(length) }),
        ...(random.chance(0.3) && { targetMask: mask(keys) }),
      };
    case 'TransformerDecoderLayer': {
      const cross = 'crossAttention' in config;
      return {
        ...(cross && { encoderSequence: other }),
        ...(cross && random.chance(0.3) && { encoderPaddingMask: mask(keys) }),
        ...(random.chance(0.3) && { decoderPaddingMask: mask(length) }),
      };
    }
    case 'TransformerEncoderLayer':
      return random.chance(0.3) ? { paddingMask: mask(length) } : {};
    default: {
      if (random.chance(0.5)) return masksFor(random, batch, length, length, true);
      const key = random.chance(0.2) && { key: operand(random, [batch, keys, features]) };
      return { value: other, ...key, ...masksFor(random, batch, length, keys, false) };
    }
  }
}

function spoil(random: Random, input: LayerInput): void {
  input.sound = false;
  const names = Object.keys(input.tensors);
  const kind = random.integer(0, 3);
  if (kind === 0) input.layer = damagedLayer(random, input.layer);
  else if (kind === 1 && names.length > 0) {
    const name = random.pick(names);
    input.tensors[name] = damaged(random, input.tensors[name]!);
  } else if (kind === 2) {
    const name = random.pick([
      'useCausalMask',
      'training',
      'cache',
      'value',
      'attentionMask',
      'returnAttentionScores',
      'x',
    ]);
    input.options[name] = random.pick([null, 1, 'x', {}, [], Number.NaN, [[true]], true]);
  } else input.query = damaged(random, input.query);
}

export function generate(random: Random): Input {
  if (random.chance(0.01)) {
    const target = random.pick(['kernels', 'layers'] as const);
    return {
      thread: {
        target,
        seed: random.seed(),
        count: random.integer(5, 60),
        endAfterMs: random.integer(0, 400),
      },
    };
  }
  const layer = randomLayer(random);
  const shape = [random.integer(1, 3), random.integer(1, MAX_LENGTH), random.integer(1, 12)];
  const attention = !/^(Transformer|Encoder)/.test(layer.className);
  const input: LayerInput = {
    layer,
    sound: true,
    query: operand(random, shape),
    tensors: tensorsFor(random, layer, shape),
    options: {
      ...(layer.className !== 'EncoderDecoder' &&
        random.chance(0.3) && { useCausalMask: random.chance(0.8) }),
      ...(attention && random.chance(0.2) && { returnAttentionScores: true }),
    },
    actions: random.list(random.pick([0, 1, 1, 2, 3]), () => ({
      do: random.pick(ACTIONS),
      at: random.integer(0, 4),
    })),
    extra: random.chance(0.25) ? random.pick(['save', 'cache', 'explain'] as const) : null,
  };
  // A configured maximum may be shorter than the length that was drawn.
  for (let i = random.pick([0, 0, 0, 1, 1, 2]); i > 0; i--) spoil(random, input);
  return input;
}
