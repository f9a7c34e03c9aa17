/** The playground at /, and POST /explain, which it shows attention by. */
import type { FastifyInstance } from 'fastify';
import { expectation } from '../../errors.js';
import { pageSteps } from '../../explain/page.js';
import { type Context, clientSignal } from '../context.js';
import { namedAsBody } from '../embed.js';
import { RequestError } from '../errors.js';
import { PLAYGROUND, PLAYGROUND_POLICY } from '../page/page.js';
import { explainAnswer, explainBody } from '../schemas/page.js';
import { teiError } from '../schemas/tei.js';

/** A page has layers x heads x tokens^2 weights: 3 MB for this many in a model of 6 x 12. */
export const MOST_EXPLAINED_TOKENS = 128;
/** A sentence has fewer; a word of any length may be one token. */
const MOST_CHARACTERS = 10_000;

interface ExplainBody {
  inputs: string;
  model?: string | null;
}

const HTML = 'text/html; charset=utf-8';
const COMMON = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };

export function registerPage(
  app: FastifyInstance,
  { models, options }: Pick<Context, 'models' | 'options'>,
): void {
  app.get(
    '/',
    { config: { public: true, summary: 'A playground: similarities, attention, live figures' } },
    (_, reply) =>
      reply
        .headers({ ...COMMON, 'content-security-policy': PLAYGROUND_POLICY, 'cache-control': 'no-cache' })
        .type(HTML)
        .send(PLAYGROUND),
  );

  app.post<{ Body: ExplainBody }>(
    '/explain',
    {
      bodyLimit: options.payloadLimit,
      schema: { body: explainBody, response: { 200: explainAnswer, default: teiError } },
      config: { summary: 'Attention in one text, as a page: maps of all layers and heads' },
    },
    async (request, reply) => {
      const { inputs, model: wanted } = request.body;
      const { model, name } = models.get(wanted);
      const signal = clientSignal(request, reply);
      if (inputs.length > MOST_CHARACTERS) {
        throw tooLong(`at most ${MOST_CHARACTERS} characters`, String(inputs.length));
      }
      const [read] = await model.tokenize([inputs], 'right', signal);
      const { ids, truncated } = read!;
      if (ids.length > MOST_EXPLAINED_TOKENS) {
        const received = truncated ? `more than ${ids.length}` : String(ids.length);
        throw tooLong(`at most ${MOST_EXPLAINED_TOKENS} tokens to explain`, received);
      }
      const explanation = await model.explain(inputs, { title: name }, signal).catch((error: unknown) => {
        throw namedAsBody(error, 'inputs');
      });
      const html = await model.inTurns(pageSteps(explanation), signal);
      return reply
        .headers({ ...COMMON, 'cache-control': 'no-store' })
        .type(HTML)
        .send(html);
    },
  );
}

function tooLong(expected: string, received: string): RequestError {
  return new RequestError('tooLong', expectation('inputs', expected, received), 'inputs');
}
