/** The OpenAPI document: the schemas that requests are checked by, and those of the answers beside them. */
import type { RouteOptions } from 'fastify';
import { version } from '../package_root.js';
import type { Schema } from './schemas/schema.js';

interface RouteSchemas {
  body?: Schema;
  querystring?: Schema;
  response?: Readonly<Record<string, Schema>>;
}

export interface Operation {
  summary: string;
  tags: string[];
  security?: object[];
  parameters?: object[];
  requestBody?: { required: true; content: { 'application/json': { schema: Schema } } };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
}

export interface Document {
  openapi: string;
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, Operation>>;
  components: { securitySchemes: object };
}

/** What is registered while the plugin is set up; routes without a summary are not for programs. */
export class ApiDescription {
  readonly #paths: Document['paths'] = {};

  /** @param withKeys whether requests need a key */
  constructor(private readonly withKeys: boolean) {}

  add(route: RouteOptions): void {
    const { summary, dialect, public: open } = route.config ?? {};
    const method = String(route.method).toLowerCase();
    if (summary === undefined || method === 'head') return;
    const schemas = (route.schema ?? {}) as RouteSchemas;
    const operation: Operation = {
      summary,
      tags: [dialect === 'openai' ? 'OpenAI' : 'Text Embeddings Inference'],
      responses: answers(schemas.response ?? {}),
    };
    if (this.withKeys && open !== true) operation.security = [{ key: [] }];
    if (schemas.body) {
      operation.requestBody = { required: true, content: { 'application/json': { schema: schemas.body } } };
    }
    const query = Object.entries(schemas.querystring?.properties ?? {});
    const parameters: object[] = query.map(([name, schema]) => ({ name, in: 'query', schema }));
    const path = route.url.replace(/\*$/, '{name}');
    if (path !== route.url) {
      parameters.push({ name: 'name', in: 'path', required: true, schema: { type: 'string' } });
    }
    if (parameters.length > 0) operation.parameters = parameters;
    this.#paths[path] = { ...this.#paths[path], [method]: operation };
  }

  document(): Document {
    return {
      openapi: '3.1.0',
      info: {
        title: 'synthetic-attention',
        version: version(),
        description: 'Text embeddings by the contracts of OpenAI and of text-embeddings-inference.',
      },
      paths: this.#paths,
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
    };
  }
}

function answers(schemas: Readonly<Record<string, Schema>>): Operation['responses'] {
  const entries = Object.entries(schemas).map(([status, schema]) => {
    const description = status === 'default' ? 'What went wrong' : (schema.description ?? 'The answer');
    const type = schema.contentMediaType ?? 'application/json';
    return [status, { description, content: { [type]: { schema } } }] as const;
  });
  return Object.fromEntries(entries);
}
