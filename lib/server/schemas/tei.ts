/** Bodies of text-embeddings-inference's routes. What it doesn't know, it does not mind, and neither do these. */
import { ids, inputs, numbers, optional, type Schema, text, texts } from './schema.js';

const truncate: Schema = {
  type: ['boolean', 'null'],
  description: 'Cut what is longer than the model reads; by default as the server is set',
};
const direction: Schema = {
  type: 'string',
  enum: ['Right', 'Left', 'right', 'left'],
  default: 'Right',
  description: 'Which end is cut off',
};
const promptName = optional({ type: 'string', description: "One of the model's prompts" });
const model = optional({ type: 'string', description: 'One of GET /v1/models; by default the first' });

const embedding = { inputs, truncate, truncation_direction: direction, prompt_name: promptName, model };

export const embedBody: Schema = {
  type: 'object',
  required: ['inputs'],
  properties: {
    ...embedding,
    normalize: { type: 'boolean', default: true, description: 'Scale to unit length' },
    dimensions: {
      type: ['integer', 'null'],
      minimum: 1,
      description: 'Leading numbers to keep',
    },
  },
};

export const embedAllBody: Schema = { type: 'object', required: ['inputs'], properties: embedding };

export const similarityBody: Schema = {
  type: 'object',
  required: ['inputs'],
  properties: {
    inputs: {
      type: 'object',
      required: ['source_sentence', 'sentences'],
      properties: {
        source_sentence: text,
        sentences: { type: 'array', items: text, minItems: 1, maxItems: 2048 },
      },
    },
    parameters: {
      type: ['object', 'null'],
      properties: { truncate, truncation_direction: direction, prompt_name: promptName },
    },
    model,
  },
};

export const tokenizeBody: Schema = {
  type: 'object',
  required: ['inputs'],
  properties: {
    inputs: texts,
    add_special_tokens: { type: 'boolean', default: true },
    prompt_name: promptName,
    model,
  },
};

export const decodeBody: Schema = {
  type: 'object',
  required: ['ids'],
  properties: { ids, skip_special_tokens: { type: 'boolean', default: true }, model },
};

const list = (items: Schema): Schema => ({ type: 'array', items });

export const embedAnswer = list(numbers);
export const embedAllAnswer = list(list(numbers));
export const similarityAnswer = numbers;
export const tokenizeAnswer = list(
  list({
    type: 'object',
    properties: {
      id: { type: 'integer' },
      text: { type: 'string' },
      special: { type: 'boolean' },
      start: { type: ['integer', 'null'] },
      stop: { type: ['integer', 'null'] },
    },
  }),
);
export const decodeAnswer = list({ type: 'string' });

export const infoAnswer: Schema = {
  type: 'object',
  properties: {
    model_id: { type: 'string' },
    model_sha: { type: ['string', 'null'] },
    model_dtype: { type: 'string' },
    served_model_name: { type: 'string' },
    model_type: { type: 'object', properties: { embedding: { type: 'object' } } },
    max_concurrent_requests: { type: 'integer' },
    max_input_length: { type: 'integer' },
    max_batch_tokens: { type: 'integer' },
    max_batch_requests: { type: ['integer', 'null'] },
    max_client_batch_size: { type: 'integer' },
    auto_truncate: { type: 'boolean' },
    tokenization_workers: { type: 'integer' },
    version: { type: 'string' },
    sha: { type: ['string', 'null'] },
    docker_label: { type: ['string', 'null'] },
  },
};

export const teiError: Schema = {
  type: 'object',
  properties: { error: { type: 'string' }, error_type: { type: 'string' } },
};
