/** Bodies of OpenAI's routes. */
import { inputs, numbers, type Schema } from './schema.js';

export const embeddingsBody: Schema = {
  type: 'object',
  required: ['input', 'model'],
  additionalProperties: false,
  properties: {
    input: { ...inputs, description: 'One text or up to 2048; none is empty' },
    model: { type: 'string', description: 'One of GET /v1/models' },
    encoding_format: {
      type: 'string',
      enum: ['float', 'base64'],
      default: 'float',
      description: 'base64: float32 numbers, little-endian',
    },
    dimensions: { type: 'integer', minimum: 1, description: 'Leading numbers to keep' },
    user: { type: 'string', description: 'Taken and not used' },
  },
};

export const embeddingsAnswer: Schema = {
  type: 'object',
  required: ['object', 'data', 'model', 'usage'],
  properties: {
    object: { type: 'string', const: 'list' },
    data: {
      type: 'array',
      items: {
        type: 'object',
        required: ['object', 'index', 'embedding'],
        properties: {
          object: { type: 'string', const: 'embedding' },
          index: { type: 'integer' },
          embedding: { anyOf: [numbers, { type: 'string' }] },
        },
      },
    },
    model: { type: 'string' },
    usage: {
      type: 'object',
      properties: { prompt_tokens: { type: 'integer' }, total_tokens: { type: 'integer' } },
    },
  },
};

export const modelAnswer: Schema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    object: { type: 'string', const: 'model' },
    created: { type: 'integer' },
    owned_by: { type: 'string' },
  },
};

export const modelsAnswer: Schema = {
  type: 'object',
  properties: { object: { type: 'string', const: 'list' }, data: { type: 'array', items: modelAnswer } },
};

export const openaiError: Schema = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: ['string', 'null'] },
        code: { type: ['string', 'null'] },
      },
    },
  },
};
