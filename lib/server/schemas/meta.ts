/** Answers of the routes about the server itself. */
import type { Schema } from './schema.js';

export { infoAnswer } from './tei.js';

export const modelQuery: Schema = {
  type: 'object',
  properties: { model: { type: 'string', description: 'By default the first' } },
};

export const healthAnswer: Schema = {
  type: 'string',
  contentMediaType: 'text/plain',
  description: 'Nothing',
};
export const metricsAnswer: Schema = {
  type: 'string',
  contentMediaType: 'text/plain',
  description: 'Text format of Prometheus',
};

const number: Schema = { type: 'number' };
const orNull: Schema = { type: ['number', 'null'] };

export const statsAnswer: Schema = {
  type: 'object',
  properties: {
    requestsPerSecond: { ...number, description: 'Answered, over the last ten seconds' },
    tokensPerSecond: number,
    p50: { ...orNull, description: 'Milliseconds a request took, in the last minute' },
    p99: orNull,
    requests: { ...number, description: 'That wait or run' },
    queueTokens: { ...number, description: 'That wait' },
    runningTokens: number,
    uptime: { ...number, description: 'Seconds' },
    memory: { ...number, description: 'Bytes' },
    models: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, requests: number, queueTokens: number },
      },
    },
  },
};
