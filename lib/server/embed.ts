/** What every route does that embeds: limits, the model, figures for metrics, headers and the log. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ArgumentError, expectation, expectationOf, NonFiniteError } from '../errors.js';
import { type Context, clientSignal } from './context.js';
import { RequestError } from './errors.js';
import { type Embedded, type EmbedOptions, notFiniteSentence } from './model.js';
import type { ServedModel } from './models.js';
import { MAX_INPUT_TOKENS, MAX_REQUEST_TOKENS } from './schemas/schema.js';
import type { EmbedInput } from './sequences.js';

/** As bodies have it. */
export type Input = string | readonly string[] | readonly number[] | readonly (readonly number[])[];

export interface EmbedRequest {
  served: ServedModel & { name: string };
  input: Input;
  /** What the body calls the input. */
  param: string;
  options: EmbedOptions;
  /** Inputs that the limit of a request does not count. */
  uncounted?: number;
}

/** Numbers of an answer that has a row for each token: some 50 MB of JSON. */
const MAX_TOKEN_NUMBERS = 4_000_000;
/** A token takes a byte of its text at least, and a UTF-16 unit is three bytes at most. */
const TOKENS_PER_UNIT = 3;

export async function embedInput(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  { served, input, param, options, uncounted = 0 }: EmbedRequest,
): Promise<Embedded> {
  const start = performance.now();
  const single = typeof input === 'string' || typeof input[0] === 'number';
  const list = (single ? [input] : input) as EmbedInput;
  const method = single ? 'single' : 'batch';
  checkCount(list.length - uncounted, context.options.maxClientBatchSize, param);
  context.metrics.series.taken(method, list.length);
  const signal = clientSignal(request, reply);
  const { model } = served;
  const tokens = await countIfMany(served, list, signal);
  if (tokens > MAX_REQUEST_TOKENS) {
    const message = expectation(param, `at most ${MAX_REQUEST_TOKENS} tokens in all`, String(tokens));
    throw new RequestError('tooLong', message, param);
  }
  const result = await model.embed(list, options, signal).catch((error: unknown) => {
    throw namedAsBody(error, param);
  });
  const { tokenizationMs, queueMs, inferenceMs } = result.timings;
  const totalMs = performance.now() - start;
  const times = { tokenizationMs, queueMs, inferenceMs };
  context.metrics.answered({ method, inputs: list.length, tokens: result.tokens, totalMs, ...times });
  request.embeddingFigures = { model: served.name, inputs: list.length, tokens: result.tokens, ...times };
  setHeaders(reply, list, result.tokens, { totalMs, ...times });
  return result;
}

export function checkCount(count: number, most: number, param: string): void {
  if (count > most) {
    throw new RequestError('invalid', expectation(param, `at most ${most} of them`, String(count)), param);
  }
}

/** Rows for tokens are many; they are counted before they are computed. */
export async function checkTokenNumbers(
  { model }: ServedModel,
  input: Input,
  param: string,
  signal: AbortSignal,
): Promise<void> {
  const list = (typeof input === 'string' || typeof input[0] === 'number' ? [input] : input) as EmbedInput;
  const most = Math.floor(MAX_TOKEN_NUMBERS / model.dimensions);
  if (list.length * model.encoder.maxLength <= most) return;
  const tokens = await countTokens(model, list, signal);
  if (tokens > most) {
    const message = expectation(param, `at most ${most} tokens in all`, String(tokens));
    throw new RequestError('tooLong', message, param);
  }
}

type TheModel = ServedModel['model'];

/** Exact where it may be above the limit of a request; below it a bound is enough, which costs nothing. */
async function countIfMany({ model }: ServedModel, list: EmbedInput, signal: AbortSignal): Promise<number> {
  const { maxLength, specialTokens } = model.encoder;
  const extra = specialTokens.before.length + specialTokens.after.length;
  const longest = Math.min(maxLength, MAX_INPUT_TOKENS + extra);
  let bound = 0;
  for (const item of list) {
    const own = typeof item === 'string' ? item.length * TOKENS_PER_UNIT : item.length;
    bound += Math.min(longest, own + extra);
  }
  return bound <= MAX_REQUEST_TOKENS ? bound : countTokens(model, list, signal);
}

async function countTokens(model: TheModel, list: EmbedInput, signal: AbortSignal): Promise<number> {
  if (typeof list[0] !== 'string') {
    return (list as readonly (readonly number[])[]).reduce(
      (sum, ids) => sum + Math.min(ids.length, model.encoder.maxLength),
      0,
    );
  }
  const counted = await model.tokenize(list as readonly string[], 'right', signal);
  return counted.reduce((sum, { ids }) => sum + ids.length, 0);
}

/** The model speaks of `input`, and of one text as the first of several. */
export function namedAsBody(error: unknown, param: string): unknown {
  if (error instanceof NonFiniteError) {
    return new RequestError('notFinite', notFiniteSentence(param, error.index), param, { cause: error });
  }
  if (!(error instanceof ArgumentError)) return error;
  const { reason } = error;
  // `input` alone, or an item of it.
  const inBody = (name: string): string => name.replace(/^input(?=\[|$)/, param);
  const told = expectationOf(error);
  const message =
    told === undefined ? error.message : expectation(inBody(told.subject), told.expected, told.received);
  const argument = inBody(error.argument ?? '');
  const name = /^[a-zA-Z_]+/.exec(argument)?.[0] ?? null;
  const details = { cause: error, argument, reason };
  return new RequestError(reason === 'length' ? 'tooLong' : 'invalid', message, name, details);
}

function setHeaders(
  reply: FastifyReply,
  list: EmbedInput,
  tokens: number,
  times: { totalMs: number; tokenizationMs: number; queueMs: number; inferenceMs: number },
): void {
  let characters = 0;
  for (const item of list) if (typeof item === 'string') characters += item.length;
  const ms = (value: number): string => String(Math.round(value));
  reply.headers({
    'x-compute-type': 'cpu',
    'x-compute-time': ms(times.totalMs),
    'x-compute-characters': String(characters),
    'x-compute-tokens': String(tokens),
    'x-total-time': ms(times.totalMs),
    'x-tokenization-time': ms(times.tokenizationMs),
    'x-queue-time': ms(times.queueMs),
    'x-inference-time': ms(times.inferenceMs),
  });
}
