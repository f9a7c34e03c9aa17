/** config.json of the Synthesizer's own architecture: what it may say, and one sentence for what it may not. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadArchitecture } from '../../../lib/encoder/architecture.js';
import { Encoder } from '../../../lib/encoder/encoder.js';
import { JsonObject } from '../../../lib/encoder/json_file.js';
import { ModelError } from '../../../lib/errors.js';
import { encoderDirectory } from '../../support/encoder_golden.js';

type Config = Record<string, unknown> & {
  attention: { scores: Record<string, unknown>[]; mixing?: string }[];
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

  it.each<[string, string, (config: Config) => unknown, string]>([
    ['no attention', 'synthesizer', ({ attention: _, ...c }) => c, 'attention: expected a list of 4 layers'],
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
