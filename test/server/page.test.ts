/** The page at / and POST /explain, as programs see them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Encoder } from '../../lib/models/encoder.js';
import { MOST_EXPLAINED_TOKENS } from '../../lib/server/routes/page.js';
import { goldenPath } from '../support/golden.js';
import { startTestServer, type TestServer, tinyModel } from './server.js';

let server: TestServer;
let encoder: Encoder;
let long: Encoder;
beforeAll(async () => {
  // One that reads more than a page shows.
  const longModel = goldenPath('encoders/mpnet');
  const model = [`tiny=${tinyModel}`, `long=${longModel}`];
  [server, encoder, long] = await Promise.all([
    startTestServer({ apiKey: ['key'], model }),
    Encoder.load(tinyModel),
    Encoder.load(longModel),
  ]);
});
afterAll(async () => {
  await server?.stop('the end of the tests');
  encoder?.dispose();
  long?.dispose();
});

const key = { authorization: 'Bearer key' };

describe('GET /', () => {
  it('is open to all, and allowed to reach nothing but its server', async () => {
    const { status, headers, text } = await server.get('/');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const policy = headers.get('content-security-policy')!;
    expect(policy).toMatch(/^default-src 'none'; /);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  it('is not there if it is not wanted', async () => {
    const without = await startTestServer({ page: false });
    try {
      expect((await without.get('/')).status).toBe(404);
      expect((await without.post('/explain', { inputs: 'a' })).status).toBe(404);
      expect((await without.post('/embed', { inputs: 'a' })).status).toBe(200);
    } finally {
      await without.stop('the end of the test');
    }
  });
});

describe('POST /explain', () => {
  const explain = (body: unknown, headers: Record<string, string> = key) =>
    server.post('/explain', body, headers);

  it('gives the page of an explanation, under the name of the model', async () => {
    const { status, headers, text } = await explain({ inputs: 'the cat sat' });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(text).toBe((await encoder.explain('the cat sat', { title: 'tiny' })).toHTML());
    expect((await explain({ inputs: 'the cat sat', model: 'tiny' })).text).toBe(text);
  });

  it('takes as many tokens as it says, and refuses the rest before it computes', async () => {
    const cat = (count: number) => ({ inputs: 'cat '.repeat(count).trim(), model: 'long' });
    const of = (count: number) => long.tokenize([cat(count).inputs])[0]!.length;
    const refused = (received: string, expected = '128 tokens to explain') => ({
      error: `inputs: expected at most ${expected} but received ${received}`,
      error_type: 'validation',
    });
    const per = of(2) - of(1);
    const fitting = Math.floor((MOST_EXPLAINED_TOKENS - of(1)) / per) + 1;
    expect(of(fitting)).toBeGreaterThan(MOST_EXPLAINED_TOKENS - per);
    expect((await explain(cat(fitting))).status).toBe(200);
    const more = await explain(cat(fitting + 1));
    expect([more.status, more.json]).toEqual([422, refused(String(of(fitting + 1)))]);
    expect((await explain(cat(2000))).json).toEqual(refused(`more than ${long.maxLength}`));
    expect((await explain(cat(5000))).json).toEqual(refused('19999', '10000 characters'));
    // What a model cuts off is cut off here too.
    expect((await explain({ inputs: 'cat '.repeat(2000) })).status).toBe(200);
  });

  it('answers what it does not understand as the other routes do', async () => {
    const cases: [unknown, number, string][] = [
      [{}, 422, 'validation'],
      [{ inputs: 3 }, 422, 'validation'],
      [{ inputs: ['a'] }, 422, 'validation'],
      [{ inputs: '' }, 400, 'empty'],
      [{ inputs: 'a', model: 'other' }, 404, 'not_found'],
      ['{', 400, 'validation'],
    ];
    for (const [body, status, type] of cases) {
      const answer = await explain(body);
      expect([body, answer.status, answer.json.error_type]).toEqual([body, status, type]);
      expect(typeof answer.json.error).toBe('string');
    }
    expect((await explain({ inputs: 'a' }, {})).status).toBe(401);
    expect((await server.get('/explain', key)).status).toBe(405);
  });
});
