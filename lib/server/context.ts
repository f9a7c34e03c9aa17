/** What all routes share. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Dialect } from './errors.js';
import type { Metrics } from './metrics.js';
import type { Models } from './models.js';
import type { ServerOptions } from './options.js';

export interface Context {
  models: Models;
  options: ServerOptions;
  metrics: Metrics;
  /** Whether the server has begun to end. */
  closing: () => boolean;
}

/** Of a request that was answered with embeddings, for the log. */
export interface ServedFigures {
  model: string;
  inputs: number;
  tokens: number;
  tokenizationMs: number;
  queueMs: number;
  inferenceMs: number;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Shape of its errors; TEI's by default. */
    dialect?: Dialect;
    /** Needs no key. */
    public?: true;
    /** For the OpenAPI document. */
    summary?: string;
    /** What it is told besides the answer. */
    failures?: readonly number[];
  }
  interface FastifyRequest {
    embeddingFigures: ServedFigures | null;
  }
}

/** Nobody waits for the answer any more. */
export class ClientGone extends Error {
  constructor() {
    super('the client went away');
  }
}

/** Aborts when the connection ends before the answer does. */
export function clientSignal(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const gone = (): void => {
    if (!reply.raw.writableFinished) controller.abort(new ClientGone());
  };
  if (request.raw.socket.destroyed) gone();
  else reply.raw.once('close', gone);
  return controller.signal;
}
