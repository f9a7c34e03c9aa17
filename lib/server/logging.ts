/** The log of a server of its own: JSON lines by pino, one for each request, all with the id of the request. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Where lines go. */
export interface LogStream {
  write(line: string): void;
}

/** @param stream by default standard output, written by pino itself, which bears that nobody reads it any more */
export function loggerOptions(level: string, stream: LogStream | undefined): object {
  return {
    level,
    ...(stream && { stream }),
    base: undefined,
    // The words of a level and a date that people and log collectors read alike.
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
}

/** The caller's own id when it has one that can stand in a header and a log. */
export function requestId(request: IncomingMessage | { headers: IncomingMessage['headers'] }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:+/=@-]{1,128}$/.test(given) ? given : randomUUID();
}

/** Asked for every few seconds by machines: of no interest unless they fail. */
const QUIET: ReadonlySet<string | undefined> = new Set(['/health', '/ping', '/metrics', '/stats']);

export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request: FastifyRequest, reply) => {
    const line = {
      method: request.method,
      // Without the query, which is no place for what must not be logged, but may hold it.
      path: request.url.split('?')[0],
      status: reply.statusCode,
      ms: round(reply.elapsedTime),
      ...figures(request),
    };
    const quiet = QUIET.has(request.routeOptions.url) && reply.statusCode < 400;
    request.log[quiet ? 'debug' : 'info'](line, 'request');
  });
}

function figures(request: FastifyRequest): object {
  const { embeddingFigures: served } = request;
  if (!served) return {};
  const { model, inputs, tokens, tokenizationMs, queueMs, inferenceMs } = served;
  return {
    model,
    inputs,
    tokens,
    tokenizationMs: round(tokenizationMs),
    queueMs: round(queueMs),
    inferenceMs: round(inferenceMs),
  };
}

const round = (ms: number): number => Math.round(ms * 100) / 100;
