/** What Fastify makes of a schema: bodies are checked by it, answers are sent as the handlers made them. */
import type { Schema } from './schema.js';
import { createValidator } from './validate.js';

type Checked = { error: Error } | { value: unknown };

export function validatorCompiler(): (route: { schema: unknown }) => (body: unknown) => Checked {
  const validator = createValidator();
  return ({ schema }) => {
    const check = validator(schema as Schema);
    return (body) => {
      const error = check(body);
      return error ? { error } : { value: body };
    };
  };
}

/** The schemas of answers are for readers. */
export const serializerCompiler =
  () =>
  (data: unknown): string =>
    JSON.stringify(data);
