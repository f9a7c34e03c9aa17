/** How the routes read bodies: JSON and nothing else, large ones in turns. */
import type { FastifyInstance } from 'fastify';
import { isSmallBody, type ParseJson, parseBody } from './json_body.js';
import { Turns } from './turns.js';

/** @param busy whether other threads keep the cores busy */
export function addBodyParser(app: FastifyInstance, busy: () => boolean): void {
  // A text would reach the schemas as a string.
  for (const type of ['text/plain', 'application/json']) {
    if (app.hasContentTypeParser(type)) app.removeContentTypeParser(type);
  }
  const parse = parseLike(app);
  const turns = new Turns(busy);
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, body: Buffer, done) => {
    const steps = parseBody(body, parse);
    if (!isSmallBody(body)) {
      turns.run(steps).then((value) => done(null, value), done);
      return;
    }
    let value: unknown;
    try {
      value = steps.next().value;
    } catch (error) {
      done(error as Error);
      return;
    }
    done(null, value);
  });
}

/** Fastify's own parser, as the application has set it: it refuses names that would change a prototype. */
function parseLike(app: FastifyInstance): ParseJson {
  const { onProtoPoisoning = 'error', onConstructorPoisoning = 'error' } = app.initialConfig;
  const parser = app.getDefaultJsonParser(onProtoPoisoning, onConstructorPoisoning);
  return (text) => {
    let parsed: unknown;
    // It looks at the text alone, and calls back before it returns.
    parser(undefined as never, text, (error, value) => {
      if (error) throw error;
      parsed = value;
    });
    return parsed;
  };
}
