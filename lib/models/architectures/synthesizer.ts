/**
 * Synthesizer (Tay et al., arXiv 2005.00743): BERT whose layers attend by any mixture of this package's score functions.
 * The format is this package's own; docs/encoder.md describes it.
 */
import { describe, expectation, ModelError } from '../../errors.js';
import { softmax } from '../../layers/mixing.js';
import { isScoreName, SCORE_NAMES, type ScoreName, scoreDescriptor } from '../../layers/scores/registry.js';
import type { StoredScore } from '../../layers/scores/stored_score.js';
import type { Shape } from '../../tensor/shape.js';
import { isObject, JsonObject } from '../directory/json_file.js';
import { sliceRows, type Weights } from '../directory/weights.js';
import type { Architecture } from './architecture.js';
import { inOrder, LARGEST, layerCount, layerSizes, postNormConfig, size } from './config.js';
import type { LayerSizes } from './layer.js';
import type { HeadGroupReference, LayerReference, TransformerParts } from './transformer_parts.js';

/** The entry and the tensors of one score, as its function reads them. */
function storedScore(
  { entry }: ScoreEntry,
  weights: Weights,
  name: string,
  sizes: Pick<StoredScore, 'heads' | 'size' | 'hidden' | 'length' | 'factor'>,
): StoredScore {
  const tensor = (part: string, shape: Shape) => weights.tensor(`${name}.${part}`, shape);
  return {
    ...sizes,
    integer: (key, fallback) => size(entry, key, fallback),
    flag: (key) => entry.boolean(key, false),
    fail: (key, expected) => entry.fail(key, expected),
    tensor,
    optionalTensor: (part, shape) => (weights.has(`${name}.${part}`) ? tensor(part, shape) : undefined),
    linear: (part, out) => weights.linear(`${name}.${part}`, out, sizes.hidden, 'optional'),
  };
}

interface ScoreEntry {
  type: ScoreName;
  entry: JsonObject;
}

/** Consecutive heads that attend alike. */
interface HeadGroup {
  heads: number;
  entries: readonly ScoreEntry[];
  /** Whether the shares of its score functions are learned. */
  learned: boolean;
  /** Of the names of its tensors, within those of the layer's attention. */
  prefix: string;
}

function asObject(source: string, value: unknown): JsonObject {
  if (!isObject(value)) {
    throw new ModelError(expectation(source, 'an object', describe(value)));
  }
  return new JsonObject(source, value);
}

/** {scores: [{type, ...}], mixing}. */
function readMixture(from: JsonObject): Pick<HeadGroup, 'entries' | 'learned'> {
  const scores = from.get('scores');
  if (!Array.isArray(scores) || scores.length < 1 || scores.length > 8) {
    from.fail('scores', 'a list of 1 to 8 score functions');
  }
  const mixing = from.string('mixing', 'learned');
  if (mixing !== 'learned' && mixing !== 'sum') from.fail('mixing', 'learned or sum');
  const entries = (scores as unknown[]).map((score, j) => {
    const entry = asObject(`${from.source}: scores[${j}]`, score);
    const type = entry.string('type');
    if (!isScoreName(type)) return entry.fail('type', SCORE_NAMES.join(', '));
    return { type, entry };
  });
  return { entries, learned: mixing === 'learned' && entries.length > 1 };
}

/** A layer's {groups: [{heads, scores, mixing}]}, or {scores, mixing} of all heads. */
function readGroups(from: JsonObject, heads: number): HeadGroup[] {
  const list = from.get('groups');
  if (list === undefined) return [{ heads, prefix: '', ...readMixture(from) }];
  if (!Array.isArray(list) || list.length < 1 || list.length > heads) {
    from.fail('groups', `a list of 1 to ${heads} groups of heads`);
  }
  for (const key of ['scores', 'mixing']) {
    if (from.get(key) !== undefined) from.fail(key, 'nothing beside groups, which have their own');
  }
  const groups = (list as unknown[]).map((value, g) => {
    const group = asObject(`${from.source}: groups[${g}]`, value);
    return { heads: group.integer('heads', 1, heads), prefix: `groups.${g}.`, ...readMixture(group) };
  });
  const counts = groups.map((group) => group.heads);
  if (counts.reduce((a, b) => a + b) !== heads) {
    const source = `${from.source}: groups`;
    throw new ModelError(expectation(source, `${heads} heads in all`, counts.join(' + ')));
  }
  return groups;
}

/** Of each layer the groups of its heads; one entry of `attention` stands for all layers. */
function layerGroups(config: JsonObject, layers: number): HeadGroup[][] {
  const list = config.get('attention');
  if (!Array.isArray(list) || (list.length !== 1 && list.length !== layers)) {
    config.fail('attention', `a list of ${layers} layers' attention, or of one for all`);
  }
  const { heads } = layerSizes(config);
  const read = (list as unknown[]).map((value, i) =>
    readGroups(asObject(`${config.source}: attention[${i}]`, value), heads),
  );
  return Array.from({ length: layers }, (_, i) => read[read.length === 1 ? 0 : i]!);
}

async function readGroup(
  weights: Weights,
  attention: string,
  { heads, entries, learned, prefix }: HeadGroup,
  sizes: LayerSizes,
  length: number,
): Promise<HeadGroupReference> {
  const factors = learned
    ? softmax(await weights.numbers(`${attention}.${prefix}mixing`, [entries.length]))
    : entries.map(() => 1);
  const { hidden } = sizes;
  const scores = entries.map((entry, i) => {
    const place = { heads, size: hidden / sizes.heads, hidden, length, factor: factors[i]! };
    const name = `${attention}.${prefix}scores.${i}`;
    return scoreDescriptor(entry.type).stored(storedScore(entry, weights, name, place));
  });
  return { heads, scores };
}

async function readLayer(
  weights: Weights,
  layer: string,
  groups: readonly HeadGroup[],
  sizes: LayerSizes,
  length: number,
): Promise<LayerReference> {
  const { hidden, intermediate } = sizes;
  const attention = `${layer}.attention`;
  return {
    attention: {
      groups: await Promise.all(groups.map((group) => readGroup(weights, attention, group, sizes, length))),
      value: weights.linear(`${attention}.value`, hidden, hidden, 'optional'),
      before: -1,
      after: -1,
    },
    attentionOutput: weights.linear(`${attention}.output.dense`, hidden, hidden, 'optional'),
    attentionNorm: weights.norm(`${attention}.output.LayerNorm`, hidden),
    up: weights.linear(`${layer}.intermediate.dense`, intermediate, hidden),
    down: weights.linear(`${layer}.output.dense`, hidden, intermediate),
    outputNorm: weights.norm(`${layer}.output.LayerNorm`, hidden),
    rotary: -1,
  };
}

/** The layer that attends as the groups do; where they differ, each with its heads. */
function kindOf(groups: readonly HeadGroup[]): string {
  const kind = ({ entries }: HeadGroup) =>
    entries.length > 1 ? 'MixtureSynthesizer' : scoreDescriptor(entries[0]!.type).layer;
  const kinds = new Set(groups.map(kind));
  if (kinds.size === 1) return kind(groups[0]!);
  return groups.map((group) => `${kind(group)} (${group.heads})`).join(', ');
}

async function read(config: JsonObject, weights: Weights): Promise<TransformerParts> {
  const sizes = layerSizes(config);
  const { hidden } = sizes;
  const width = size(config, 'embedding_size', hidden);
  const vocabulary = size(config, 'vocab_size');
  const positions = config.integer('max_position_embeddings', 1, 65536);
  const types = config.integer('type_vocab_size', 0, LARGEST, 0);
  const layers = layerCount(config, 'num_hidden_layers');
  const table = (name: string, n: number) =>
    weights.tensor(`embeddings.${name}_embeddings.weight`, [n, width]);
  const groups = layerGroups(config, layers);
  return {
    config: postNormConfig(config, { ...sizes, vocabulary, positions }),
    embeddings: {
      size: width,
      words: table('word', vocabulary),
      positions: weights.has('embeddings.position_embeddings.weight')
        ? table('position', positions)
        : undefined,
      tokenType: types > 0 ? sliceRows(table('token_type', types), 0, 1, width) : undefined,
      norm: weights.norm('embeddings.LayerNorm', width),
      projection: width === hidden ? undefined : weights.linear('embeddings_project', hidden, width),
    },
    rotary: [],
    layers: await Promise.all(
      groups.map((layer, i) => readLayer(weights, `encoder.layer.${i}`, layer, sizes, positions)),
    ),
    order: inOrder(layers),
  };
}

export const synthesizer: Architecture = {
  modelTypes: ['synthesizer'],
  prefixes: [''],
  probe: 'embeddings.word_embeddings.weight',
  read,
  kinds: (config) => layerGroups(config, layerCount(config, 'num_hidden_layers')).map(kindOf),
};
