/** Layers against Keras 3 and against the paper's formulas in NumPy, float64. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  AdditiveAttention,
  Attention,
  type AttentionCallOptions,
  DenseSynthesizer,
  FactorizedDenseSynthesizer,
  FactorizedRandomSynthesizer,
  GroupedQueryAttention,
  type KerasLayer,
  type MixtureAttention,
  MixtureSynthesizer,
  MultiHeadAttention,
  RandomSynthesizer,
  SelfAttention,
} from '../../lib/layers/index.js';
import {
  expectClose,
  type GoldenCase,
  type Goldens,
  goldenPath,
  masks,
  readGolden,
  tensors,
} from '../support/golden.js';

type LayerClass = { new (config: never): MixtureAttention; fromConfig(config: never): MixtureAttention };

const FILES: Record<string, Record<string, unknown>> = {
  'keras_layers.json': {
    keras_attention: Attention,
    keras_additive_attention: AdditiveAttention,
    keras_multi_head_attention: MultiHeadAttention,
    keras_grouped_query_attention: GroupedQueryAttention,
  },
  'synthesizers.json': {
    paper_self_attention: SelfAttention,
    paper_attention: Attention,
    paper_additive_attention: AdditiveAttention,
    paper_random: RandomSynthesizer,
    paper_factorized_random: FactorizedRandomSynthesizer,
    paper_dense: DenseSynthesizer,
    paper_factorized_dense: FactorizedDenseSynthesizer,
    paper_mixture: MixtureSynthesizer,
  },
};

interface KerasClass {
  fromKeras(layer: KerasLayer): MixtureAttention;
}

/** What get_config() of Keras' layer gives, as far as a case says it. */
function kerasConfig({ config }: GoldenCase): Record<string, unknown> {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const own = Object.entries(config).map(([name, value]) => [snake(name), value]);
  return { ...Object.fromEntries(own), name: 'layer', dtype: 'float64', trainable: true, seed: null };
}

function buildFor(layer: MixtureAttention, golden: GoldenCase): MixtureAttention {
  const { query, value, key } = golden.inputs;
  layer.build(query!.shape, (value ?? query)!.shape, (key ?? value ?? query)!.shape);
  if (golden.weights) layer.setWeights(tensors(golden.weights));
  return layer;
}

describe.each(Object.entries(FILES).filter(([file]) => existsSync(goldenPath(file))))(
  '%s',
  (file, families) => {
    const goldens = readGolden<Goldens>(file);

    it('has no family that is not tested', () => {
      const lists = Object.keys(goldens).filter((name) => Array.isArray(goldens[name]));
      expect(lists.sort()).toEqual(Object.keys(families).sort());
    });

    describe.each(Object.entries(families))('%s', (family, LayerOf) => {
      const Layer = LayerOf as LayerClass;
      it.each((goldens[family] as GoldenCase[]).map((c) => [c.name, c] as const))('%s', async (_, golden) => {
        const layer = buildFor(new Layer(golden.config as never), golden);
        const { query, ...others } = tensors(golden.inputs);
        const options = { ...others, ...masks(golden.masks), ...golden.options } as AttentionCallOptions;
        const output = layer.call(query!, options);
        expect(output.shape).toEqual(golden.output.shape);
        expect(layer.computeOutputShape(query!.shape, others.value?.shape)).toEqual(golden.output.shape);
        expectClose(output.data, golden.output.data, golden.name);
        const [again, scores] = layer.call(query!, { ...options, returnAttentionScores: true });
        expectClose(again.data, golden.output.data, `${golden.name}, with scores`);
        expect(scores.shape).toEqual(golden.scores!.shape);
        expectClose(scores.data, golden.scores!.data, `${golden.name}: scores`);
        const onPool = await layer.callAsync(query!, options);
        expect([...onPool.data]).toEqual([...output.data]);

        const config = JSON.parse(JSON.stringify(layer.getConfig())) as never;
        const copy = buildFor(Layer.fromConfig(config), { ...golden, weights: undefined as never });
        copy.setWeights(layer.getWeights());
        expect(copy.getConfig()).toEqual(layer.getConfig());
        expect([...copy.call(query!, options).data]).toEqual([...output.data]);
        layer.dispose();

        if (family.startsWith('keras_')) {
          const weights = Object.values(tensors(golden.weights));
          const imported = (Layer as unknown as KerasClass).fromKeras({
            config: kerasConfig(golden),
            weights,
          });
          expect([...imported.call(query!, options).data]).toEqual([...output.data]);
        }
      });
    });
  },
);
