/**
 * Synthesizers of long-range-arena (lra_benchmarks/models/synthesizer), from the parameters of one
 * SynthesizerAttention. What differs from the layers here: docs/synthesizer.md.
 */
import { ArgumentError, describe, expectation, ShapeError } from '../../errors.js';
import { checkOptions, optionNames } from '../../options.js';
import { permute } from '../../tensor/permute.js';
import { shapeText } from '../../tensor/shape.js';
import { Tensor, type TensorLike } from '../../tensor/tensor.js';
import { DenseSynthesizer } from '../dense_synthesizer.js';
import { FactorizedRandomSynthesizer } from '../factorized_random_synthesizer.js';
import { inLayer } from '../layer_error.js';
import type { MixtureAttention } from '../mixture_attention.js';
import { MixtureSynthesizer, type MixtureSynthesizerConfig } from '../mixture_synthesizer.js';
import { MultiHeadAttention } from '../multi_head_attention.js';
import { RandomSynthesizer } from '../random_synthesizer.js';
import type { ScoreName } from '../scores/registry.js';
import { NamedTensors, withWeights } from './named_tensors.js';

/** Parameters by name: nested as flax keeps them, or with names such as 'value/kernel'. */
export type FlaxParams = { readonly [name: string]: TensorLike | FlaxParams };

/** Far above what a layer has; objects that hold themselves would never end. */
const DEEPEST = 8;
const MOST_PARAMETERS = 1000;

function flatten(params: FlaxParams, prefix = '', depth = 1): [string, TensorLike][] {
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    throw new ArgumentError(expectation('params', 'tensors by name', describe(params)));
  }
  const found: [string, TensorLike][] = [];
  for (const [name, value] of Object.entries(params)) {
    const leaf = typeof value !== 'object' || value === null || 'data' in value;
    if (found.length === MOST_PARAMETERS || (!leaf && depth === DEEPEST)) {
      throw new ArgumentError(expectation('params', 'the parameters of one layer', 'deeper or more of them'));
    }
    if (leaf) found.push([prefix + name, value as TensorLike]);
    else found.push(...flatten(value as FlaxParams, `${prefix}${name}/`, depth + 1));
  }
  return found;
}

/** One score function found in the parameters: its weights and its options. */
interface Found {
  kind: ScoreName;
  weights: Record<string, Tensor>;
  options: Partial<MixtureSynthesizerConfig>;
}

class Reader {
  readonly heads: number;
  readonly headDim: number;
  readonly useBias: boolean;
  readonly value: Tensor;

  constructor(readonly params: NamedTensors) {
    this.value = params.get('value/kernel', [null, null, null]);
    this.heads = this.value.shape[1]!;
    this.headDim = this.value.shape[2]!;
    this.useBias = params.has('value/bias');
  }

  /** kernel [d, heads, headDim] and bias of the layer `name`, under our name for it. */
  projection(name: string, ours: string): Record<string, Tensor> {
    const { heads, headDim } = this;
    return this.affine(name, ours, [null, heads, headDim], [heads, headDim]);
  }

  affine(name: string, ours: string, kernel: (number | null)[], bias: (number | null)[]) {
    const weights = { [`${ours}/kernel`]: this.params.get(`${name}/kernel`, kernel) };
    if (this.useBias) weights[`${ours}/bias`] = this.params.get(`${name}/bias`, bias);
    return weights;
  }

  dotProduct(): Found | undefined {
    if (!this.params.has('query/kernel')) return undefined;
    const weights = { ...this.projection('query', 'query'), ...this.projection('key', 'key') };
    return { kind: 'dot-product', weights, options: { keyDim: this.headDim } };
  }

  random(): Found | undefined {
    const r = this.params.find('random', [this.heads, null, null]);
    if (r === undefined) return undefined;
    if (r.shape[1] !== r.shape[2]) {
      throw new ShapeError(expectation('random', 'as many rows as columns a head', shapeText(r.shape)));
    }
    return { kind: 'random', weights: { 'random/kernel': r }, options: { maxLength: r.shape[1]! } };
  }

  factorizedRandom(): Found | undefined {
    const left = this.params.find('random1', [this.heads, null, null]);
    if (left === undefined) return undefined;
    const [, maxLength, rank] = left.shape as [number, number, number];
    // Theirs is [heads, rank, N], to be multiplied from the left.
    const right = this.params.get('random2', [this.heads, rank, maxLength]);
    const turned = permute(right.data, right.shape, [0, 2, 1]);
    return {
      kind: 'factorized-random',
      weights: {
        'factorized_random_1/kernel': left,
        'factorized_random_2/kernel': new Tensor(turned.data, turned.shape),
      },
      options: { maxLength, rank },
    };
  }

  dense(): Found | undefined {
    if (!this.params.has('dense_syn/kernel')) return undefined;
    const { headDim } = this;
    const second = this.affine('dense_syn_len', 'dense_2', [headDim, null], [null]);
    return {
      kind: 'dense',
      weights: { ...this.projection('dense_syn', 'dense_1'), ...second },
      options: {
        maxLength: second['dense_2/kernel']!.shape[1]!,
        hiddenDim: headDim,
        sharedAcrossHeads: true,
      },
    };
  }
}

const OPTIONS = optionNames<'name'>()('name');

type LayerConfig = MixtureSynthesizerConfig & { keyDim: number; maxLength: number };

const SINGLE: Readonly<Partial<Record<ScoreName, new (config: never) => MixtureAttention>>> = {
  'dot-product': MultiHeadAttention,
  random: RandomSynthesizer,
  'factorized-random': FactorizedRandomSynthesizer,
  dense: DenseSynthesizer,
};

/**
 * The layer of a long-range-arena checkpoint; which scores it mixes, by their plain sum, the parameters tell.
 * @param params value/kernel [d, heads, size], out/kernel [heads, size, d], and any of query/kernel and key/kernel,
 *   random [heads, N, N], random1 [heads, N, k] and random2 [heads, k, N], dense_syn/kernel [d, heads, size] and
 *   dense_syn_len/kernel [size, N]; biases beside them, or none at all
 * @throws ArgumentError, ShapeError if a parameter is missing, left over or of another shape
 */
export function fromLongRangeArena(params: FlaxParams, options: { name?: string } = {}): MixtureAttention {
  return inLayer('fromLongRangeArena', () => {
    checkOptions('fromLongRangeArena', OPTIONS, options);
    const named = new NamedTensors('params', Object.fromEntries(flatten(params)));
    const reader = new Reader(named);
    const found = [reader.dotProduct(), reader.random(), reader.factorizedRandom(), reader.dense()].filter(
      (score) => score !== undefined,
    );
    const { heads: numHeads, headDim: valueDim, useBias } = reader;
    const value = reader.projection('value', 'value');
    const out = reader.affine('out', 'attention_output', [numHeads, valueDim, null], [null]);
    named.checkAllUsed();
    const [first] = found;
    if (first === undefined) throw new ArgumentError(expectation('params', 'any scores', 'none'));
    const common = { numHeads, valueDim, useBias, outputShape: out['attention_output/kernel']!.shape[2]! };
    const own = Object.assign({}, ...found.map((score) => score.options)) as Partial<LayerConfig>;
    const config = { ...common, ...own, ...options };
    const SingleLayer = SINGLE[first.kind]!;
    const layer =
      found.length === 1
        ? new SingleLayer(config as never)
        : new MixtureSynthesizer({ ...config, scores: found.map(({ kind }) => kind), mixing: 'sum' });
    return withWeights(layer, Object.assign({}, ...found.map(({ weights }) => weights), value, out));
  });
}
