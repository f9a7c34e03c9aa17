/** config.json of the Synthesizer's own architecture: what it may say, and one sentence for what it may not. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ModelError } from '../../../lib/errors.js';
import { loadArchitecture } from '../../../lib/models/architectures/registry.js';
import { JsonObject } from '../../../lib/models/directory/json_file.js';
import { Encoder } from '../../../lib/models/encoder.js';
import { encoderDirectory } from '../../support/encoder_golden.js';

interface Mixture {
  scores: Record<string, unknown>[];
  mixing?: string;
}

type Config = Record<string, unknown> & {
  attention: (Mixture & { groups?: (Mixture & { heads?: number })[] })[];
};

async function load(name: string, change: (config: Config) => unknown = (config) => config) {
  const directory = encoderDirectory(name);
  const config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')) as Config;
  return loadArchitecture(directory, new JsonObject('config.json', change(config) as Config));
}

describe('a Synthesizer', () => {
  it('says which layers attend how', async () => {
    expect((await load('synthesizer')).kinds).toEqual([
      'RandomSynthesizer',
      'FactorizedRandomSynthesizer',
      'DenseSynthesizer',
      'FactorizedDenseSynthesizer',
    ]);
    expect((await load('synthesizer_mixtures')).kinds).toEqual(new Array(3).fill('MixtureSynthesizer'));
    using encoder = await Encoder.load(encoderDirectory('synthesizer'));
    const { layers } = await encoder.explain('two rivers');
    expect(layers.map(({ kind }) => kind)).toEqual((await load('synthesizer')).kinds);
  });

  it('says which heads attend how where a layer has several groups', async () => {
    const kinds = [
      'RandomSynthesizer (3), MultiHeadAttention (1)',
      'MixtureSynthesizer (1), FactorizedDenseSynthesizer (2), MultiHeadAttention (1)',
      'DenseSynthesizer (1), FactorizedRandomSynthesizer (1), MixtureSynthesizer (2)',
      'RandomSynthesizer',
    ];
    expect((await load('synthesizer_groups')).kinds).toEqual(kinds);
    using encoder = await Encoder.load(encoderDirectory('synthesizer_groups'));
    const { layers } = await encoder.explain('two rivers');
    expect(layers.map(({ kind }) => kind)).toEqual(kinds);
    for (const { parts, heads, queries, keys } of layers) {
      const { weights } = parts[0]!;
      expect([heads, weights.length]).toEqual([4, 4 * queries * keys]);
      // Every head of every group has its own: rows of the softmax, none left empty.
      const sums = Array.from({ length: heads * queries }, (_, row) =>
        weights.slice(row * keys, (row + 1) * keys).reduce((a, b) => a + b),
      );
      for (const sum of sums) expect(Math.abs(sum - 1)).toBeLessThan(1e-5);
    }
  });

  it('with one group is one without groups, but for the names of its tensors', async () => {
    const one = load('synthesizer', ({ attention, ...config }) => ({
      ...config,
      attention: attention.map((layer) => ({ groups: [{ heads: 3, ...layer }] })),
    }));
    await expect(one).rejects.toThrow('a tensor encoder.layer.0.attention.groups.0.scores.0.kernel');
  });

  it('has one entry for one layer or for all', async () => {
    const alone = await load('synthesizer', ({ attention, ...config }) => ({
      ...config,
      num_hidden_layers: 1,
      attention: [attention[0]],
    }));
    expect([alone.layers, alone.kinds]).toEqual([1, ['RandomSynthesizer']]);
    // The second layer has no such tensor: it is the first entry that counts.
    const all = load('synthesizer', ({ attention, ...config }) => ({ ...config, attention: [attention[0]] }));
    await expect(all).rejects.toThrow('a tensor encoder.layer.1.attention.scores.0.kernel');
  });

  /** The first score function of a layer, changed. */
  const score = (layer: number, changes: Record<string, unknown>) => (config: Config) => {
    Object.assign(config.attention[layer]!.scores[0]!, changes);
    return config;
  };

  type Groups = NonNullable<Config['attention'][0]['groups']>;
  /** The groups of a layer, changed. */
  const groups = (layer: number, change: (all: Groups) => Groups) => (config: Config) => {
    config.attention[layer]!.groups = change(config.attention[layer]!.groups!);
    return config;
  };

  it.each<[string, string, (config: Config) => unknown, string]>([
    ['no attention', 'synthesizer', ({ attention: _, ...c }) => c, 'attention: expected a list of 4 layers'],
    [
      'groups that are no list',
      'synthesizer_groups',
      groups(0, () => ({}) as never),
      'attention[0]: groups: expected a list of 1 to 4 groups of heads',
    ],
    [
      'no group',
      'synthesizer_groups',
      groups(0, () => []),
      'attention[0]: groups: expected a list of 1 to 4 groups of heads',
    ],
    [
      'more groups than heads',
      'synthesizer_groups',
      groups(0, ([first]) => new Array(5).fill(first)),
      'attention[0]: groups: expected a list of 1 to 4 groups of heads',
    ],
    [
      'a group that is null',
      'synthesizer_groups',
      groups(1, ([first]) => [first!, null as never]),
      'attention[1]: groups[1]: expected an object but received null',
    ],
    [
      'a group without heads',
      'synthesizer_groups',
      groups(1, ([first, ...rest]) => [{ ...first!, heads: 0 }, ...rest]),
      'attention[1]: groups[0]: heads: expected an integer from 1 to 4 but received 0',
    ],
    [
      'too few heads',
      'synthesizer_groups',
      groups(1, (all) => all.slice(1)),
      'attention[1]: groups: expected 4 heads in all but received 2 + 1',
    ],
    [
      'too many heads',
      'synthesizer_groups',
      groups(0, ([first, second]) => [first!, { ...second!, heads: 2 }]),
      'attention[0]: groups: expected 4 heads in all but received 3 + 2',
    ],
    [
      'a group without scores',
      'synthesizer_groups',
      groups(0, ([first]) => [first!, { heads: 1 } as never]),
      'attention[0]: groups[1]: scores: expected a list of 1 to 8',
    ],
    [
      'scores beside groups',
      'synthesizer_groups',
      (c) => {
        c.attention[0]!.scores = [{ type: 'random' }];
        return c;
      },
      'attention[0]: scores: expected nothing beside groups',
    ],
    [
      'groups of other sizes than the tensors',
      'synthesizer_groups',
      groups(0, ([first, second]) => [
        { ...first!, heads: 2 },
        { ...second!, heads: 2 },
      ]),
      'groups.0.scores.0.kernel: expected shape [2, 24, 24] but received [3, 24, 24]',
    ],
    [
      'queries of all heads in a group of some',
      'synthesizer_groups',
      groups(0, ([first, second]) => [
        { ...second!, heads: 3 },
        { ...first!, heads: 1 },
      ]),
      'a tensor encoder.layer.0.attention.groups.0.scores.0.query.weight',
    ],
    [
      'another number of layers',
      'synthesizer',
      (c) => ({ ...c, num_hidden_layers: 5 }),
      'attention: expected a list of 5',
    ],
    [
      'attention that is no list',
      'synthesizer',
      (c) => ({ ...c, attention: {} }),
      'attention: expected a list',
    ],
    [
      'an entry that is null',
      'synthesizer',
      (c) => ({ ...c, attention: [null] }),
      'attention[0]: expected an object but received null',
    ],
    [
      'an entry without scores',
      'synthesizer',
      (c) => ({ ...c, attention: [{}] }),
      'attention[0]: scores: expected a list of 1 to 8',
    ],
    [
      'no score function',
      'synthesizer',
      (c) => ({ ...c, attention: [{ scores: [] }] }),
      'scores: expected a list of 1 to 8',
    ],
    [
      'nine of them',
      'synthesizer',
      (c) => ({ ...c, attention: [{ scores: new Array(9).fill({ type: 'random' }) }] }),
      'scores: expected a list of 1 to 8',
    ],
    [
      'a name instead of a score function',
      'synthesizer',
      (c) => ({ ...c, attention: [{ scores: ['random'] }] }),
      'scores[0]: expected an object but received "random"',
    ],
    [
      'a score function without a type',
      'synthesizer',
      score(0, { type: undefined }),
      'scores[0]: type: expected a string',
    ],
    [
      'another score function',
      'synthesizer',
      score(0, { type: 'relative' }),
      'scores[0]: type: expected dot-product, random,',
    ],
    [
      'a property of all objects',
      'synthesizer',
      score(0, { type: 'constructor' }),
      'type: expected dot-product, random,',
    ],
    [
      'another rank',
      'synthesizer',
      score(1, { rank: 7 }),
      'left: expected shape [3, 24, 7] but received [3, 24, 8]',
    ],
    ['no rank', 'synthesizer', score(1, { rank: 0 }), 'rank: expected an integer from 1'],
    [
      'no hidden size',
      'synthesizer',
      score(2, { hidden_dim: undefined }),
      'hidden_dim: expected an integer from 1',
    ],
    [
      'another hidden size',
      'synthesizer',
      score(2, { hidden_dim: 4 }),
      'hidden.weight: expected shape [12, 24]',
    ],
    [
      'one map for all heads',
      'synthesizer',
      score(2, { shared_across_heads: true }),
      'output: expected shape [5, 24] but received [3, 5, 24]',
    ],
    [
      'a map for some heads',
      'synthesizer',
      score(2, { shared_across_heads: 'yes' }),
      'shared_across_heads: expected a boolean',
    ],
    ['no tile', 'synthesizer', score(3, { tile: undefined }), 'tile: expected an integer from 1'],
    [
      'a tile that does not divide',
      'synthesizer',
      score(3, { tile: 7 }),
      'tile: expected a divisor of 24 but received 7',
    ],
    [
      'another tile',
      'synthesizer',
      score(3, { tile: 8 }),
      'output: expected shape [3, 6, 11] but received [3, 6, 10]',
    ],
    [
      'positions beyond the scores',
      'synthesizer',
      (c) => ({ ...c, max_position_embeddings: 25 }),
      'expected shape [25, 24]',
    ],
    [
      'too many positions',
      'synthesizer',
      (c) => ({ ...c, max_position_embeddings: 65537 }),
      'max_position_embeddings: expected an integer from 1 to 65536',
    ],
    [
      'heads that do not divide',
      'synthesizer',
      (c) => ({ ...c, num_attention_heads: 5 }),
      'num_attention_heads: expected a divisor',
    ],
    [
      'no feed-forward size',
      'synthesizer',
      ({ intermediate_size: _, ...c }) => c,
      'intermediate_size: expected an integer',
    ],
    [
      'another mixing',
      'synthesizer_mixtures',
      (c) => {
        c.attention[0]!.mixing = 'mean';
        return c;
      },
      'attention[0]: mixing: expected learned or sum',
    ],
    [
      'more score functions than tensors',
      'synthesizer_mixtures',
      (c) => {
        c.attention[1]!.scores.push({ type: 'random' });
        return c;
      },
      'a tensor encoder.layer.1.attention.scores.2.kernel',
    ],
    [
      'fewer than mixing has',
      'synthesizer_mixtures',
      (c) => {
        c.attention[2]!.scores.pop();
        return c;
      },
      'mixing: expected shape [2] but received [3]',
    ],
    [
      'embeddings of the hidden size',
      'synthesizer_mixtures',
      ({ embedding_size: _, ...c }) => c,
      'expected shape [216, 24] but received [216, 12]',
    ],
  ])('is refused with %s', async (_, name, change, message) => {
    const error = await load(name, change).then(
      () => undefined,
      (e: unknown) => e as Error,
    );
    expect(error).toBeInstanceOf(ModelError);
    expect(error!.message).toContain(message);
    expect(error!.message).toMatch(/^[^\n]+: expected [^\n]+ but received [^\n]+$/);
  });
});
