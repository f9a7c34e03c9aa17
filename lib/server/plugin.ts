/** The embeddings server as a Fastify plugin. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { describe, expectation } from '../errors.js';
import { addBodyParser } from './body_parser.js';
import { ClientGone, type Context } from './context.js';
import {
  bodyOf,
  type Dialect,
  dialectOfPath,
  type FailureKind,
  failureOf,
  RequestError,
  statusOf,
} from './errors.js';
import { KeyRing } from './keys.js';
import { librariesLoaded, loadLibraries } from './libraries.js';
import type { Metrics } from './metrics.js';
import type { Models } from './models.js';
import { ApiDescription } from './openapi.js';
import type { ServerOptions } from './options.js';
import { registerDocs } from './routes/docs.js';
import { registerMeta } from './routes/meta.js';
import { registerOpenAI } from './routes/openai.js';
import { registerPage } from './routes/page.js';
import { registerTei } from './routes/tei.js';
import { registerTokens } from './routes/tokens.js';
import { serializerCompiler, validatorCompiler } from './schemas/compilers.js';

export interface Parts {
  models: Models;
  metrics: Metrics;
  /** Whether unknown paths are the plugin's too, although it has no prefix. */
  alone?: boolean;
}

/** Everything below the prefix of `app`, which must be the plugin's own instance: its hooks and handlers are set. */
export async function registerServer(
  app: FastifyInstance,
  options: ServerOptions,
  { models, metrics, alone = false }: Parts,
): Promise<void> {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onClose', async () => models.close());
  const context: Context = { models, options, metrics, closing: () => closing };

  // Everything after this, failures too, is counted, and bodies are checked.
  app.addHook('onRequest', (_, __, done) => {
    if (librariesLoaded()) done();
    else loadLibraries().then(() => done(), done);
  });
  // First of all checks, since a browser asks without a key whether it may ask.
  if (options.cors.length > 0) await registerCors(app, options.cors);
  addChecks(app, context);
  addFailures(app, context);
  // An application has one such handler for a prefix, and without a prefix it's not ours to set.
  if (alone || app.prefix !== '') addNotFound(app, context);

  const description = new ApiDescription(options.apiKey.length > 0);
  app.addHook('onRoute', (route) => description.add(route));
  registerOpenAI(app, context);
  registerTei(app, context);
  registerTokens(app, context);
  registerMeta(app, context);
  registerDocs(app, description);
  if (options.page) registerPage(app, context);
}

async function registerCors(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  const { default: cors } = await import('@fastify/cors');
  await app.register(cors, {
    origin: origins.includes('*') ? '*' : [...origins],
    strictPreflight: false,
    exposedHeaders: ['retry-after', 'x-request-id'],
    maxAge: 600,
  });
}

function addChecks(app: FastifyInstance, { models, options, closing }: Context): void {
  const keys = new KeyRing(options.apiKey);
  addBodyParser(app, () => [...models.all.values()].some(({ model }) => model.state.batches > 0));
  app.decorateRequest('embeddingFigures', null);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (request.routeOptions.config.public === true) return;
    // Nothing of the body is read before.
    if (!keys.empty && !keys.accepts(request.headers.authorization)) {
      const received = request.headers.authorization === undefined ? 'none' : 'another one';
      throw new RequestError('unauthorized', expectation('authorization', 'a bearer key', received));
    }
    if (closing()) throw new RequestError('closing', 'the server is shutting down');
    if (request.method === 'POST' && !request.is404) checkEncoding(request, reply);
  });
  app.addHook('onSend', async (_, reply) => {
    if (closing()) reply.header('connection', 'close');
  });
  app.setValidatorCompiler(validatorCompiler());
  app.setSerializerCompiler(serializerCompiler);
}

/** A body that is compressed would be taken for one that is no JSON, or its header for one that says nothing. */
function checkEncoding({ headers }: FastifyRequest, reply: FastifyReply): void {
  const { 'content-encoding': content, 'transfer-encoding': transfer } = headers;
  if (!/^(?:identity)?$/i.test(content ?? '')) {
    reply.header('accept-encoding', 'identity');
    const message = expectation('content-encoding', 'none or identity', describe(content));
    throw new RequestError('mediaType', message);
  }
  if (!/^chunked$/i.test(transfer ?? 'chunked')) {
    const message = expectation('transfer-encoding', 'none or chunked', describe(transfer));
    throw new RequestError('mediaType', message);
  }
}

function addFailures(app: FastifyInstance, { metrics, options }: Context): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if ((error as Error) instanceof ClientGone) {
      metrics.series.aborted();
      request.log.info('the client went away');
      // Nobody reads it; the number is nginx' for this.
      return reply.code(499).send();
    }
    const failure = failureOf(error);
    metrics.series.failed(failure.kind);
    if (['internal', 'backend', 'notFinite'].includes(failure.kind)) request.log.error(error);
    else request.log.debug({ reason: failure.message }, 'request refused');
    if (failure.kind === 'payload') {
      failure.message = String(expectation('body', `at most ${options.payloadLimit} bytes`, 'more'));
    }
    if (failure.kind === 'unauthorized') reply.header('www-authenticate', 'Bearer');
    // OpenAI's clients try a status of 500 again, and the same text would only fail again.
    if (failure.kind === 'notFinite') reply.header('x-should-retry', 'false');
    if (failure.retryAfter !== undefined) reply.header('retry-after', String(failure.retryAfter));
    return answer(reply, failure.kind, bodyOf(failure, dialectOf(app, request)), dialectOf(app, request));
  });
}

function addNotFound(app: FastifyInstance, { metrics }: Context): void {
  const refuse = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const path = request.url.split('?')[0]!;
    const methods = ['GET', 'POST'].filter(
      (method) => app.findRoute({ method, url: path } as never) !== null,
    );
    const kind: FailureKind = methods.length > 0 ? 'method' : 'notFound';
    if (methods.length > 0) reply.header('allow', methods.join(', '));
    const shown = path.length > 100 ? `${path.slice(0, 100)}...` : path;
    const expected = methods.length > 0 ? methods.join(' or ') : 'a route of this server';
    const message = expectation(
      methods.length > 0 ? shown : 'url',
      expected,
      methods.length > 0 ? request.method : shown,
    );
    metrics.series.failed(kind);
    const dialect = dialectOf(app, request);
    return answer(reply, kind, bodyOf({ kind, message: String(message), param: null }, dialect), dialect);
  };
  app.setNotFoundHandler(refuse);
  // Before the body is read: whatever is wrong with it, there is no such route.
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) return refuse(request, reply);
  });
}

/** The shape that the client of a path expects, of paths that do not exist too. */
function dialectOf(app: FastifyInstance, request: FastifyRequest): Dialect {
  const { dialect } = request.routeOptions.config;
  return dialect ?? dialectOfPath(request.url.slice(app.prefix.length));
}

function answer(reply: FastifyReply, kind: FailureKind, body: object, dialect: Dialect): FastifyReply {
  return reply
    .code(statusOf(kind, dialect))
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(body));
}
