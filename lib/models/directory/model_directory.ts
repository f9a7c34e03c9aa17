/**
 * What a sentence-transformers or Hugging Face model directory says: config.json, modules.json and the folders
 * it names, config_sentence_transformers.json, sentence_bert_config.json, tokenizer.json and tokenizer_config.json.
 * Weights are read elsewhere.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expectation, ModelError } from '../../errors.js';
import { MODEL_FILES, SENTENCE_CONFIGS } from '../../hub/model_files.js';
import { SIMILARITIES, type SimilarityName } from '../types.js';
import { JsonObject, readJsonObject, readOptionalJson } from './json_file.js';
import { type Module, readModules, readTransformerPath } from './modules.js';
import { DEFAULT_POOLING, type PoolingConfig, readPoolingConfig } from './pooling_config.js';
import { Prompts } from './prompts.js';

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

async function checkDirectory(directory: string): Promise<void> {
  const received = await stat(directory).then(
    (s) => (s.isDirectory() ? undefined : 'a file'),
    (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? 'nothing there' : (error.code ?? String(error)),
  );
  if (received !== undefined) throw new ModelError(expectation(directory, 'a model directory', received));
}

async function readTransformerConfig(directory: string): Promise<JsonObject | undefined> {
  for (const name of SENTENCE_CONFIGS) {
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
    readJsonObject(transformer, MODEL_FILES.config),
    readJsonObject(transformer, MODEL_FILES.tokenizer),
    readOptionalJson(transformer, MODEL_FILES.tokenizerConfig),
    readTransformerConfig(transformer),
    readOptionalJson(directory, MODEL_FILES.sentenceTransformers),
    all && readJsonObject(all[1]!.path, MODEL_FILES.config),
  ]);
  return {
    transformer,
    config,
    tokenizer,
    tokenizerConfig: tokenizerConfig ?? new JsonObject(join(transformer, MODEL_FILES.tokenizerConfig), {}),
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
