/** The application of a server of its own: its sockets and their limits, its log. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type FastifyInstance, type FastifyServerOptions, fastify, LogController } from 'fastify';
import { bodyOf, type Dialect, dialectOfPath, type FailureKind, failureOf, statusOf } from './errors.js';
import { type LogStream, loggerOptions, requestId } from './logging.js';
import type { CommandOptions } from './options.js';
import { serializerCompiler, validatorCompiler } from './schemas/compilers.js';

const ms = (seconds: number): number => Math.max(1, Math.round(seconds * 1000));

type Compilers = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>;
type ValidatorFactory = NonNullable<Compilers['buildValidator']>;

/** @param stream where the log goes; standard output by default */
export function createApp(options: CommandOptions, stream: LogStream | undefined): FastifyInstance {
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
    // With these from the beginning, Fastify's own, a fifth of the time to start, are not even loaded.
    schemaController: {
      compilersFactory: {
        // Its type is that of ajv's functions; less of them is called.
        buildValidator: validatorCompiler as unknown as ValidatorFactory,
        buildSerializer: () => serializerCompiler,
      },
    },
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
