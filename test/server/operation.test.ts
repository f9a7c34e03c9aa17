/** How the server is run: keys, origins, log, metrics, documents, shutdown, the plugin in another application. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fastify } from 'fastify';
import { Encoder } from '../../lib/models/encoder.js';
import { embeddingsServer, loadModels } from '../../lib/server/index.js';
import { checkServerOptions } from '../../lib/server/options.js';
import { registerServer } from '../../lib/server/plugin.js';
import { received, startTestServer, type TestServer, tinyModel } from './server.js';

let folder: string;
const servers: TestServer[] = [];
async function start(options: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  servers.push(server);
  return server;
}
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop('the end of the tests')));
  rmSync(folder, { recursive: true });
});

const openai = { input: 'a dog', model: 'tiny' };
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe('keys', () => {
  let server: TestServer;
  beforeAll(async () => {
    const apiKeyFile = join(folder, 'keys');
    writeFileSync(apiKeyFile, '# of the team\nthird-key\r\n\n  fourth-key  \n');
    server = await start({ apiKey: ['first-key', 'second-key'], apiKeyFile });
  });

  it('are all accepted, and nothing else is', async () => {
    for (const key of ['first-key', 'second-key', 'third-key', 'fourth-key']) {
      expect((await server.post('/v1/embeddings', openai, bearer(key))).status).toBe(200);
      expect((await server.post('/embed', { inputs: 'a' }, { authorization: `bearer  ${key}` })).status).toBe(
        200,
      );
    }
    for (const headers of [
      {},
      bearer('first-ke'),
      bearer('first-key2'),
      bearer('# of the team'),
      { authorization: 'first-key' },
      { authorization: 'Basic first-key' },
      { authorization: 'Bearer' },
    ] as Record<string, string>[]) {
      const refused = await server.post('/v1/embeddings', openai, headers);
      expect([refused.status, refused.json.error.code, refused.json.error.type]).toEqual([
        401,
        'invalid_api_key',
        'invalid_request_error',
      ]);
      expect(refused.headers.get('www-authenticate')).toBe('Bearer');
      const tei = await server.post('/embed', { inputs: 'a' }, headers);
      expect([tei.status, tei.json.error_type]).toEqual([401, 'unauthorized']);
    }
  });

  it('are asked for before a body is read, and of unknown paths too', async () => {
    expect((await server.post('/embed', 'x'.repeat(3_000_000))).status).toBe(401);
    expect((await server.get('/nothing')).status).toBe(401);
    expect((await server.get('/v1/models')).status).toBe(401);
    expect((await server.get('/stats')).status).toBe(401);
    expect((await server.get('/info')).status).toBe(401);
  });

  it('are not needed by probes and pages', async () => {
    for (const path of ['/health', '/ping', '/metrics', '/docs', '/openapi.json', '/']) {
      expect([path, (await server.get(path)).status]).toEqual([path, 200]);
    }
  });

  it('do not get into the log', async () => {
    const text = JSON.stringify(server.log);
    expect(text).toContain('"request"');
    for (const secret of ['first-key', 'third-key', 'Bearer', 'a dog']) expect(text).not.toContain(secret);
  });

  it('from a file without any are refused', async () => {
    const apiKeyFile = join(folder, 'none');
    writeFileSync(apiKeyFile, '# nothing\n');
    await expect(startTestServer({ apiKeyFile })).rejects.toThrow('at least one key');
    await expect(startTestServer({ apiKeyFile: join(folder, 'missing') })).rejects.toThrow(/ENOENT/);
  });

  (process.platform === 'win32' ? it.skip : it)(
    'from a pipe, a device or a huge file are refused',
    async () => {
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const regular = '--api-key-file: expected a regular file but received';
      await expect(startTestServer({ apiKeyFile: pipe })).rejects.toThrow(`${regular} a pipe`);
      await expect(startTestServer({ apiKeyFile: '/dev/zero' })).rejects.toThrow(
        `${regular} a character device`,
      );
      const large = join(folder, 'large');
      writeFileSync(large, 'key\n'.repeat(300_000));
      await expect(startTestServer({ apiKeyFile: large })).rejects.toThrow(
        '--api-key-file: expected at most 1048576 bytes but received 1200000 bytes',
      );
    },
  );
});

describe('origins', () => {
  it('that are named may ask, without a key', async () => {
    const server = await start({ cors: ['https://a.example'], apiKey: ['key'] });
    const asked = await fetch(`${server.address}/v1/embeddings`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://a.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-stainless-os',
      },
    });
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe('https://a.example');
    expect(asked.headers.get('access-control-allow-headers')).toContain('x-stainless-os');
    const answer = await server.post(
      '/embed',
      { inputs: 'a' },
      { ...bearer('key'), origin: 'https://a.example' },
    );
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://a.example');
    const refused = await server.post('/embed', { inputs: 'a' }, { origin: 'https://a.example' });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([
      401,
      'https://a.example',
    ]);
    const other = await server.post(
      '/embed',
      { inputs: 'a' },
      { ...bearer('key'), origin: 'https://b.example' },
    );
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('may be any, or none, as by default', async () => {
    const any = await start({ cors: ['*'] });
    const origin = { origin: 'https://b.example' };
    expect((await any.get('/info', origin)).headers.get('access-control-allow-origin')).toBe('*');
    const none = await start();
    expect((await none.get('/info', origin)).headers.get('access-control-allow-origin')).toBeNull();
  });
});

it('every request has an id, in the answer and in the log', async () => {
  const server = await start();
  const own = await server.post('/embed', { inputs: ['a', 'b'] }, { 'x-request-id': 'trace-1/2' });
  expect(own.headers.get('x-request-id')).toBe('trace-1/2');
  const made = await server.post('/embed', { inputs: '' }, { 'x-request-id': 'a b"' });
  const id = made.headers.get('x-request-id')!;
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  const line = (reqId: string) =>
    server.log.find((entry) => entry.reqId === reqId && entry.msg === 'request');
  expect(line('trace-1/2')).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    reqId: 'trace-1/2',
    method: 'POST',
    path: '/embed',
    status: 200,
    ms: expect.any(Number),
    model: 'tiny',
    inputs: 2,
    tokens: 6,
    tokenizationMs: expect.any(Number),
    queueMs: expect.any(Number),
    inferenceMs: expect.any(Number),
    msg: 'request',
  });
  expect(line(id)).toMatchObject({ status: 400, path: '/embed' });
  expect(server.log.find(({ msg }) => msg === 'ready')).toMatchObject({ address: server.address });
});

it('/metrics has figures by the names of text-embeddings-inference', async () => {
  const server = await start();
  await server.post('/embed', { inputs: 'a' });
  await server.post('/v1/embeddings', { input: ['a', 'b', 'c'], model: 'tiny' });
  await server.post('/embed', { inputs: '' });
  await server.get('/nothing');
  const { text, headers } = await server.get('/metrics');
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=0.0.4/);
  const value = (name: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length),
    );
  expect(value('te_request_count{method="single"}')).toBe(1);
  expect(value('te_request_count{method="batch"}')).toBe(1);
  expect(value('te_request_success{method="batch"}')).toBe(1);
  expect(value('te_request_failure{err="empty"}')).toBe(1);
  expect(value('te_request_failure{err="notFound"}')).toBe(1);
  expect(value('te_embed_count')).toBe(4);
  expect(value('te_embed_success')).toBe(4);
  for (const part of ['request', 'embed']) {
    for (const what of ['', 'tokenization_', 'queue_', 'inference_']) {
      expect([part, what, value(`te_${part}_${what}duration_count`)]).toEqual([part, what, 2]);
    }
  }
  expect(value('te_request_input_length_sum')).toBe(6);
  expect(value('te_queue_size{model="tiny"}')).toBe(0);
  expect(value('te_queue_tokens{model="tiny"}')).toBe(0);
  expect(value('te_batch_next_size_sum')).toBe(4);
  expect(value('te_batch_next_tokens_sum')).toBe(12);
  expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  expect(value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
  const names = text.split('\n').filter((line) => line.startsWith('# TYPE'));
  expect(new Set(names).size).toBe(names.length);
});

it('/stats has the figures of the last seconds', async () => {
  const server = await start();
  const before = (await server.get('/stats')).json;
  expect(before).toMatchObject({ requestsPerSecond: 0, tokensPerSecond: 0, p50: null, p99: null });
  await server.post('/embed', { inputs: 'a' });
  const { json } = await server.get('/stats');
  expect(json.p50).toBeGreaterThan(0);
  expect(json.p99).toBe(json.p50);
  expect(json).toMatchObject({ requests: 0, queueTokens: 0, runningTokens: 0 });
  expect(json.models).toEqual([{ name: 'tiny', requests: 0, queueTokens: 0 }]);
});

it('a model that fails is 424 or 500, and the server is not healthy', async () => {
  const options = checkServerOptions({});
  const parts = await loadModels(new Map([['broken', tinyModel]]), options, {});
  parts.models.get().model.encoder.dispose();
  const app = fastify();
  await app.register((scope) => registerServer(scope, options, { ...parts, alone: true }));
  const post = async (url: string, payload: object) => {
    const { statusCode, body } = await app.inject({ method: 'POST', url, payload });
    return { status: statusCode, json: JSON.parse(body) };
  };
  try {
    const tei = await post('/embed', { inputs: 'a' });
    expect([tei.status, tei.json.error_type]).toEqual([424, 'backend']);
    const openai = await post('/v1/embeddings', { input: 'a', model: 'broken' });
    expect([openai.status, openai.json.error.type]).toEqual([500, 'server_error']);
    const health = await app.inject('/health');
    expect([health.statusCode, JSON.parse(health.body).error_type]).toEqual([503, 'unhealthy']);
    const { body } = await app.inject('/metrics');
    expect(body).toContain('te_request_failure{err="backend"} 2');
    expect(body).toContain('te_queue_size{model="broken"} 0');
  } finally {
    await app.close();
  }
});

it('a directory under two names is one model', async () => {
  const server = await start({ model: [`a=${tinyModel}`, `b=${tinyModel}/`] });
  for (const model of ['a', 'b']) {
    const { json } = await server.post('/v1/embeddings', { input: 'a dog', model });
    expect(json.model).toBe(model);
  }
  const { text } = await server.get('/metrics');
  expect(text.match(/^te_queue_size\{.*$/gm)).toEqual(['te_queue_size{model="a"} 0']);
});

describe('the OpenAPI document', () => {
  it('has every route with the schemas that validate', async () => {
    const server = await start({ apiKey: ['key'] });
    const { json } = await server.get('/openapi.json');
    expect(json.openapi).toBe('3.1.0');
    expect(Object.keys(json.paths).sort()).toEqual(
      [
        '/',
        '/decode',
        '/embed',
        '/embed_all',
        '/explain',
        '/health',
        '/info',
        '/metrics',
        '/ping',
        '/similarity',
        '/stats',
        '/tokenize',
        '/v1/embeddings',
        '/v1/models',
        '/v1/models/{name}',
      ].sort(),
    );
    const { post } = json.paths['/v1/embeddings'];
    const schema = post.requestBody.content['application/json'].schema;
    expect(schema.additionalProperties).toBe(false);
    expect(Object.keys(schema.properties)).toEqual([
      'input',
      'model',
      'encoding_format',
      'dimensions',
      'user',
    ]);
    expect(post.security).toEqual([{ key: [] }]);
    expect(json.paths['/health'].get.security).toBeUndefined();
    expect((await server.get('/api-doc/openapi.json')).json).toEqual(json);
    const types = Object.entries({
      '/explain': 'post',
      '/health': 'get',
      '/metrics': 'get',
      '/stats': 'get',
    }).map(([path, method]) => [path, ...Object.keys(json.paths[path][method].responses['200'].content)]);
    expect(types).toEqual([
      ['/explain', 'text/html'],
      ['/health', 'text/plain'],
      ['/metrics', 'text/plain'],
      ['/stats', 'application/json'],
    ]);
  });

  it('is a page without scripts at /docs', async () => {
    const server = await start();
    const { text, headers, status } = await server.get('/docs');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(text).not.toMatch(/<script|https?:/);
    for (const shown of ['/v1/embeddings', '/embed_all', 'encoding_format', 'truncation_direction']) {
      expect(text).toContain(shown);
    }
  });
});

it('a Unix socket takes the place of a port, and that of a server that was killed', async () => {
  const udsPath = join(folder, 'server.sock');
  const get = (path: string) =>
    new Promise<number>((resolve, reject) => {
      request({ socketPath: udsPath, path }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      })
        .on('error', reject)
        .end();
    });
  const server = await startTestServer({ udsPath });
  expect(server.address).toBe(udsPath);
  expect(await get('/health')).toBe(200);
  await expect(startTestServer({ udsPath })).rejects.toThrow('a socket that is free');
  expect(await get('/health')).toBe(200);
  await server.stop('test');
  expect(existsSync(udsPath)).toBe(false);

  const file = join(folder, 'file');
  writeFileSync(file, 'kept');
  await expect(startTestServer({ udsPath: file })).rejects.toThrow('a socket or nothing there');
  expect(existsSync(file)).toBe(true);
});

it('an address that is taken is one sentence', async () => {
  const server = await start();
  await expect(startTestServer({ port: server.port })).rejects.toThrow(
    `--host, --port: expected an address and a port that are free (127.0.0.1, ${server.port}) but received EADDRINUSE`,
  );
});

describe('shutdown', () => {
  const many = { inputs: Array.from({ length: 300 }, (_, i) => `the river ${i} `.repeat(10)) };

  it('answers what was taken, refuses what comes, and closes idle connections', async () => {
    const server = await startTestServer({ maxBatchTokens: 1024 });
    // One connection that stays open with nothing to do, one that will send while the server ends.
    const idle = server.connect();
    idle.write('GET /info HTTP/1.1\r\nhost: a\r\n\r\n');
    const late = server.connect();
    late.write('GET /info HTTP/1.1\r\nhost: a\r\nx: ');
    // And one whose request is taken, but not all of it here.
    const slow = server.connect();
    const body = JSON.stringify({ inputs: 'a dog' });
    slow.write(
      `POST /embed HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    const [ended, refused, answered] = [idle, late, slow].map(received);
    const running = Array.from({ length: 4 }, () => server.post('/embed', many));
    for (let taken = 0; taken < 4; ) {
      taken = (await server.get('/stats')).json.requests;
    }
    const stopped = server.stop('test');
    await new Promise((resolve) => setTimeout(resolve, 20));
    late.write('1\r\n\r\n');
    slow.write(body);
    for (const { status, json } of await Promise.all(running)) {
      expect([status, json.length]).toEqual([200, 300]);
    }
    expect(await stopped).toBe(true);
    expect(await ended).toMatch(/^HTTP\/1.1 200/);
    expect(await answered).toMatch(/^HTTP\/1.1 200 .*connection: close.*\[\[-?0\./is);
    expect(await refused).toMatch(/^HTTP\/1.1 503 .*connection: close.*"error_type":"unhealthy"/is);
    await expect(server.get('/health')).rejects.toThrow();
    expect(server.log.at(-1)).toMatchObject({ msg: 'stopped', level: 'info' });
  });

  it('does not wait for ever', async () => {
    const server = await startTestServer({ shutdownTimeout: 0.05 });
    const slow = server.connect();
    slow.write(
      'POST /embed HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    );
    const ended = received(slow);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await server.stop('test')).toBe(false);
    expect(await ended).toBe('');
    expect(server.log.at(-1)).toMatchObject({ level: 'warn' });
  });
});

describe('the plugin', () => {
  it('stands in an application below a prefix and leaves the rest to it', async () => {
    const app = fastify();
    app.get('/', async () => 'home');
    app.setNotFoundHandler((_, reply) => reply.code(404).send('not of the application'));
    app.setErrorHandler((_, _request, reply) => reply.code(500).send('error of the application'));
    app.post(
      '/fails',
      { schema: { body: { type: 'object', properties: { n: { type: 'integer' } } } } },
      async (r) => r.body,
    );
    await app.register(embeddingsServer, {
      prefix: '/ai',
      models: { mine: tinyModel },
      apiKey: ['key'],
      truncateDim: 6,
    });
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    try {
      const post = (path: string, body: unknown, headers = {}) =>
        fetch(address + path, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        });
      const answer = await post('/ai/v1/embeddings', { input: 'a dog', model: 'mine' }, bearer('key'));
      expect(answer.status).toBe(200);
      const { data } = (await answer.json()) as { data: { embedding: number[] }[] };
      const encoder = await Encoder.load(tinyModel, { truncateDim: 6 });
      const expected = await encoder.encode('a dog', { normalize: true });
      for (const [i, value] of expected.data.entries()) expect(data[0]!.embedding[i]).toBeCloseTo(value, 5);
      encoder.dispose();
      expect((await post('/ai/embed', { inputs: 'a' })).status).toBe(401);
      const unknown = await fetch(`${address}/ai/v1/x`, { headers: bearer('key') });
      expect(await unknown.json()).toMatchObject({ error: { code: 'unknown_url' } });
      const document = (await (await fetch(`${address}/ai/openapi.json`)).json()) as { paths: object };
      expect(Object.keys(document.paths)).toContain('/ai/v1/embeddings');
      expect(await (await fetch(`${address}/ai/docs`)).text()).toContain('href="/ai/openapi.json"');
      expect(await (await fetch(address)).text()).toBe('home');
      expect(await (await fetch(`${address}/x`)).text()).toBe('not of the application');
      // The application's own validation, with its coercion, is as it was.
      expect(await (await post('/fails', { n: '3' })).json()).toEqual({ n: 3 });
      expect(await (await post('/fails', { n: 'x' })).text()).toBe('error of the application');
    } finally {
      await app.close();
    }
  });

  it('without a prefix, leaves unknown paths to the application', async () => {
    const app = fastify();
    app.get('/', async () => 'home');
    app.setNotFoundHandler((_, reply) => reply.code(404).send('of the application'));
    await app.register(embeddingsServer, { models: { mine: tinyModel }, page: false });
    try {
      expect((await app.inject('/nothing')).body).toBe('of the application');
      expect((await app.inject('/')).body).toBe('home');
      expect((await app.inject('/health')).statusCode).toBe(200);
    } finally {
      await app.close();
    }
  });

  it('takes the options of Encoder.load', async () => {
    const app = fastify();
    const load = { dtype: 'int8', tokenizerWorkers: 1 } as const;
    await app.register(embeddingsServer, { models: { mine: tinyModel }, ...load });
    try {
      expect((await app.inject('/info')).json().model_dtype).toBe('int8');
    } finally {
      await app.close();
    }
  });

  it('refuses options that are wrong', async () => {
    const register = async (options: object): Promise<void> => {
      const app = fastify();
      await app.register(embeddingsServer, options as never);
    };
    const models = { mine: tinyModel };
    await expect(register({ models: {} })).rejects.toThrow('models: expected at least one name');
    await expect(register({ models: { a: 3 } })).rejects.toThrow('models.a: expected a directory');
    await expect(register({ models, payloadLimit: 0 })).rejects.toThrow('payloadLimit: expected an integer');
    await expect(register({ models, apiKey: 'secret' })).rejects.toThrow(
      'apiKey: expected texts that are not empty but received something else',
    );
    await expect(register({ models, dtype: 'int4' })).rejects.toThrow('dtype: expected');
    await expect(register({ models, maxBatchToken: 3 })).rejects.toThrow('did you mean "maxBatchTokens"?');
    await expect(register({ models: { a: '/nowhere' } })).rejects.toThrow(/nowhere/);
  });
});
