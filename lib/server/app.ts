/** The application of a server of its own: its sockets and their limits, its log. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type FastifyInstance, type FastifyServerOptions, fastify, LogController } from 'fastify';
import { describe, expectation } from '../errors.js';
import {
  bodyOf,
  type Dialect,
  dialectOfPath,
  type Failure,
  failureOf,
  RequestError,
  statusOf,
} from './errors.js';
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
      // Node's own answer has no body; a hook below refuses in its place.
      requireHostHeader: false,
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
        refuse(
          socket,
          { kind, message: MESSAGES[kind], param: null },
          dialectOfPath(paths.get(socket) ?? '/'),
        );
      socket.destroy();
    },
  });
  app.addHook('onRequest', async ({ raw }, reply) => {
    if (raw.headers.host !== undefined || raw.httpVersion !== '1.1') return;
    reply.header('connection', 'close');
    throw new RequestError('malformed', expectation('host', 'a header', 'none'));
  });
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    paths.set(request.socket, request.url ?? '/');
    limitReading(response, ms(options.bodyTimeout));
  });
  app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    limitReading(response, ms(options.bodyTimeout));
    refuseExpectation(request, response);
  });
  app.server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    app.log.debug({ url: request.url }, 'tunnel refused');
    // Nobody else listens for errors of this connection any more.
    socket.on('error', () => {});
    const failure: Failure = {
      kind: 'method',
      message: String(expectation('method', 'GET or POST', 'CONNECT')),
      param: null,
    };
    refuse(socket, failure, 'tei', ['allow: GET, POST']);
    socket.end(() => socket.destroy());
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

/** Of requests that Fastify does not get to see. */
function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  const dialect = dialectOfPath(request.url ?? '/');
  const message = String(expectation('expect', '100-continue', describe(request.headers.expect)));
  const failure: Failure = { kind: 'expectation', message, param: null };
  const body = JSON.stringify(bodyOf(failure, dialect));
  response
    .writeHead(statusOf(failure.kind, dialect), {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'x-request-id': requestId(request),
    })
    .end(body);
}

/** An answer by hand, since there is no request that Fastify knows of. */
function refuse(socket: Duplex, failure: Failure, dialect: Dialect, headers: readonly string[] = []): void {
  const body = JSON.stringify(bodyOf(failure, dialect));
  const status = statusOf(failure.kind, dialect);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
    'connection: close',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
