/** Body of POST /explain. */
import { optional, type Schema, text } from './schema.js';

export const explainBody: Schema = {
  type: 'object',
  required: ['inputs'],
  properties: {
    inputs: { ...text, examples: ['What is deep learning?'], description: 'One text' },
    model: optional({ type: 'string', description: 'One of GET /v1/models; by default the first' }),
  },
};

export const explainAnswer: Schema = {
  type: 'string',
  contentMediaType: 'text/html',
  description: 'An HTML page that needs nothing else',
};
