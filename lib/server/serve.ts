/** A server of its own: models, an application, shutdown. */
import type { FastifyInstance } from 'fastify';
import type { EncoderLoadOptions } from '../models/encoder.js';
import { loadModels } from './index.js';
import { readKeyFile } from './keys.js';
import { loadLibraries } from './libraries.js';
import { listen } from './listen.js';
import { type LogStream, logRequests } from './logging.js';
import { readModelNames } from './models.js';
import type { CommandOptions } from './options.js';
import { registerServer } from './plugin.js';
import { shutDown } from './shutdown.js';

export interface RunningServer {
  app: FastifyInstance;
  /** http://HOST:PORT, or the path of the socket. */
  address: string;
  /** Whether all requests had ended before `shutdownTimeout`. */
  stop(reason: string): Promise<boolean>;
}

/**
 * @param stream where the log goes; standard output by default
 * @throws SyntheticAttentionError of what cannot be loaded or listened on
 */
export async function startServer(options: CommandOptions, stream?: LogStream): Promise<RunningServer> {
  const names = readModelNames(options.model);
  const fromFile = options.apiKeyFile === undefined ? [] : await readKeyFile(options.apiKeyFile);
  const apiKey = [...options.apiKey, ...fromFile];
  let begin: () => void = () => {};
  const weights = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const loading = loadModels(names, options, { ...loadOptions(options), onWeights: begin });
  // A failure of the models is reported below.
  loading.catch(begin);
  // Other threads read the weights while this one loads what it needs.
  await weights;
  const { createApp } = await import('./app.js');
  const app = createApp(options, stream);
  const { models, metrics } = await loading;
  try {
    await app.register(async (scope) => {
      logRequests(scope);
      const parts = { models, metrics, alone: true };
      await registerServer(scope, { ...options, apiKey }, parts);
    });
    const address = await listen(app, options);
    app.log.info({ address, models: models.names, startMs: Math.round(process.uptime() * 1000) }, 'ready');
    // What the first request would wait for, and nobody else does.
    setImmediate(() => {
      loadLibraries().then(
        () => void metrics.series,
        () => {},
      );
    });
    return { app, address, stop: (reason) => shutDown(app, options.shutdownTimeout, reason) };
  } catch (error) {
    await app.close().catch(() => {});
    await models.close();
    throw error;
  }
}

function loadOptions({ dtype, revision, offline }: CommandOptions): EncoderLoadOptions {
  return {
    ...(dtype !== undefined && { dtype }),
    ...(revision !== undefined && { revision }),
    ...(offline && { localFilesOnly: true }),
  };
}
