/** What a request is told when it fails: every kind once, in the shape of OpenAI or in that of TEI. */
import {
  ArgumentError,
  type ErrorDetails,
  type Expectation,
  FileError,
  NonFiniteError,
  ShapeError,
  SyntheticAttentionError,
} from '../errors.js';
import { BackendError, ClosedError, OverloadedError } from './failures.js';

/** Whose shape the routes of a path have. */
export type Dialect = 'openai' | 'tei';

/** @param url without what the server is mounted below */
export const dialectOfPath = (url: string): Dialect => (/^\/v1(?:[/?]|$)/.test(url) ? 'openai' : 'tei');

interface Answer {
  openai: readonly [status: number, type: string, code: string | null];
  tei: readonly [status: number, errorType: string];
}

const INVALID = 'invalid_request_error';

const ANSWERS = {
  /** Nothing to embed. */
  empty: { openai: [400, INVALID, null], tei: [400, 'empty'] },
  invalid: { openai: [400, INVALID, null], tei: [422, 'validation'] },
  tooLong: { openai: [400, INVALID, 'context_length_exceeded'], tei: [422, 'validation'] },
  malformed: { openai: [400, INVALID, null], tei: [400, 'validation'] },
  unauthorized: { openai: [401, INVALID, 'invalid_api_key'], tei: [401, 'unauthorized'] },
  notFound: { openai: [404, INVALID, 'unknown_url'], tei: [404, 'not_found'] },
  modelNotFound: { openai: [404, INVALID, 'model_not_found'], tei: [404, 'not_found'] },
  method: { openai: [405, INVALID, 'method_not_supported'], tei: [405, 'method_not_supported'] },
  timeout: { openai: [408, INVALID, 'request_timeout'], tei: [408, 'timeout'] },
  payload: { openai: [413, INVALID, 'request_too_large'], tei: [413, 'validation'] },
  mediaType: { openai: [415, INVALID, null], tei: [415, 'validation'] },
  expectation: { openai: [417, INVALID, null], tei: [417, 'validation'] },
  headers: { openai: [431, INVALID, null], tei: [431, 'validation'] },
  overloaded: { openai: [429, 'rate_limit_error', 'rate_limit_exceeded'], tei: [429, 'overloaded'] },
  backend: { openai: [500, 'server_error', null], tei: [424, 'backend'] },
  /** The model's fault and none of the request's, but the same text will have no result next time either. */
  notFinite: { openai: [500, 'server_error', 'not_finite'], tei: [424, 'backend'] },
  internal: { openai: [500, 'server_error', null], tei: [500, 'internal'] },
  unhealthy: { openai: [503, 'server_error', null], tei: [503, 'unhealthy'] },
  closing: { openai: [503, 'server_error', 'shutting_down'], tei: [503, 'unhealthy'] },
} satisfies Record<string, Answer>;

export type FailureKind = keyof typeof ANSWERS;

/** A request that cannot be answered as it is. */
export class RequestError extends SyntheticAttentionError {
  constructor(
    readonly kind: FailureKind,
    message: string | Expectation,
    /** Property of the body that is to blame. */
    readonly param: string | null = null,
    options?: ErrorDetails,
  ) {
    super('ERR_REQUEST', message, options);
  }
}

/** What is said of a weights file that was changed: its path is for the log alone. */
export const UNREADABLE_WEIGHTS = 'the weights of the model were changed while it was in use';

export interface Failure {
  kind: FailureKind;
  message: string;
  param: string | null;
  /** Seconds. */
  retryAfter?: number;
}

/** Fastify's own codes, with the sentence that takes the place of its message. */
const FASTIFY: Readonly<Record<string, readonly [FailureKind, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['payload', 'body: expected fewer bytes but received more than the limit'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'mediaType',
    'content-type: expected application/json but received another one',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['malformed', 'body: expected JSON but received nothing'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['malformed', 'body: expected JSON but received something else'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'malformed',
    'body: expected as many bytes as content-length says but received another number',
  ],
  FST_ERR_BAD_URL: ['malformed', 'url: expected one that can be decoded but received another'],
};

/** What may be said of any error; what is not on purpose is not shown. */
export function failureOf(error: unknown): Failure {
  const param = error instanceof RequestError ? error.param : null;
  const failure = (kind: FailureKind, message: string): Failure => ({ kind, message, param });
  if (error instanceof RequestError) return failure(error.kind, error.message);
  if (error instanceof OverloadedError) {
    return { ...failure('overloaded', error.message), retryAfter: error.retryAfter };
  }
  if (error instanceof ClosedError) return failure('closing', error.message);
  if (error instanceof BackendError) return failure('backend', error.message);
  if (error instanceof NonFiniteError) return failure('notFinite', error.message);
  if (error instanceof FileError) return failure('backend', UNREADABLE_WEIGHTS);
  if (error instanceof ArgumentError || error instanceof ShapeError) {
    return failure('invalid', error.message);
  }
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  const known = typeof code === 'string' ? FASTIFY[code] : undefined;
  if (known) return failure(...known);
  // Such as a body cut short, or one with a key that would change a prototype.
  if (statusCode === 400) return failure('malformed', 'body: expected JSON but received something else');
  if (statusCode === 413) return failure(...FASTIFY.FST_ERR_CTP_BODY_TOO_LARGE!);
  return failure('internal', 'the server failed; its log has the reason under the id of the request');
}

export function statusOf(kind: FailureKind, dialect: Dialect): number {
  return ANSWERS[kind][dialect][0];
}

export function bodyOf({ kind, message, param }: Failure, dialect: Dialect): object {
  if (dialect === 'tei') return { error: message, error_type: ANSWERS[kind].tei[1] };
  const [, type, code] = ANSWERS[kind].openai;
  return { error: { message, type, param, code } };
}
