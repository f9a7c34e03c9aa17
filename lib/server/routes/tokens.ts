/** The routes of text-embeddings-inference about tokens: /tokenize, /decode. */
import type { FastifyInstance } from 'fastify';
import { expectation } from '../../errors.js';
import type { Encoder } from '../../models/encoder.js';
import { chunkEnd } from '../../models/tokenizer/stage.js';
import type { TokenizedText } from '../../models/types.js';
import { ByteParts } from '../byte_parts.js';
import { type Context, clientSignal } from '../context.js';
import { checkIdCount, decodedJson } from '../decoder.js';
import { checkCount } from '../embed.js';
import { RequestError } from '../errors.js';
import type { ServedModel } from '../models.js';
import { MAX_REQUEST_TOKENS } from '../schemas/schema.js';
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
      config: { summary: 'Tokens of texts, none cut off' },
    },
    async (request, reply) => {
      const { inputs, add_special_tokens: withSpecial, prompt_name: promptName, model } = request.body;
      const served = models.get(model);
      const { encoder } = served.model;
      const prompt = promptName == null ? '' : encoder.promptText({ promptName });
      const texts = [inputs].flat().map((text) => prompt + text);
      checkCount(texts.length, options.maxClientBatchSize, 'inputs');
      const signal = clientSignal(request, reply);
      const read = await served.model.tokenize(texts, 'nowhere', signal, COUNTED);
      const all = read.reduce((sum, { ids }) => sum + ids.length, 0);
      if (all > MAX_REQUEST_TOKENS) {
        const most = `at most ${MAX_REQUEST_TOKENS} tokens a request`;
        throw new RequestError('tooLong', expectation('inputs', most, String(all)), 'inputs');
      }
      const json = await served.model.inTurns(answerSteps(served, texts, read, withSpecial), signal);
      return reply.type('application/json').send(json);
    },
  );

  app.post<{ Body: DecodeBody }>(
    '/decode',
    {
      bodyLimit,
      schema: { body: decodeBody, response: { 200: decodeAnswer, default: teiError } },
      config: { summary: 'Texts of token ids' },
    },
    async (request, reply) => {
      const { ids, skip_special_tokens: skipSpecialTokens, model } = request.body;
      const { model: served, decoder } = models.get(model);
      const lists = (typeof ids[0] === 'number' ? [ids] : ids) as number[][];
      checkCount(lists.length, options.maxClientBatchSize, 'ids');
      checkIdCount(lists);
      const signal = clientSignal(request, reply);
      const { vocabularySize } = served.encoder;
      const steps = decodedJson(await decoder.load(), lists, { vocabularySize, skipSpecialTokens });
      return reply.type('application/json').send(await served.inTurns(steps, signal));
    },
  );
}

/** Tokens that are counted to tell how many too many there are. */
const COUNTED = 2 * MAX_REQUEST_TOKENS;

/** Tokens whose JSON is made in one step: about a millisecond. */
const STEP = 1024;
/** Code units of a text whose JSON is made in one step. */
const LONG = 65_536;

/** JSON of the answer, in steps: a text of the largest body has hundreds of thousands of tokens. */
function* answerSteps(
  { model }: ServedModel,
  texts: readonly string[],
  read: readonly TokenizedText[],
  withSpecial: boolean,
): Generator<void, Buffer, void> {
  const parts = new ByteParts();
  for (const [i, { ids }] of read.entries()) {
    parts.add(i === 0 ? '[[' : '],[');
    let comma = '';
    const tokens = yield* describeTokens(model.encoder, texts[i]!, ids);
    for (let at = 0; at < tokens.length; at += STEP) {
      const some = tokens.slice(at, at + STEP).filter(({ special }) => withSpecial || !special);
      if (some.some(({ text }) => text.length > LONG)) {
        for (const token of some) {
          parts.add(comma + (yield* tokenJson(token)));
          comma = ',';
        }
      } else if (some.length > 0) {
        parts.add(comma + JSON.stringify(some).slice(1, -1));
        comma = ',';
      }
      yield;
    }
    yield;
  }
  parts.add(']]');
  return yield* parts.join();
}

/** JSON of a token: a word of the largest body may be one. */
function* tokenJson({ id, text, ...rest }: Token): Generator<void, string, void> {
  const parts: string[] = [];
  for (let begin = 0; begin < text.length; ) {
    const end = chunkEnd(text, begin, LONG);
    parts.push(JSON.stringify(text.slice(begin, end)).slice(1, -1));
    begin = end;
    yield;
  }
  return `{"id":${id},"text":"${parts.join('')}",${JSON.stringify(rest).slice(1)}`;
}

function* describeTokens(
  encoder: Encoder,
  text: string,
  ids: readonly number[],
): Generator<void, Token[], void> {
  const { before, after } = encoder.specialTokens;
  const end = ids.length - after.length;
  const names: string[] = [];
  for (let at = 0; at < ids.length; at += STEP) {
    for (const name of encoder.tokens(ids.slice(at, at + STEP))) names.push(name);
    yield;
  }
  const spans = yield* tokenSpans(text, names.slice(before.length, end));
  const units = yield* characterOffsets(text);
  const tokens: Token[] = [];
  for (const [i, id] of ids.entries()) {
    const special = i < before.length || i >= end;
    const span = special ? undefined : spans[i - before.length];
    tokens.push({
      id,
      text: span ? text.slice(units[span.start], units[span.stop]) : names[i]!,
      special,
      start: span?.start ?? null,
      stop: span?.stop ?? null,
    });
    if (i % STEP === STEP - 1) yield;
  }
  return tokens;
}

/** Where in the text each character begins, and the last one ends. */
function* characterOffsets(text: string): Generator<void, Uint32Array, void> {
  const offsets = new Uint32Array(text.length + 1);
  let count = 0;
  for (let at = 0; at < text.length; count++) {
    offsets[count] = at;
    at += text.codePointAt(at)! > 0xffff ? 2 : 1;
    if (count % (16 * STEP) === 0) yield;
  }
  offsets[count] = text.length;
  return offsets;
}
