/**
 * What a sentence-transformers or Hugging Face model directory says: config.json, modules.json and the folders
 * it names, sentence_bert_config.json, tokenizer.json and tokenizer_config.json. Weights are read elsewhere.
 */
import { stat } from 'node:fs/promises';
import { isAbsolute, join, normalize, sep } from 'node:path';
import { expectation, ModelError } from '../errors.js';
import { JsonObject, readJsonObject, readOptionalJson, readOptionalJsonArray } from './json_file.js';
import type { PoolingMode } from './types.js';

export interface ModelDirectory {
  /** Where config.json, the weights and the tokenizer stand. */
  transformer: string;
  config: JsonObject;
  tokenizer: JsonObject;
  tokenizerConfig: JsonObject;
  pooling: PoolingMode;
  normalize: boolean;
  /** Tokens a text may have as far as the directory says, special tokens included. */
  maxLength: number | undefined;
  /** Lower-case texts before the tokenizer sees them. */
  lowerCase: boolean;
}

/** Folders of modules.json may not lead out of the directory. */
function inside(directory: string, module: JsonObject): string {
  const path = module.string('path', '');
  const normal = normalize(path);
  if (isAbsolute(path) || normal === '..' || normal.startsWith(`..${sep}`)) {
    module.fail('path', 'a path inside of the model directory');
  }
  return path === '' ? directory : join(directory, normal);
}

const OLD_POOLING_KEYS: Readonly<Record<string, PoolingMode | undefined>> = {
  pooling_mode_cls_token: 'cls',
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_max_tokens: 'max',
  pooling_mode_mean_sqrt_len_tokens: undefined,
  pooling_mode_weightedmean_tokens: undefined,
  pooling_mode_lasttoken: undefined,
};

function poolingMode(config: JsonObject): PoolingMode {
  const named = config.get('pooling_mode');
  if (named !== undefined) {
    if (named !== 'mean' && named !== 'cls' && named !== 'max')
      config.fail('pooling_mode', 'mean, cls or max');
    return named;
  }
  const active = Object.keys(OLD_POOLING_KEYS).filter((key) => config.boolean(key, false));
  const mode = active.length === 1 ? OLD_POOLING_KEYS[active[0]!] : undefined;
  if (mode === undefined) {
    throw new ModelError(
      expectation(config.source, 'exactly one of mean, cls and max pooling', active.join(' and ') || 'none'),
    );
  }
  return mode;
}

async function checkDirectory(directory: string): Promise<void> {
  const received = await stat(directory).then(
    (s) => (s.isDirectory() ? undefined : 'a file'),
    (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? 'nothing there' : (error.code ?? String(error)),
  );
  if (received !== undefined) throw new ModelError(expectation(directory, 'a model directory', received));
}

export async function readModelDirectory(directory: string): Promise<ModelDirectory> {
  await checkDirectory(directory);
  const modules = await readOptionalJsonArray(directory, 'modules.json');
  let transformer = directory;
  // Without modules.json sentence-transformers takes the mean and leaves the length as it is.
  let pooling: PoolingMode = 'mean';
  let normalizes = false;
  for (const [i, module] of (modules ?? []).entries()) {
    const type = module.string('type').split('.').at(-1)!;
    const path = inside(directory, module);
    if (type === 'Transformer' && i === 0) {
      transformer = path;
    } else if (type === 'Pooling' && i === 1) {
      pooling = poolingMode(await readJsonObject(path, 'config.json'));
    } else if (type === 'Normalize' && i > 1) {
      normalizes = true;
    } else {
      module.fail('type', 'Transformer, then Pooling, then Normalize');
    }
  }
  const [config, tokenizer, tokenizerConfig, sentence] = await Promise.all([
    readJsonObject(transformer, 'config.json'),
    readJsonObject(transformer, 'tokenizer.json'),
    readOptionalJson(transformer, 'tokenizer_config.json'),
    readOptionalJson(transformer, 'sentence_bert_config.json'),
  ]);
  return {
    transformer,
    config,
    tokenizer,
    tokenizerConfig: tokenizerConfig ?? new JsonObject(join(transformer, 'tokenizer_config.json'), {}),
    pooling,
    normalize: normalizes,
    maxLength: maxLength(sentence, tokenizerConfig),
    lowerCase: sentence?.boolean('do_lower_case', false) ?? false,
  };
}

function maxLength(sentence: JsonObject | undefined, tokenizer: JsonObject | undefined): number | undefined {
  if (sentence && (sentence.get('max_seq_length') ?? null) !== null) {
    return sentence.integer('max_seq_length', 1, Number.MAX_SAFE_INTEGER);
  }
  // transformers writes 1e30 for "no limit".
  const limit = tokenizer?.get('model_max_length');
  return Number.isSafeInteger(limit) && (limit as number) > 0 ? (limit as number) : undefined;
}
