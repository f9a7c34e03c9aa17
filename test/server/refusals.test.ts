/** What Node or Fastify would answer in their own words, or not at all: errors of the server are always JSON. */
import { METHODS } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { received, startTestServer, type TestServer } from './server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop('the end of the tests'));

interface Refusal {
  status: number;
  headers: string;
  body: string;
}

async function send(
  first: string,
  headers: readonly string[] = [],
  body: string | Buffer = '',
): Promise<Refusal> {
  const socket = server.connect();
  const answer = received(socket);
  // Without a host where the test says so alone.
  socket.write(`${[first, ...headers, 'connection: close'].join('\r\n')}\r\n\r\n`);
  if (body.length > 0) socket.write(body);
  const text = await answer;
  const end = text.indexOf('\r\n\r\n');
  return {
    status: Number(text.slice(9, 12)),
    headers: text.slice(0, end).toLowerCase(),
    body: text.slice(end + 4),
  };
}

function expectRefusal(
  { headers, status, body }: Refusal,
  wanted: number,
  type: string,
  message: string,
): void {
  expect([status, body]).toEqual([wanted, JSON.stringify({ error: message, error_type: type })]);
  expect(headers).toContain('content-type: application/json');
}

const json = ['content-type: application/json', 'content-length: 14'];

describe('a request', () => {
  it('without a host is 400, but not in HTTP/1.0', async () => {
    const message = 'host: expected a header but received none';
    expectRefusal(await send('GET /info HTTP/1.1'), 400, 'validation', message);
    expectRefusal(await send('GET /nowhere HTTP/1.1'), 400, 'validation', message);
    const openai = await send('POST /v1/embeddings HTTP/1.1', json, '{"input": "a"}');
    expect([openai.status, JSON.parse(openai.body).error]).toEqual([
      400,
      { message, type: 'invalid_request_error', param: null, code: null },
    ]);
    expect((await send('GET /info HTTP/1.0')).status).toBe(200);
  });

  it('that expects what the server does not do is 417', async () => {
    const headers = ['host: a', 'expect: banana', 'x-request-id: mine', ...json];
    const message = 'expect: expected 100-continue but received "banana"';
    const refused = await send('POST /embed HTTP/1.1', headers, '{"inputs":"a"}');
    expectRefusal(refused, 417, 'validation', message);
    expect(refused.headers).toContain('x-request-id: mine');
    const openai = await send('POST /v1/embeddings HTTP/1.1', headers, '{"inputs":"a"}');
    expect([openai.status, JSON.parse(openai.body).error.message]).toEqual([417, message]);
    const continued = await send(
      'POST /embed HTTP/1.1',
      ['host: a', 'expect: 100-continue', ...json],
      '{"inputs":"a"}',
    );
    expect(continued.status).toBe(100);
    expect(continued.body).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('for a tunnel is 405', async () => {
    const refused = await send('CONNECT example.org:443 HTTP/1.1', ['host: example.org:443']);
    const message = 'method: expected GET or POST but received CONNECT';
    expectRefusal(refused, 405, 'method_not_supported', message);
    expect(refused.headers).toContain('allow: get, post');
    // Who is gone before the answer is written does no harm.
    const socket = server.connect();
    socket.on('error', () => {});
    socket.write('CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n', () => socket.resetAndDestroy());
    expect((await server.get('/info')).status).toBe(200);
  });

  const others = METHODS.filter((method) => !['CONNECT', 'HEAD', 'POST'].includes(method));
  it.each([...new Set([...others, 'QUERY'])])('by %s is 405, or 404, whatever its body', async (method) => {
    for (const [type, body] of [
      ['application/json', '{"inputs": "a"'],
      ['text/html', '<p>'],
      ['nonsense', '{'],
    ]) {
      const headers = ['host: a', `content-type: ${type}`, `content-length: ${body!.length}`];
      const refused = await send(`${method} /embed HTTP/1.1`, headers, body);
      if (method === 'QUERY' && !METHODS.includes(method)) {
        // This Node does not know the word.
        const message = 'request: expected HTTP but received something else';
        expectRefusal(refused, 400, 'validation', message);
        continue;
      }
      expectRefusal(refused, 405, 'method_not_supported', `/embed: expected POST but received ${method}`);
      const nowhere = await send(`${method} /nowhere HTTP/1.1`, headers, body);
      expectRefusal(nowhere, 404, 'not_found', 'url: expected a route of this server but received /nowhere');
    }
  });

  it.each([
    ['plain', Buffer.from('{"inputs":"a"}')],
    ['compressed', gzipSync('{"inputs":"a"}')],
  ])('that says its body is compressed is 415: %s', async (_, body) => {
    const headers = ['host: a', 'content-type: application/json', `content-length: ${body.length}`];
    const refused = await send('POST /embed HTTP/1.1', [...headers, 'content-encoding: gzip'], body);
    const message = 'content-encoding: expected none or identity but received "gzip"';
    expectRefusal(refused, 415, 'validation', message);
    expect(refused.headers).toContain('accept-encoding: identity');
  });

  it('that says its body is not compressed is answered', async () => {
    const headers = ['host: a', 'content-encoding: identity', ...json];
    expect((await send('POST /embed HTTP/1.1', headers, '{"inputs":"a"}')).status).toBe(200);
  });

  it('whose chunks are compressed is 415', async () => {
    const headers = ['host: a', 'content-type: application/json', 'transfer-encoding: gzip, chunked'];
    const refused = await send('POST /embed HTTP/1.1', headers, 'e\r\n{"inputs":"a"}\r\n0\r\n\r\n');
    const message = 'transfer-encoding: expected none or chunked but received "gzip, chunked"';
    expectRefusal(refused, 415, 'validation', message);
  });
});
