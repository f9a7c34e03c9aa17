/**
 * The transformer of a model directory alone, as transformers.js sees it: no modules, no prompts, and as many tokens
 * as the tokenizer's configuration allows. The only file here that knows the encoder underneath.
 */

import type { LoadedModel } from '../models/architectures/loaded_model.js';
import { loadArchitecture } from '../models/architectures/registry.js';
import type { JsonObject } from '../models/directory/json_file.js';
import { type ModelDirectory, readModelDirectory } from '../models/directory/model_directory.js';
import { throwFailure } from '../models/feed/encode_job.js';
import { runJobs } from '../models/feed/jobs.js';
import { TokenWorkers } from '../models/feed/worker_pool.js';
import { embed, type HeadPlan, tokenStates } from '../models/heads/head.js';
import { Tokenizer } from '../models/tokenizer/tokenizer.js';
import type { EncoderDType, PoolingMode } from '../models/types.js';
import { allocateFloats } from '../tensor/allocate.js';

/** Of one text, special tokens included. */
export interface TokenStates {
  ids: Int32Array;
  /** [tokens, hidden] */
  states: Float32Array;
}

/** transformers writes 1e30 for "no limit". */
function limitOf(config: JsonObject, positions: number): number {
  const limit = config.get('model_max_length');
  return Number.isSafeInteger(limit) && (limit as number) > 0
    ? Math.min(limit as number, positions)
    : positions;
}

export class Engine {
  private constructor(
    private readonly model: LoadedModel,
    private readonly workers: TokenWorkers,
    private readonly found: ModelDirectory,
  ) {}

  static async load(directory: string, dtype: EncoderDType): Promise<Engine> {
    const found = await readModelDirectory(directory, { modules: false });
    const model = await loadArchitecture(found.transformer, found.config, { dtype });
    try {
      const tokenizing = { maxLength: limitOf(found.tokenizerConfig, model.positions), lowerCase: false };
      const tokenizer = Tokenizer.create(found.tokenizer, tokenizing);
      const workers = new TokenWorkers(tokenizer, found.tokenizer, tokenizing, { workers: 'auto' });
      return new Engine(model, workers, found);
    } catch (error) {
      model.dispose();
      throw error;
    }
  }

  /** Where config.json and the weights stand. */
  get directory(): string {
    return this.found.transformer;
  }

  get config(): JsonObject {
    return this.found.config;
  }

  get tokenizerFile(): JsonObject {
    return this.found.tokenizer;
  }

  get tokenizerConfig(): JsonObject {
    return this.found.tokenizerConfig;
  }

  /** Length of a hidden state. */
  get hidden(): number {
    return this.model.dimensions;
  }

  /** [texts, hidden]; jobs write straight into their rows of it. */
  async pooled(texts: readonly string[], pooling: PoolingMode, normalize: boolean): Promise<Float32Array> {
    const { model, workers, hidden } = this;
    const plan: HeadPlan = { modes: [pooling], skip: 0, steps: [], dimensions: hidden, normalize };
    const result = allocateFloats([texts.length, hidden], 'embeddings');
    let rows = 0;
    const jobs = runJobs(
      [texts],
      workers,
      '',
      (batch) => {
        const begin = rows * hidden;
        rows += batch.offsets.length - 1;
        return embed(model, batch, plan, result.subarray(begin, rows * hidden));
      },
      {},
      texts.length,
    );
    let done = 0;
    for await (const { result: failures, batch } of jobs) {
      throwFailure(failures, done);
      done += batch.offsets.length - 1;
    }
    return result;
  }

  async states(texts: readonly string[]): Promise<TokenStates[]> {
    const { model, workers, hidden } = this;
    const all: TokenStates[] = [];
    const jobs = runJobs([texts], workers, '', (batch) => tokenStates(model, batch), {}, texts.length);
    for await (const { result, batch } of jobs) {
      throwFailure(result.failures, all.length);
      for (let i = 0; i + 1 < batch.offsets.length; i++) {
        const [begin, end] = [batch.offsets[i]!, batch.offsets[i + 1]!];
        all.push({
          ids: batch.ids.subarray(begin, end),
          states: result.states.subarray(begin * hidden, end * hidden),
        });
      }
    }
    return all;
  }

  /** Frees native memory now instead of at garbage collection; jobs that run end first. */
  dispose(): void {
    this.workers.dispose();
    this.model.dispose();
  }
}
