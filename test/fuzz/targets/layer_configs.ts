/** Random configurations of every layer class, most of them sound. */
import type { SerializedLayer } from '../../../lib/layers/index.js';
import type { Random } from '../random.js';

type Config = Record<string, unknown>;

/** Longest input of layers that have one. */
export const MAX_LENGTH = 24;

const SCORES = ['random', 'factorized-random', 'dense', 'factorized-dense', 'dot-product'] as const;

const maybe = (random: Random, probability: number, make: () => Config): Config =>
  random.chance(probability) ? make() : {};

function window(random: Random): Config {
  return maybe(random, 0.2, () => ({ slidingWindow: random.integer(1, 9) }));
}

function projected(random: Random): Config {
  return {
    numHeads: random.integer(1, 4),
    valueDim: random.integer(1, 9),
    seed: random.integer(0, 1000),
    ...window(random),
    ...maybe(random, 0.3, () => ({ useBias: random.chance(0.5) })),
  };
}

function synthetic(random: Random): Config {
  return { ...projected(random), maxLength: random.chance(0.8) ? MAX_LENGTH : random.integer(1, MAX_LENGTH) };
}

function hidden(random: Random): Config {
  return {
    ...maybe(random, 0.5, () => ({ hiddenDim: random.integer(1, 9) })),
    ...maybe(random, 0.3, () => ({ sharedAcrossHeads: true })),
  };
}

const factors = (random: Random): Config =>
  maybe(random, 0.3, () => ({
    factors: random.pick([
      [2, 12],
      [24, 1],
      [3, 8],
    ]),
  }));

function mixture(random: Random): Config {
  const all = SCORES.filter(() => random.chance(0.6));
  const scores = all.length >= 2 ? all : (['random', 'dot-product'] as const);
  return {
    ...projected(random),
    maxLength: MAX_LENGTH,
    scores: [...scores],
    ...maybe(random, 0.3, () => ({ mixing: random.pick(['learned', 'sum']) })),
    ...(scores.includes('dot-product') && maybe(random, 0.3, () => ({ keyDim: random.integer(1, 9) }))),
  };
}

const ATTENTION: Readonly<Record<string, (random: Random) => Config>> = {
  MultiHeadAttention: (random) => {
    const { valueDim: _, ...rest } = projected(random);
    const gate = maybe(random, 0.3, () => ({ useGate: true }));
    return { ...rest, keyDim: random.integer(1, 9), ...gate };
  },
  GroupedQueryAttention: (random) => {
    const groups = random.integer(1, 3);
    return {
      headDim: random.integer(1, 9),
      numQueryHeads: groups * random.integer(1, 3),
      numKeyValueHeads: groups,
      ...window(random),
      ...maybe(random, 0.3, () => ({ useGate: true })),
    };
  },
  RandomSynthesizer: (random) => ({
    ...synthetic(random),
    ...maybe(random, 0.3, () => ({ trainable: false })),
  }),
  FactorizedRandomSynthesizer: (random) => ({
    ...synthetic(random),
    ...maybe(random, 0.5, () => ({ rank: random.integer(1, 6) })),
  }),
  DenseSynthesizer: (random) => ({ ...synthetic(random), ...hidden(random) }),
  FactorizedDenseSynthesizer: (random) => ({
    ...projected(random),
    maxLength: MAX_LENGTH,
    ...hidden(random),
    ...factors(random),
  }),
  MixtureSynthesizer: mixture,
};

const PLAIN: Readonly<Record<string, (random: Random) => Config>> = {
  SelfAttention: window,
  Attention: (random) => ({
    ...window(random),
    useScale: random.chance(0.5),
    scoreMode: random.pick(['dot', 'concat']),
  }),
  AdditiveAttention: (random) => ({ ...window(random), useScale: random.chance(0.5) }),
};

function make(random: Random, makers: Readonly<Record<string, (random: Random) => Config>>): SerializedLayer {
  const className = random.pick(Object.keys(makers));
  return { className, config: makers[className]!(random) };
}

function block(random: Random, attention: Config): Config {
  return {
    ...attention,
    intermediateDim: random.integer(1, 20),
    ...maybe(random, 0.4, () => ({ activation: random.pick(['relu', 'gelu', 'geluTanh']) })),
    ...maybe(random, 0.4, () => ({ normalizeFirst: true })),
    ...maybe(random, 0.2, () => ({ layerNormEpsilon: random.pick([1e-12, 1e-3]) })),
  };
}

const encoderLayer = (random: Random): SerializedLayer => ({
  className: 'TransformerEncoderLayer',
  config: block(random, { attention: make(random, ATTENTION) }),
});

const decoderLayer = (random: Random, cross: boolean): SerializedLayer => ({
  className: 'TransformerDecoderLayer',
  config: block(random, {
    attention: make(random, ATTENTION),
    ...(cross && { crossAttention: make(random, ATTENTION) }),
  }),
});

export function randomLayer(random: Random): SerializedLayer {
  const kind = random.integer(0, 9);
  if (kind <= 5) return make(random, { ...ATTENTION, ...PLAIN });
  if (kind === 6) return encoderLayer(random);
  if (kind <= 8) return decoderLayer(random, random.chance(0.5));
  return {
    className: 'EncoderDecoder',
    config: {
      encoder: random.list(random.integer(1, 2), () => encoderLayer(random)),
      decoder: random.list(random.integer(1, 2), () => decoderLayer(random, true)),
    },
  };
}

const STRANGE = [null, 0, -1, 1.5, Number.NaN, 1e300, 2 ** 40, 2 ** 53, '', 'x', [], {}, [1, 2, 3], true];

/** One value of the configuration, or of one below it, is another one. */
export function damagedLayer(random: Random, layer: SerializedLayer): SerializedLayer {
  const copy = structuredClone(layer);
  let config = copy.config as Config;
  for (;;) {
    const below = Object.values(config)
      .flat()
      .filter(
        (value): value is SerializedLayer => typeof value === 'object' && value !== null && 'config' in value,
      );
    if (below.length === 0 || random.chance(0.4)) break;
    config = random.pick(below).config as Config;
  }
  config[random.pick([...Object.keys(config), 'unknown', 'dropout', 'outputShape', 'attentionAxes'])] =
    random.pick(STRANGE);
  return copy;
}
