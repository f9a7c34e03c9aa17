/** A JSON Schema as far as the routes use it; the same one validates and goes into the OpenAPI document. */

export interface Schema {
  type?: string | readonly string[];
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean;
  items?: Schema;
  anyOf?: readonly Schema[];
  enum?: readonly unknown[];
  const?: unknown;
  default?: unknown;
  examples?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  /** Of an answer that is not JSON. */
  contentMediaType?: string;
}

/** Tokens of one input, and of all inputs of a request, by OpenAI's contract. */
export const MAX_INPUT_TOKENS = 8192;
export const MAX_REQUEST_TOKENS = 300_000;
/** Inputs of a request. */
export const MAX_INPUTS = 2048;

export const text: Schema = { type: 'string', minLength: 1 };
const tokenIds: Schema = {
  type: 'array',
  items: { type: 'integer', minimum: 0, maximum: 2 ** 31 - 1 },
  minItems: 1,
  maxItems: MAX_INPUT_TOKENS,
};
const several = (items: Schema): Schema => ({ type: 'array', items, minItems: 1, maxItems: MAX_INPUTS });

/** One text or several; token ids likewise. */
export const inputs: Schema = {
  anyOf: [
    { ...text, examples: ['What is deep learning?'] },
    { ...several(text), description: 'Texts' },
    { ...tokenIds, description: 'Token ids of one text' },
    { ...several(tokenIds), description: 'Token ids of texts' },
  ],
};

export const texts: Schema = { anyOf: [text, several(text)] };
export const ids: Schema = { anyOf: [tokenIds, several(tokenIds)] };
export const numbers: Schema = { type: 'array', items: { type: 'number' } };

/** With null for "not given", as TEI has it. */
export const optional = (schema: Schema): Schema => ({ ...schema, type: [schema.type as string, 'null'] });
