/** Bodies that only a hostile client sends: refused in the words and the shape of the route, before they cost anything. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, startTestServer, type TestServer } from './server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop('the end of the tests'));

const routes = ['/embed', '/embed_all', '/similarity', '/tokenize', '/decode', '/explain', '/v1/embeddings'];

function failure(path: string, { status, json }: Answer): unknown {
  const { error, error_type: type } = path.startsWith('/v1')
    ? { error: json.error.message, error_type: json.error.type }
    : json;
  return [status, type, error];
}

const typeAt = (path: string) => (path.startsWith('/v1') ? 'invalid_request_error' : 'validation');
const levels = (n: number): string => '['.repeat(n) + ']'.repeat(n);
const keys = (n: number): string => Array.from({ length: n }, (_, i) => `"k${i}":1,`).join('');

describe.each(routes)('%s', (path) => {
  const refused = (message: string) => [400, typeAt(path), message];

  it.each([
    ['closed', `{"inputs":${levels(900_000)}}`],
    ['open', '['.repeat(1_900_000)],
    ['not that deep', levels(33)],
  ])('refuses deep nesting: %s', async (_, body) => {
    const message = 'body: expected at most 32 levels of arrays and objects but received more';
    expect(failure(path, await server.post(path, body))).toEqual(refused(message));
  });

  it('refuses properties by the thousand', async () => {
    const message = 'body: expected at most 1000 properties in all its objects but received more';
    const answer = await server.post(path, `{${keys(100_000)}"inputs":"a"}`);
    expect(failure(path, answer)).toEqual(refused(message));
  });

  it.each([
    ['__proto__', `{"__proto__":${'X'}}`],
    ['constructor', `{"constructor":{"prototype":${'X'}}}`],
  ])('refuses %s in a body that is parsed in pieces too', async (_, body) => {
    for (const large of [`[${'1,'.repeat(50_000)}1]`, `{"a":[${'1,'.repeat(50_000)}1]}`, '1']) {
      const answer = await server.post(path, body.replace('X', large));
      expect(failure(path, answer)).toEqual(refused('body: expected JSON but received something else'));
    }
  });
});

it('a large body is read as a small one is', async () => {
  const inputs = Array.from({ length: 600 }, (_, i) => `the river ${i} `.repeat(30));
  const some = await server.post('/embed', { inputs: inputs.slice(0, 3) });
  const all = await server.post('/embed', `\ufeff${JSON.stringify({ unknown: 1, inputs, truncate: true })}`);
  expect([all.status, all.json.length]).toEqual([200, 600]);
  for (const [i, row] of (some.json as number[][]).entries()) {
    for (const [j, value] of row.entries()) expect(Math.abs(all.json[i][j] - value)).toBeLessThan(1e-5);
  }
});

it('/decode takes 300,000 ids in all', async () => {
  const lists = (n: number) => Array.from({ length: n }, () => new Array<number>(7500).fill(7));
  const full = await server.post('/decode', { ids: lists(40) });
  expect([full.status, full.json.length]).toEqual([200, 40]);
  const more = await server.post('/decode', { ids: lists(41) });
  expect([more.status, more.json]).toEqual([
    422,
    { error: 'ids: expected at most 300000 tokens a request but received 307500', error_type: 'validation' },
  ]);
});
