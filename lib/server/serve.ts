/** A server of its own: models, sockets and their limits, log, shutdown. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type FastifyInstance, fastify, LogController } from 'fastify';
import type { EncoderLoadOptions } from '../encoder/encoder.js';
import { bodyOf, type Dialect, dialectOfPath, type FailureKind, failureOf, statusOf } from './errors.js';
import { loadModels } from './index.js';
import { readKeyFile } from './keys.js';
import { listen } from './listen.js';
import { type LogStream, loggerOptions, logRequests, requestId } from './logging.js';
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
  const load = loadOptions(options);
  const loading = loadModels(names, options, load);
  // Building the application takes its own time; a failure of the models is reported below.
  loading.catch(() => {});
  const app = createApp(options, stream);
  const { models, metrics } = await loading;
  try {
    await app.register(async (scope) => {
      logRequests(scope);
      const parts = { models, metrics, dtype: load.dtype ?? 'float32', alone: true };
      await registerServer(scope, { ...options, apiKey }, parts);
    });
    const address = await listen(app, options);
    app.log.info({ address, models: models.names, startMs: Math.round(process.uptime() * 1000) }, 'ready');
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

const ms = (seconds: number): number => Math.max(1, Math.round(seconds * 1000));

function createApp(options: CommandOptions, stream: LogStream | undefined): FastifyInstance {
  const headersTimeout = ms(options.headerTimeout);
  const requestTimeout = headersTimeout + ms(options.bodyTimeout);
  const paths = new WeakMap<Socket, string>();
  const app = fastify({
    logger: loggerOptions(options.logLevel, stream) as { level: string },
    // One line a request, of our own.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    requestIdHeader: false,
    bodyLimit: options.payloadLimit,
    keepAliveTimeout: ms(options.keepAliveTimeout),
    requestTimeout,
    forceCloseConnections: 'idle',
    // Requests that come while the server ends get an answer of our own shape.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 1024 },
    http: {
      headersTimeout,
      requestTimeout,
      // Node looks every 30 seconds by default, however short the timeouts are.
      connectionsCheckingInterval: Math.min(1000, Math.ceil(headersTimeout / 4)),
    },
    frameworkErrors: (error, request, reply) => {
      const failure = failureOf(error);
      const dialect = dialectOfPath(request.url);
      (reply as unknown as { code(status: number): { type(t: string): { send(body: string): void } } })
        .code(statusOf(failure.kind, dialect))
        .type('application/json; charset=utf-8')
        .send(JSON.stringify(bodyOf(failure, dialect)));
    },
    clientErrorHandler(error, socket) {
      const kind = connectionFailure(error.code);
      app.log.debug({ code: error.code }, 'connection failed');
      if (kind !== undefined && socket.writable)
        refuse(socket, kind, dialectOfPath(paths.get(socket) ?? '/'));
      socket.destroy();
    },
  });
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    paths.set(request.socket, request.url ?? '/');
    limitReading(response, ms(options.bodyTimeout));
  });
  return app as unknown as FastifyInstance;
}

/** A client that does not take its answer keeps it in memory: it has as long as it had for its request. */
function limitReading(response: ServerResponse, timeout: number): void {
  const { writeHead } = response;
  response.writeHead = function limited(this: ServerResponse, ...args: unknown[]) {
    this.setTimeout(timeout, () => this.socket?.destroy());
    return (writeHead as (...given: unknown[]) => ServerResponse).apply(this, args);
  } as typeof writeHead;
}

const MESSAGES = {
  timeout: 'request: expected its headers and body in time but received them too slowly',
  headers: 'headers: expected fewer bytes but received more than the limit',
  malformed: 'request: expected HTTP but received something else',
} as const;

function connectionFailure(code: string): keyof typeof MESSAGES | undefined {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'timeout';
  if (code === 'HPE_HEADER_OVERFLOW' || code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 'headers';
  // The client has gone.
  if (code === 'ECONNRESET' || code === 'EPIPE') return undefined;
  return 'malformed';
}

/** An answer by hand, since there is no request that Fastify knows of. */
function refuse(socket: Socket, kind: FailureKind & keyof typeof MESSAGES, dialect: Dialect): void {
  const body = JSON.stringify(bodyOf({ kind, message: MESSAGES[kind], param: null }, dialect));
  const status = { timeout: '408 Request Timeout', malformed: '400 Bad Request' } as Record<string, string>;
  socket.write(
    `HTTP/1.1 ${status[kind] ?? '431 Request Header Fields Too Large'}\r\n` +
      'content-type: application/json; charset=utf-8\r\n' +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
