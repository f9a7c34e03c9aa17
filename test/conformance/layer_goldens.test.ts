/** Layers against Keras 3 and against the paper's formulas in NumPy, float64. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  AdditiveAttention,
  Attention,
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
import { type GoldenCase, type Goldens, goldenPath, readGolden, tensors } from '../support/golden.js';
import { checkLayerGolden, goldenCall, type LayerClass } from '../support/layer_golden.js';

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
        const output = await checkLayerGolden(Layer, golden);
        if (family.startsWith('keras_')) {
          const weights = Object.values(tensors(golden.weights));
          const imported = (Layer as unknown as KerasClass).fromKeras({
            config: kerasConfig(golden),
            weights,
          });
          const { query, options } = goldenCall(golden);
          expect([...imported.call(query, options).data]).toEqual([...output]);
        }
      });
    });
  },
);
