/** The routes of text-embeddings-inference about tokens: /tokenize, /decode. */
import type { FastifyInstance } from 'fastify';
import { expectation } from '../../errors.js';
import { type Context, clientSignal } from '../context.js';
import { checkCount } from '../embed.js';
import { RequestError } from '../errors.js';
import type { ServedModel } from '../models.js';
import { decodeAnswer, decodeBody, teiError, tokenizeAnswer, tokenizeBody } from '../schemas/tei.js';
import { tokenSpans } from '../token_spans.js';

interface TokenizeBody {
  inputs: string | string[];
  add_special_tokens: boolean;
  prompt_name?: string | null;
  model?: string | null;
}

interface DecodeBody {
  ids: number[] | number[][];
  skip_special_tokens: boolean;
  model?: string | null;
}

interface Token {
  id: number;
  text: string;
  special: boolean;
  /** Of characters of the text, not of UTF-16 units. */
  start: number | null;
  stop: number | null;
}

export function registerTokens(app: FastifyInstance, context: Context): void {
  const { models, options } = context;
  const bodyLimit = options.payloadLimit;

  app.post<{ Body: TokenizeBody }>(
    '/tokenize',
    {
      bodyLimit,
      schema: { body: tokenizeBody, response: { 200: tokenizeAnswer, default: teiError } },
      config: { summary: 'Tokens of texts, as the model reads them' },
    },
    async (request, reply) => {
      const { inputs, add_special_tokens: withSpecial, prompt_name: promptName, model } = request.body;
      const served = models.get(model);
      const { encoder } = served.model;
      const prompt = promptName == null ? '' : encoder.promptText({ promptName });
      const texts = [inputs].flat().map((text) => prompt + text);
      checkCount(texts.length, options.maxClientBatchSize, 'inputs');
      const read = await served.model.tokenize(texts, clientSignal(request, reply));
      return read.map(({ ids }, i) => describeTokens(served, texts[i]!, ids, withSpecial));
    },
  );

  app.post<{ Body: DecodeBody }>(
    '/decode',
    {
      bodyLimit,
      schema: { body: decodeBody, response: { 200: decodeAnswer, default: teiError } },
      config: { summary: 'Texts of token ids' },
    },
    async (request) => {
      const { ids, skip_special_tokens: skip, model } = request.body;
      const served = models.get(model);
      const list = (typeof ids[0] === 'number' ? [ids] : ids) as number[][];
      checkCount(list.length, options.maxClientBatchSize, 'ids');
      const { vocabularySize } = served.model.encoder;
      for (const id of list.flat()) {
        if (id < vocabularySize) continue;
        const message = expectation('ids', `token ids from 0 to ${vocabularySize - 1}`, String(id));
        throw new RequestError('invalid', message, 'ids');
      }
      return Promise.all(list.map((one) => served.decoder.decode(one, skip)));
    },
  );
}

function describeTokens(
  { model }: ServedModel,
  text: string,
  ids: readonly number[],
  withSpecial: boolean,
): Token[] {
  const { before, after } = model.encoder.specialTokens;
  const end = ids.length - after.length;
  const names = model.encoder.tokens(ids);
  const spans = tokenSpans(text, names.slice(before.length, end));
  const characters = [...text];
  const tokens = ids.map((id, i): Token => {
    const special = i < before.length || i >= end;
    const span = special ? undefined : spans[i - before.length];
    return {
      id,
      text: span ? characters.slice(span.start, span.stop).join('') : names[i]!,
      special,
      start: span?.start ?? null,
      stop: span?.stop ?? null,
    };
  });
  return withSpecial ? tokens : tokens.filter(({ special }) => !special);
}
