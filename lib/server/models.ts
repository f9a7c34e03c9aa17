/** The models of a server, by the names that requests use. */
import { basename, resolve } from 'node:path';
import { ArgumentError, expectation } from '../errors.js';
import type { HubOptions } from '../hub/options.js';
import { DEFAULT_MODEL } from '../hub/packaged.js';
import { resolveModel } from '../hub/resolve.js';
import { readModelDirectory } from '../models/directory/model_directory.js';
import type { EncoderLoadOptions } from '../models/encoder.js';
import type { BatchReport } from './batcher.js';
import { Decoder } from './decoder.js';
import { RequestError } from './errors.js';
import { Model } from './model.js';
import type { ServerOptions } from './options.js';

export interface ServedModel {
  /** As it was given: a directory or a name. */
  source: string;
  /** Where its files are. */
  directory: string;
  /** Commit of a model from the hub. */
  sha: string | null;
  model: Model;
  decoder: Decoder;
}

export type ModelSettings = Pick<
  ServerOptions,
  'maxBatchTokens' | 'maxQueueTokens' | 'maxConcurrentRequests'
> & {
  load: EncoderLoadOptions;
  onBatch: (batch: BatchReport) => void;
};

/**
 * NAME=MODEL, or MODEL alone, whose name is then its own: the last part of a directory, the whole of a name at the hub.
 * None at all is the model that comes with the package.
 * @throws ArgumentError
 */
export function readModelNames(given: readonly string[]): Map<string, string> {
  const models = new Map<string, string>();
  for (const text of given.length === 0 ? [DEFAULT_MODEL] : given) {
    const [, name = ownName(text), source = text] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
    if (name.length > 256 || name.includes('\0')) {
      throw new ArgumentError(
        expectation('--model', 'a name of at most 256 characters', 'a longer one', 'length'),
      );
    }
    if (models.has(name)) {
      throw new ArgumentError(expectation('--model', 'every name once', JSON.stringify(name), 'conflict'));
    }
    models.set(name, source);
  }
  return models;
}

function ownName(source: string): string {
  // The cache of the hub names its folders by commits; that is not what people call a model.
  return /^[\w.-]+\/[\w.-]+$/.test(source) && !/^\.{1,2}\//.test(source)
    ? source
    : basename(resolve(source)) || source;
}

/** A model that stands under several names is loaded once. The first one is what requests get that name none. */
export class Models {
  readonly #byName: ReadonlyMap<string, ServedModel>;
  /** Seconds since 1970. */
  readonly loaded = Math.floor(Date.now() / 1000);

  private constructor(byName: ReadonlyMap<string, ServedModel>) {
    this.#byName = byName;
  }

  /** @throws ModelError, FormatError, FileError, ArgumentError with one sentence each */
  static async load(names: ReadonlyMap<string, string>, settings: ModelSettings): Promise<Models> {
    const { load, ...limits } = settings;
    const bySource = new Map<string, ServedModel>();
    const byName = new Map<string, ServedModel>();
    try {
      for (const [name, source] of names) {
        const directory = await resolveModel(source, hubOptions(load));
        const key = resolve(directory);
        let served = bySource.get(key);
        if (served === undefined) {
          const model = await Model.load(name, directory, { ...load, ...limits });
          const decoder = new Decoder(async () => {
            const files = await readModelDirectory(directory);
            return [files.tokenizer.values, files.tokenizerConfig.values];
          });
          const sha = /[\\/]snapshots[\\/]([0-9a-f]{40})$/.exec(key)?.[1] ?? null;
          served = { source, directory, sha, model, decoder };
          bySource.set(key, served);
        }
        byName.set(name, served);
      }
    } catch (error) {
      for (const { model } of bySource.values()) model.dispose();
      throw error;
    }
    return new Models(byName);
  }

  get names(): string[] {
    return [...this.#byName.keys()];
  }

  /** Each once, by the first of its names. */
  get all(): ReadonlyMap<string, ServedModel> {
    return new Map([...this.#byName.values()].map((served) => [served.model.id, served]));
  }

  /**
   * @param name the first model without one
   * @throws RequestError
   */
  get(name?: string | null): ServedModel & { name: string } {
    const wanted = name ?? this.names[0]!;
    const served = this.#byName.get(wanted);
    if (served === undefined) {
      const shown = wanted.length > 100 ? `one of ${wanted.length} characters` : JSON.stringify(wanted);
      throw new RequestError(
        'modelNotFound',
        expectation('model', `one of ${this.names.join(', ')}`, shown),
        'model',
      );
    }
    return { ...served, name: wanted };
  }

  /** Takes nothing more, waits for what was taken, and frees the memory. */
  async close(): Promise<void> {
    const models = [...this.all.values()].map(({ model }) => model);
    for (const model of models) model.close();
    await Promise.all(models.map((model) => model.drain()));
    for (const model of models) model.dispose();
  }
}

function hubOptions(load: EncoderLoadOptions): HubOptions {
  const { revision, cacheDir, endpoint, token, localFilesOnly, signal, onProgress } = load;
  const given = { revision, cacheDir, endpoint, token, localFilesOnly, signal, onProgress };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
