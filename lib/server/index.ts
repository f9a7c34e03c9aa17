/** `synthetic-attention/server`: the embeddings server as a Fastify plugin to mount in one's own application. */
import type { FastifyInstance } from 'fastify';
import { ArgumentError, describe, expectation } from '../errors.js';
import { DEFAULT_MODEL } from '../hub/packaged.js';
import { type EncoderLoadOptions, LOAD_OPTIONS } from '../models/encoder.js';
import { unknownOption } from '../options.js';
import { Metrics } from './metrics.js';
import { type ModelSettings, Models } from './models.js';
import { checkServerOptions, type ServerOptions } from './options.js';
import { registerServer } from './plugin.js';

export type { ServerOptions } from './options.js';

export interface EmbeddingsServerOptions extends Partial<ServerOptions>, EncoderLoadOptions {
  /**
   * Directories or names of models, by the names that requests use. The first one serves requests that name none. By
   * default the model that comes with the package, under its own name.
   */
  models?: Readonly<Record<string, string>>;
}

/**
 * `await app.register(embeddingsServer, { prefix: '/embeddings', models: { minilm: 'DIR' } })`. The models are loaded
 * before the application is ready; where that takes longer than Fastify's `pluginTimeout` (10 s), as a download does, raise it.
 */
export async function embeddingsServer(app: FastifyInstance, given: EmbeddingsServerOptions): Promise<void> {
  const {
    prefix: _,
    logLevel: __,
    logSerializers: ___,
    models: names = { [DEFAULT_MODEL]: DEFAULT_MODEL },
    ...rest
  } = given as typeof given & {
    prefix?: unknown;
    logLevel?: unknown;
    logSerializers?: unknown;
  };
  const options = checkServerOptions(rest);
  const load = loadOptions(rest, options);
  const { models, metrics } = await loadModels(checkNames(names), options, load);
  await registerServer(app, options, { models, metrics });
}

/** What is left of the options is the encoder's, or a mistake that should not go unnoticed. */
function loadOptions(given: object, options: ServerOptions): EncoderLoadOptions {
  const entries = Object.entries(given).filter(([name]) => !Object.hasOwn(options, name));
  const unknown = entries.find(([name]) => !LOAD_OPTIONS.has(name));
  if (unknown) {
    const known = ['models', ...Object.keys(options), ...LOAD_OPTIONS];
    throw unknownOption('embeddingsServer', unknown[0], known);
  }
  return Object.fromEntries(entries);
}

/** Apart from the plugin, so that a command can load while it does other things. */
export async function loadModels(
  names: ReadonlyMap<string, string>,
  { maxBatchTokens, maxQueueTokens, maxConcurrentRequests }: ServerOptions,
  load: EncoderLoadOptions,
): Promise<{ models: Models; metrics: Metrics }> {
  let models: Models | undefined;
  const metrics = new Metrics(
    () => new Map([...(models?.all ?? [])].map(([name, { model }]) => [name, model.state])),
  );
  const onBatch: ModelSettings['onBatch'] = (batch) => metrics.series.batch(batch);
  const settings = { maxBatchTokens, maxQueueTokens, maxConcurrentRequests, load, onBatch };
  models = await Models.load(names, settings);
  return { models, metrics };
}

function checkNames(names: unknown): Map<string, string> {
  const entries = Object.entries((names ?? {}) as Record<string, unknown>);
  if (entries.length === 0) {
    throw new ArgumentError(
      expectation('models', 'at least one name with a model', describe(names), 'missing'),
    );
  }
  for (const [name, source] of entries) {
    if (typeof source !== 'string') {
      throw new ArgumentError(
        expectation(`models.${name}`, 'a directory or a name', describe(source), 'type'),
      );
    }
  }
  return new Map(entries as [string, string][]);
}

export default embeddingsServer;
