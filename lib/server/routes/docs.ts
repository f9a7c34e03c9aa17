/** /openapi.json, and /docs for people. */
import type { FastifyInstance } from 'fastify';
import { DOCS_POLICY, docsPage } from '../docs_page.js';
import type { ApiDescription } from '../openapi.js';

export function registerDocs(app: FastifyInstance, description: ApiDescription): void {
  // text-embeddings-inference has its document under the second path.
  for (const url of ['/openapi.json', '/api-doc/openapi.json']) {
    app.get(url, { config: { public: true } }, async () => description.document());
  }
  app.get('/docs', { config: { public: true } }, async (_, reply) =>
    reply
      .headers({ 'content-security-policy': DOCS_POLICY, 'x-content-type-options': 'nosniff' })
      .type('text/html; charset=utf-8')
      .send(docsPage(description.document(), app.prefix)),
  );
}
