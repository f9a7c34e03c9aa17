/** Values that the configurations of several architectures share. */
import { Activation } from '../../native/codes.js';
import type { JsonObject } from '../directory/json_file.js';
import type { LayerSizes } from './layer.js';
import type { TransformerParts } from './transformer_parts.js';

/** Sizes beyond this are no model's. */
export const LARGEST = 1 << 24;

const ACTIVATIONS: ReadonlyMap<string, number> = new Map([
  ['gelu', Activation.gelu],
  ['gelu_new', Activation.geluTanh],
  ['gelu_pytorch_tanh', Activation.geluTanh],
  ['relu', Activation.relu],
  ['silu', Activation.silu],
  ['swish', Activation.silu],
]);

export function activation(config: JsonObject, key: string, fallback = 'gelu'): number {
  const found = ACTIVATIONS.get(config.string(key, fallback));
  if (found === undefined) config.fail(key, `one of ${[...ACTIVATIONS.keys()].join(', ')}`);
  return found;
}

export function positiveNumber(config: JsonObject, key: string, fallback: number): number {
  const value = config.number(key, fallback);
  if (!(Math.fround(value) > 0)) config.fail(key, 'a positive number that float32 holds');
  return value;
}

/** What a layer normalisation adds to the variance. */
export function epsilon(config: JsonObject, key: string, fallback: number): number {
  const value = config.number(key, fallback);
  if (value < 0) config.fail(key, 'a number from 0 on');
  return value;
}

export function size(config: JsonObject, key: string, fallback?: number): number {
  return config.integer(key, 1, LARGEST, fallback);
}

/** Attention heads, which must divide the hidden size. */
export function heads(config: JsonObject, key: string, hidden: number): number {
  const count = size(config, key);
  if (hidden % count !== 0) config.fail(key, `a divisor of the hidden size ${hidden}`);
  return count;
}

/** Of a layer, by the keys of BERT. */
export function layerSizes(config: JsonObject): LayerSizes {
  const hidden = size(config, 'hidden_size');
  return {
    hidden,
    heads: heads(config, 'num_attention_heads', hidden),
    intermediate: size(config, 'intermediate_size'),
  };
}

export function layerCount(config: JsonObject, key: string): number {
  return config.integer(key, 0, 4096);
}

export const FULL_ATTENTION = 'full_attention';
export const SLIDING_ATTENTION = 'sliding_attention';

/** For every layer whether `layer_types` says that its attention is local; undefined without that key. */
export function localLayers(config: JsonObject, layers: number): boolean[] | undefined {
  const types = config.get('layer_types') ?? undefined;
  if (types === undefined) return undefined;
  const known =
    Array.isArray(types) && types.every((type) => type === FULL_ATTENTION || type === SLIDING_ATTENTION);
  if (!known || types.length !== layers) {
    config.fail('layer_types', `${layers} times ${FULL_ATTENTION} or ${SLIDING_ATTENTION}`);
  }
  return (types as string[]).map((type) => type === SLIDING_ATTENTION);
}

/** A decoder's masks are not an encoder's. */
export function checkEncoder(config: JsonObject): void {
  if (config.boolean('is_decoder', false)) config.fail('is_decoder', 'false (an encoder)');
}

/** The key may be left out, and says nothing else. */
export function checkOption(config: JsonObject, key: string, value: unknown): void {
  if ((config.get(key) ?? value) !== value) config.fail(key, JSON.stringify(value));
}

/** Layers 0 to count - 1, each applied once. */
export function inOrder(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}

type TransformerConfig = TransformerParts['config'];

/** Of BERT and those that keep its keys: ungated, normalised after each sublayer. */
export function postNormConfig(
  config: JsonObject,
  sizes: Pick<TransformerConfig, 'hidden' | 'heads' | 'intermediate' | 'vocabulary' | 'positions'>,
  hiddenAct = 'gelu',
): TransformerConfig {
  return {
    ...sizes,
    epsilon: epsilon(config, 'layer_norm_eps', 1e-12),
    activation: activation(config, 'hidden_act', hiddenAct),
    gated: false,
    preNorm: false,
  };
}
