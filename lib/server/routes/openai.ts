/** OpenAI's routes: POST /v1/embeddings, GET /v1/models. */
import type { FastifyInstance } from 'fastify';
import type { Context } from '../context.js';
import { embedInput, type Input } from '../embed.js';
import { JsonWriter } from '../json_writer.js';
import {
  embeddingsAnswer,
  embeddingsBody,
  modelAnswer,
  modelsAnswer,
  openaiError,
} from '../schemas/openai.js';

interface Body {
  input: Input;
  model: string;
  encoding_format: 'float' | 'base64';
  dimensions?: number;
}

export function registerOpenAI(app: FastifyInstance, context: Context): void {
  const { models, options } = context;
  const dialect = 'openai' as const;

  app.post<{ Body: Body }>(
    '/v1/embeddings',
    {
      bodyLimit: options.payloadLimit,
      schema: { body: embeddingsBody, response: { 200: embeddingsAnswer, default: openaiError } },
      config: { dialect, summary: 'Embeddings, by the contract of OpenAI' },
    },
    async (request, reply) => {
      const { input, model, encoding_format, dimensions } = request.body;
      const served = models.get(model);
      const { rows, tokens } = await embedInput(context, request, reply, {
        served,
        input,
        param: 'input',
        // OpenAI's embeddings have unit length, with `dimensions` too.
        options: { dimensions, normalize: true, cut: options.autoTruncate ? 'right' : 'nowhere' },
      });
      const base64 = encoding_format === 'base64';
      const writer = new JsonWriter(rows);
      writer.text('{"object":"list","data":[');
      for (const [index, row] of rows.entries()) {
        writer.text(`${index === 0 ? '' : ','}{"object":"embedding","index":${index},"embedding":`);
        if (base64) writer.base64(row);
        else writer.numbers(row);
        writer.text('}');
        await writer.turn();
      }
      const usage = JSON.stringify({ prompt_tokens: tokens, total_tokens: tokens });
      writer.text(`],"model":${JSON.stringify(model)},"usage":${usage}}`);
      return reply.type('application/json').send(writer.end());
    },
  );

  const describeModel = (id: string) => ({
    id,
    object: 'model',
    created: models.loaded,
    owned_by: 'synthetic-attention',
  });

  app.get(
    '/v1/models',
    {
      schema: { response: { 200: modelsAnswer, default: openaiError } },
      config: { dialect, summary: 'The models that are served' },
    },
    async () => ({ object: 'list', data: models.names.map(describeModel) }),
  );

  // A name may have a slash in it.
  app.get<{ Params: { '*': string } }>(
    '/v1/models/*',
    {
      schema: { response: { 200: modelAnswer, default: openaiError } },
      config: { dialect, summary: 'One of the models' },
    },
    async (request) => describeModel(models.get(request.params['*']).name),
  );
}
