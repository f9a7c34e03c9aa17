/** What the server says of itself: /info, /health, /metrics, /stats. */
import type { FastifyInstance } from 'fastify';
import { version } from '../../package_root.js';
import type { Context } from '../context.js';
import { RequestError } from '../errors.js';
import { healthAnswer, infoAnswer, metricsAnswer, modelQuery, statsAnswer } from '../schemas/meta.js';
import { teiError } from '../schemas/tei.js';

export function registerMeta(app: FastifyInstance, context: Context): void {
  const { models, options, metrics } = context;

  app.get<{ Querystring: { model?: string } }>(
    '/info',
    {
      schema: { querystring: modelQuery, response: { 200: infoAnswer, default: teiError } },
      config: { summary: 'The model and the limits of the server' },
    },
    async (request) => {
      const { source, sha, model, name } = models.get(request.query.model);
      return {
        model_id: source,
        model_sha: sha,
        model_dtype: model.encoder.dtype,
        served_model_name: name,
        model_type: { embedding: { pooling: [model.encoder.pooling].flat().join('+') } },
        max_concurrent_requests: options.maxConcurrentRequests,
        max_input_length: model.encoder.maxLength,
        max_batch_tokens: options.maxBatchTokens,
        max_batch_requests: null,
        max_client_batch_size: options.maxClientBatchSize,
        auto_truncate: options.autoTruncate,
        tokenization_workers: 1,
        version: version(),
        sha: null,
        docker_label: null,
      };
    },
  );

  /** Every model must answer, or requests for one would fail on a server that is called healthy. */
  const health = async (): Promise<string> => {
    if (context.closing()) throw new RequestError('closing', 'the server is shutting down');
    try {
      await Promise.all([...models.all.values()].map(({ model }) => model.readiness()));
    } catch (cause) {
      throw new RequestError('unhealthy', (cause as Error).message, null, { cause });
    }
    return '';
  };
  // /ping is what some platforms ask for instead.
  for (const url of ['/health', '/ping']) {
    app.get(
      url,
      {
        schema: { response: { 200: healthAnswer, default: teiError } },
        config: { public: true, summary: 'Whether every model embeds a text now' },
      },
      health,
    );
  }

  app.get(
    '/metrics',
    {
      schema: { response: { 200: metricsAnswer } },
      config: { public: true, summary: 'Figures for Prometheus' },
    },
    async (_, reply) => reply.type(metrics.series.contentType).send(await metrics.series.text()),
  );

  app.get(
    '/stats',
    {
      schema: { response: { 200: statsAnswer, default: teiError } },
      config: { summary: 'Figures of the last seconds' },
    },
    async () => {
      const states = [...models.all].map(([name, { model }]) => ({ name, ...model.state }));
      const sum = (of: 'requests' | 'queueTokens' | 'runningTokens'): number =>
        states.reduce((total, state) => total + state[of], 0);
      return {
        ...metrics.stats.read(),
        requests: sum('requests'),
        queueTokens: sum('queueTokens'),
        runningTokens: sum('runningTokens'),
        uptime: process.uptime(),
        memory: process.memoryUsage.rss(),
        models: states.map(({ name, requests, queueTokens }) => ({ name, requests, queueTokens })),
      };
    },
  );
}
