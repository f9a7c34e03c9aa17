/** The heads of every architecture, by config.json's model_type, as Python's transformers names their tensors. */

import { describe, expectation, ModelError } from '../../errors.js';
import type { JsonObject } from '../../models/directory/json_file.js';
import {
  type ClassifierPlan,
  decoder,
  type HeadActivation,
  type HeadStepPlan,
  linear,
  norm,
} from './head_plan.js';

interface HeadArchitecture {
  modelTypes: readonly string[];
  maskedLanguage(config: JsonObject): readonly HeadStepPlan[];
  classifier(config: JsonObject): ClassifierPlan;
}

const ACTIVATIONS: ReadonlyMap<string, HeadActivation> = new Map([
  ['gelu', 'gelu'],
  ['gelu_new', 'geluTanh'],
  ['gelu_pytorch_tanh', 'geluTanh'],
  ['relu', 'relu'],
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['tanh', 'tanh'],
]);

function activation(config: JsonObject, key: string): HeadActivation {
  const found = ACTIVATIONS.get(config.string(key, 'gelu'));
  if (found === undefined) config.fail(key, `one of ${[...ACTIVATIONS.keys()].join(', ')}`);
  return found;
}

function tables(...prefixes: string[]): string[] {
  return ['', ...prefixes].map((prefix) => `${prefix}embeddings.word_embeddings.weight`);
}

const epsilonOf = (config: JsonObject): number => config.number('layer_norm_eps', 1e-12);

/** RoBERTa's head, which MPNet took over. */
function robertaHead(epsilon: number, ...prefixes: string[]): readonly HeadStepPlan[] {
  return [
    linear('lm_head.dense', 'gelu'),
    norm('lm_head.layer_norm', epsilon),
    decoder('lm_head.decoder', ['lm_head.bias'], tables(...prefixes)),
  ];
}

const DENSE_CLASSIFIER: ClassifierPlan = {
  pooling: 'cls',
  steps: [linear('classifier.dense', 'tanh'), linear('classifier.out_proj')],
};

const HEADS: readonly HeadArchitecture[] = [
  {
    modelTypes: ['bert'],
    maskedLanguage: (config) => [
      linear('cls.predictions.transform.dense', activation(config, 'hidden_act')),
      norm('cls.predictions.transform.LayerNorm', epsilonOf(config)),
      decoder('cls.predictions.decoder', ['cls.predictions.bias'], tables('bert.')),
    ],
    classifier: () => ({
      pooling: 'cls',
      steps: [linear('pooler.dense', 'tanh', ['bert.', '']), linear('classifier')],
    }),
  },
  {
    modelTypes: ['roberta', 'xlm-roberta', 'camembert'],
    maskedLanguage: (config) => robertaHead(epsilonOf(config), 'roberta.', 'camembert.'),
    classifier: () => DENSE_CLASSIFIER,
  },
  {
    modelTypes: ['distilbert'],
    maskedLanguage: (config) => [
      linear('vocab_transform', activation(config, 'activation')),
      norm('vocab_layer_norm', 1e-12),
      decoder('vocab_projector', [], tables('distilbert.')),
    ],
    classifier: () => ({ pooling: 'cls', steps: [linear('pre_classifier', 'relu'), linear('classifier')] }),
  },
  {
    modelTypes: ['electra'],
    maskedLanguage: (config) => [
      linear('generator_predictions.dense', 'gelu'),
      norm('generator_predictions.LayerNorm', epsilonOf(config)),
      decoder('generator_lm_head', [], tables('electra.')),
    ],
    classifier: () => ({
      pooling: 'cls',
      steps: [linear('classifier.dense', 'gelu'), linear('classifier.out_proj')],
    }),
  },
  {
    modelTypes: ['albert'],
    maskedLanguage: (config) => [
      linear('predictions.dense', activation(config, 'hidden_act')),
      norm('predictions.LayerNorm', epsilonOf(config)),
      decoder('predictions.decoder', ['predictions.bias'], tables('albert.')),
    ],
    classifier: () => ({
      pooling: 'cls',
      steps: [linear('pooler', 'tanh', ['albert.', '']), linear('classifier')],
    }),
  },
  {
    modelTypes: ['mpnet'],
    maskedLanguage: (config) => robertaHead(epsilonOf(config), 'mpnet.'),
    classifier: () => DENSE_CLASSIFIER,
  },
  {
    modelTypes: ['modernbert'],
    maskedLanguage: (config) => [
      ...modernbertHead(config),
      decoder(
        'decoder',
        [],
        ['', 'model.'].map((prefix) => `${prefix}embeddings.tok_embeddings.weight`),
      ),
    ],
    classifier: (config) => {
      const pooling = config.string('classifier_pooling', 'cls');
      if (pooling !== 'cls' && pooling !== 'mean')
        return config.fail('classifier_pooling', '"cls" or "mean"');
      return { pooling, steps: [...modernbertHead(config), linear('classifier')] };
    },
  },
];

function modernbertHead(config: JsonObject): HeadStepPlan[] {
  return [
    linear('head.dense', activation(config, 'classifier_activation')),
    norm('head.norm', config.number('norm_eps', 1e-5)),
  ];
}

export function headsOf(config: JsonObject): HeadArchitecture {
  const type = config.get('model_type');
  const found = HEADS.find(({ modelTypes }) => modelTypes.includes(type as string));
  if (found === undefined) {
    const known = HEADS.flatMap(({ modelTypes }) => modelTypes).map((name) => JSON.stringify(name));
    throw new ModelError(
      expectation(`${config.source}: model_type`, `one with a head: ${known.join(', ')}`, describe(type)),
    );
  }
  return found;
}
