/** The routes of text-embeddings-inference that embed: /embed, /embed_all, /similarity. */
import type { FastifyInstance } from 'fastify';
import { inTurns } from '../../models/feed/in_turns.js';
import type { TextCut } from '../../models/types.js';
import { type Context, clientSignal } from '../context.js';
import { checkCount, checkTokenNumbers, embedInput, type Input } from '../embed.js';
import { JsonWriter, rowsJson } from '../json_writer.js';
import {
  embedAllAnswer,
  embedAllBody,
  embedAnswer,
  embedBody,
  similarityAnswer,
  similarityBody,
  teiError,
} from '../schemas/tei.js';

interface Reading {
  truncate?: boolean | null;
  truncation_direction?: string;
  prompt_name?: string | null;
}

interface EmbedAllBody extends Reading {
  inputs: Input;
  model?: string | null;
}

interface EmbedBody extends EmbedAllBody {
  normalize: boolean;
  dimensions?: number | null;
}

interface SimilarityBody {
  inputs: { source_sentence: string; sentences: string[] };
  parameters?: Reading | null;
  model?: string | null;
}

export function registerTei(app: FastifyInstance, context: Context): void {
  const { models, options } = context;
  const bodyLimit = options.payloadLimit;

  function reading(body: Reading): { cut: TextCut; promptName: string | undefined } {
    const truncate = body.truncate ?? options.autoTruncate;
    const side = body.truncation_direction?.toLowerCase() === 'left' ? 'left' : 'right';
    return { cut: truncate ? side : 'nowhere', promptName: body.prompt_name ?? undefined };
  }

  app.post<{ Body: EmbedBody }>(
    '/embed',
    {
      bodyLimit,
      schema: { body: embedBody, response: { 200: embedAnswer, default: teiError } },
      config: { summary: 'Embeddings' },
    },
    async (request, reply) => {
      const { inputs, normalize, dimensions, model } = request.body;
      const served = models.get(model);
      const read = reading(request.body);
      const { rows } = await embedInput(context, request, reply, {
        served,
        input: inputs,
        param: 'inputs',
        options: { ...read, normalize, dimensions: dimensions ?? undefined },
      });
      return reply.type('application/json').send(await rowsJson(rows));
    },
  );

  app.post<{ Body: EmbedAllBody }>(
    '/embed_all',
    {
      bodyLimit,
      schema: { body: embedAllBody, response: { 200: embedAllAnswer, default: teiError } },
      config: { summary: 'Hidden states of every token, special tokens included' },
    },
    async (request, reply) => {
      const { inputs, model } = request.body;
      const served = models.get(model);
      const signal = clientSignal(request, reply);
      const read = reading(request.body);
      await checkTokenNumbers(served, inputs, 'inputs', signal);
      const { rows, dimensions } = await embedInput(context, request, reply, {
        served,
        input: inputs,
        param: 'inputs',
        options: { ...read, outputValue: 'token' },
      });
      const writer = new JsonWriter(rows);
      for (const [i, states] of rows.entries()) {
        writer.text(i === 0 ? '[[' : '],[');
        for (let at = 0; at < states.length; at += dimensions) {
          if (at > 0) writer.text(',');
          writer.numbers(states.subarray(at, at + dimensions));
          await writer.turn();
        }
      }
      return reply.type('application/json').send(writer.text(']]').end());
    },
  );

  app.post<{ Body: SimilarityBody }>(
    '/similarity',
    {
      bodyLimit,
      schema: { body: similarityBody, response: { 200: similarityAnswer, default: teiError } },
      config: { summary: 'Cosine similarity of one sentence to others' },
    },
    async (request, reply) => {
      const { inputs, parameters, model } = request.body;
      const { source_sentence: source, sentences } = inputs;
      // The source is one more text, but nobody counts it.
      checkCount(sentences.length, options.maxClientBatchSize, 'inputs.sentences');
      const served = models.get(model);
      const signal = clientSignal(request, reply);
      const input = [source, ...sentences];
      const read = reading(parameters ?? {});
      const { rows } = await embedInput(context, request, reply, {
        served,
        input,
        param: 'inputs',
        options: { ...read, normalize: true },
        uncounted: 1,
      });
      const cosines = new Float32Array(sentences.length);
      const compare = (i: number): void => {
        cosines[i] = dot(rows[0]!, rows[i + 1]!);
      };
      await inTurns(cosines.length, ROWS, compare, signal);
      return reply.type('application/json').send(new JsonWriter([cosines]).numbers(cosines).end());
    },
  );
}

/** Rows that are compared between two looks at the clock. */
const ROWS = 64;

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
