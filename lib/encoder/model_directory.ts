/**
 * What a sentence-transformers or Hugging Face model directory says: config.json, modules.json and the folders
 * it names, config_sentence_transformers.json, sentence_bert_config.json, tokenizer.json and tokenizer_config.json.
 * Weights are read elsewhere.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expectation, ModelError } from '../errors.js';
import { JsonObject, readJsonObject, readOptionalJson } from './json_file.js';
import { type Module, readModules, readTransformerPath } from './modules.js';
import { DEFAULT_POOLING, type PoolingConfig, readPoolingConfig } from './pooling_config.js';
import { Prompts } from './prompts.js';
import type { SimilarityName } from './types.js';

export interface ModelDirectory {
  /** Where config.json, the weights and the tokenizer stand. */
  transformer: string;
  config: JsonObject;
  tokenizer: JsonObject;
  tokenizerConfig: JsonObject;
  pooling: PoolingConfig;
  /** What comes after the pooling, in order. */
  modules: readonly (Module & { kind: 'Dense' | 'Normalize' })[];
  prompts: Prompts;
  similarity: SimilarityName;
  truncateDim: number | undefined;
  /** Tokens a text may have as far as the directory says, special tokens included. */
  maxLength: number | undefined;
  /** Lower-case texts before the tokenizer sees them. */
  lowerCase: boolean;
}

export interface ModelDirectoryOptions {
  /** false: only the transformer counts, with the mean of its states. */
  modules?: boolean;
}

/** Names that sentence-transformers has given the file that says max_seq_length and do_lower_case. */
const TRANSFORMER_CONFIGS: readonly string[] = [
  'sentence_bert_config.json',
  'sentence_roberta_config.json',
  'sentence_distilbert_config.json',
  'sentence_camembert_config.json',
  'sentence_albert_config.json',
  'sentence_xlm-roberta_config.json',
  'sentence_xlnet_config.json',
];

const SIMILARITIES: readonly SimilarityName[] = ['cosine', 'dot', 'euclidean', 'manhattan'];

async function checkDirectory(directory: string): Promise<void> {
  const received = await stat(directory).then(
    (s) => (s.isDirectory() ? undefined : 'a file'),
    (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? 'nothing there' : (error.code ?? String(error)),
  );
  if (received !== undefined) throw new ModelError(expectation(directory, 'a model directory', received));
}

async function readTransformerConfig(directory: string): Promise<JsonObject | undefined> {
  for (const name of TRANSFORMER_CONFIGS) {
    const config = await readOptionalJson(directory, name);
    if (config !== undefined) return config;
  }
  return undefined;
}

export async function readModelDirectory(
  directory: string,
  options: ModelDirectoryOptions = {},
): Promise<ModelDirectory> {
  await checkDirectory(directory);
  const all = (options.modules ?? true) ? await readModules(directory) : undefined;
  const transformer = all?.[0]?.path ?? (await readTransformerPath(directory));
  const [config, tokenizer, tokenizerConfig, sentence, model, pooling] = await Promise.all([
    readJsonObject(transformer, 'config.json'),
    readJsonObject(transformer, 'tokenizer.json'),
    readOptionalJson(transformer, 'tokenizer_config.json'),
    readTransformerConfig(transformer),
    readOptionalJson(directory, 'config_sentence_transformers.json'),
    all && readJsonObject(all[1]!.path, 'config.json'),
  ]);
  return {
    transformer,
    config,
    tokenizer,
    tokenizerConfig: tokenizerConfig ?? new JsonObject(join(transformer, 'tokenizer_config.json'), {}),
    pooling: pooling ? readPoolingConfig(pooling) : DEFAULT_POOLING,
    modules: (all?.slice(2) ?? []) as ModelDirectory['modules'],
    prompts: Prompts.read(model),
    similarity: similarity(model),
    truncateDim: model?.optionalInteger('truncate_dim', 1, Number.MAX_SAFE_INTEGER),
    maxLength: maxLength(sentence, tokenizerConfig),
    lowerCase: sentence?.boolean('do_lower_case', false) ?? false,
  };
}

function similarity(model: JsonObject | undefined): SimilarityName {
  const name = model?.optionalString('similarity_fn_name') ?? 'cosine';
  if (!SIMILARITIES.includes(name as SimilarityName)) {
    model?.fail('similarity_fn_name', `one of ${SIMILARITIES.join(', ')}`);
  }
  return name as SimilarityName;
}

function maxLength(sentence: JsonObject | undefined, tokenizer: JsonObject | undefined): number | undefined {
  const said = sentence?.optionalInteger('max_seq_length', 1, Number.MAX_SAFE_INTEGER);
  if (said !== undefined) return said;
  // transformers writes 1e30 for "no limit".
  const limit = tokenizer?.get('model_max_length');
  return Number.isSafeInteger(limit) && (limit as number) > 0 ? (limit as number) : undefined;
}
