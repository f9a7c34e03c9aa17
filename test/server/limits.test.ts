/** What a client may ask for, and how long it may take: sizes, times, places, and what happens beyond. */
import { EventEmitter } from 'node:events';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../../lib/server/context.js';
import { embedInput, type Input } from '../../lib/server/embed.js';
import { received, startTestServer, type TestServer } from './server.js';

const servers: TestServer[] = [];
async function start(options: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  const server = await startTestServer(options);
  servers.push(server);
  return server;
}
afterEach(async () => {
  // Whatever a test did, the server goes on.
  for (const server of servers) expect((await server.post('/embed', { inputs: 'a' })).status).toBe(200);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop('the end of the tests')));
});

const until = async (done: () => Promise<boolean> | boolean): Promise<void> => {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 5));
};

function head(path: string, headers: Record<string, string | number> = {}): string {
  const all = { host: 'a', 'content-type': 'application/json', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

const parts = (text: string) => {
  const [top, body = ''] = text.split('\r\n\r\n');
  return { status: Number(text.slice(9, 12)), headers: top!.toLowerCase(), json: JSON.parse(body) };
};

describe('a body above the limit', () => {
  it('is 413, by its length and by its bytes', async () => {
    const server = await start({ payloadLimit: 1000 });
    const text = 'a'.repeat(1000);
    const tei = await server.post('/embed', { inputs: text });
    expect([tei.status, tei.json]).toEqual([
      413,
      { error: 'body: expected at most 1000 bytes but received more', error_type: 'validation' },
    ]);
    const openai = await server.post('/v1/embeddings', { input: text, model: 'tiny' });
    expect([openai.status, openai.json.error.code]).toEqual([413, 'request_too_large']);

    const chunked = server.connect();
    const answer = received(chunked);
    chunked.write(head('/embed', { 'transfer-encoding': 'chunked' }));
    for (let i = 0; i < 3; i++) chunked.write(`190\r\n${'a'.repeat(400)}\r\n`);
    const { status, json } = parts(await answer);
    expect([status, json.error_type]).toEqual([413, 'validation']);
  });
});

describe('a slow client', () => {
  it.each([
    ['headers', 'POST /embed HTTP/1.1\r\nhost: a\r\nx: '],
    ['nothing at all', ''],
  ])('gets 408 for %s', async (_, sent) => {
    const server = await start({ headerTimeout: 0.2, bodyTimeout: 30 });
    const socket = server.connect();
    const answer = received(socket);
    if (sent) socket.write(sent);
    const { status, headers, json } = parts(await answer);
    expect([status, json.error_type]).toEqual([408, 'timeout']);
    expect(headers).toContain('connection: close');
  });

  it.each([
    ['/embed', (json: { error_type: string }) => json.error_type],
    ['/v1/embeddings', (json: { error: { code: string } }) => json.error.code],
  ])('gets 408 for a body that does not come, in the shape of %s', async (path, codeOf) => {
    const server = await start({ headerTimeout: 0.1, bodyTimeout: 0.2 });
    const socket = server.connect();
    const answer = received(socket);
    socket.write(`${head(path, { 'content-length': 100 })}{"inputs`);
    const { status, json } = parts(await answer);
    expect([status, codeOf(json)]).toEqual([408, path === '/embed' ? 'timeout' : 'request_timeout']);
  });

  it('does not make others wait', async () => {
    const server = await start();
    const sockets = Array.from({ length: 50 }, () => server.connect());
    for (const socket of sockets) {
      socket.on('error', () => {});
      socket.write(`${head('/embed', { 'content-length': 100 })}{"inputs`);
    }
    expect((await server.post('/embed', { inputs: 'a' })).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  it('that does not take its answers loses the connection', async () => {
    const server = await start({ bodyTimeout: 0.3, keepAliveTimeout: 60 });
    const closed = new Promise<void>((resolve) => {
      server.app.server.once('connection', (socket) => socket.once('close', () => resolve()));
    });
    const socket = server.connect();
    socket.on('error', () => {});
    socket.pause();
    // Answers of some 30 MB, more than the buffers of the two sockets take.
    socket.write('GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(3000));
    await closed;
    expect(server.log.filter(({ msg }) => msg === 'request').length).toBeLessThan(3000);
    socket.destroy();
  });
});

describe('what is no request', () => {
  it('is 400 or 431, in JSON', async () => {
    const server = await start();
    const send = async (text: string) => {
      const socket = server.connect();
      const answer = received(socket);
      socket.write(text);
      return parts(await answer);
    };
    expect(await send('\u0016\u0003\u0001 nonsense\r\n\r\n')).toMatchObject({
      status: 400,
      json: { error_type: 'validation' },
    });
    expect(await send(`GET / HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`)).toMatchObject({
      status: 431,
      json: { error_type: 'validation' },
    });
    expect(await send(head('/embed', { 'content-length': 'many' }))).toMatchObject({ status: 400 });
  });
});

describe('overload', () => {
  const many = (n: number) => ({ inputs: Array.from({ length: n }, (_, i) => `the river ${i} `.repeat(10)) });

  it('is 429 with Retry-After, for whole requests', async () => {
    const server = await start({ maxConcurrentRequests: 2 });
    const first = Array.from({ length: 2 }, () => server.post('/embed', many(300)));
    await until(async () => (await server.get('/stats')).json.requests === 2);
    const tei = await server.post('/embed', { inputs: 'a' });
    const openai = await server.post('/v1/embeddings', { input: 'a', model: 'tiny' });
    expect([tei.status, tei.json.error_type]).toEqual([429, 'overloaded']);
    expect([openai.status, openai.json.error.code]).toEqual([429, 'rate_limit_exceeded']);
    for (const { headers } of [tei, openai]) expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    // The server is full, not ill.
    expect((await server.get('/health')).status).toBe(200);
    for (const { status, json } of await Promise.all(first))
      expect([status, json.length]).toEqual([200, 300]);
  });

  it('is also a queue that is full', async () => {
    const server = await start({ maxQueueTokens: 5000, maxBatchTokens: 256 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => server.post('/embed', many(60))));
    const statuses = answers.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    for (const { status, json } of answers) if (status === 200) expect(json.length).toBe(60);
  });
});

it('a client that goes away frees its place', async () => {
  const server = await start({ maxConcurrentRequests: 1, maxBatchTokens: 256 });
  const body = JSON.stringify({ inputs: Array.from({ length: 2000 }, () => 'river '.repeat(60)) });
  const socket = server.connect();
  socket.on('error', () => {});
  socket.write(head('/embed', { 'content-length': body.length }) + body);
  await until(async () => (await server.get('/stats')).json.requests === 1);
  socket.destroy();
  await until(async () => (await server.get('/stats')).json.requests === 0);
  await until(async () => /te_request_aborted 1/.test((await server.get('/metrics')).text));
  expect((await server.get('/stats')).json.queueTokens).toBe(0);
});

it('tokens of the longest texts are described in turns, and more than 300,000 are refused', async () => {
  const server = await start();
  let done = false;
  const long = server.post('/tokenize', { inputs: 'river '.repeat(200_000) }).finally(() => {
    done = true;
  });
  let meanwhile = 0;
  for (; !done; meanwhile++) await server.get('/stats');
  const { status, json } = await long;
  expect([status, json[0].length, json[0][200_000]]).toEqual([
    200,
    200_002,
    { id: json[0][1].id, text: 'river', special: false, start: 1_199_994, stop: 1_199_999 },
  ]);
  expect(meanwhile).toBeGreaterThan(20);
  const refused = await server.post('/tokenize', { inputs: ['a '.repeat(200_000), 'a '.repeat(100_000)] });
  expect([refused.status, refused.json]).toEqual([
    422,
    {
      error: 'inputs: expected at most 300000 tokens a request but received 300004',
      error_type: 'validation',
    },
  ]);
});

it('more than 300,000 tokens are refused before they are computed', async () => {
  const embedded: unknown[] = [];
  const model = {
    encoder: { maxLength: 512, specialTokens: { before: [1], after: [2] } },
    // A token for each character, so that what is counted is seen.
    tokenize: async (texts: string[]) => texts.map((text) => ({ ids: Array.from(text), truncated: false })),
    embed: async (input: unknown[]) => {
      embedded.push(input);
      const timings = { tokenizationMs: 0, queueMs: 0, inferenceMs: 0 };
      return { rows: input.map(() => new Float32Array(1)), dimensions: 1, tokens: 1, timings };
    },
  };
  const metrics = { series: { taken: () => {} }, answered: () => {} };
  const context = { options: { maxClientBatchSize: 2048 }, metrics } as unknown as Context;
  const reply = { raw: new EventEmitter(), headers: () => {} } as unknown as FastifyReply;
  const request = { raw: { socket: {} } } as unknown as FastifyRequest;
  const served = { name: 'fake', model } as unknown as Parameters<typeof embedInput>[3]['served'];
  const embed = (input: Input) =>
    embedInput(context, request, reply, { served, input, param: 'input', options: {} });

  for (const item of ['a'.repeat(500), Array.from({ length: 500 }, () => 7)]) {
    embedded.length = 0;
    await embed(Array.from({ length: 600 }, () => item) as Input);
    expect(embedded.length).toBe(1);
    await expect(embed(Array.from({ length: 601 }, () => item) as Input)).rejects.toMatchObject({
      kind: 'tooLong',
      message: 'input: expected at most 300000 tokens in all but received 300500',
    });
    expect(embedded.length).toBe(1);
  }
});
