/** A model that gives NaN for some texts: only the request that holds one fails. */
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Encoder } from '../../lib/models/encoder.js';
import { readCommandOptions } from '../../lib/server/options.js';
import { withWord } from '../support/altered_model.js';
import { type Answer, startTestServer, type TestServer, tinyModel } from './server.js';

const GOOD = ['a cat sat', 'warm', 'the old house by the lake'];
const BAD = 'the river and the stone';
const SENTENCE = 'the model gives numbers that are not finite (NaN or an infinity) for this text';

let folder: string;
let server: TestServer;
let sound: TestServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  using encoder = await Encoder.load(tinyModel);
  const [bad, ...good] = encoder.tokenize([BAD, ...GOOD]);
  const id = bad!.find((one) => good.every((ids) => !ids.includes(one)))!;
  const model = await withWord(tinyModel, join(folder, 'model'), id, Number.NaN);
  server = await startTestServer(readCommandOptions({ model: [`tiny=${model}`], port: '0' }, {}));
  sound = await startTestServer();
});
afterAll(async () => {
  await server.stop('the end of the tests');
  await sound.stop('the end of the tests');
  rmSync(folder, { recursive: true });
});

const openai = (input: unknown, more = {}): [string, object] => [
  '/v1/embeddings',
  { model: 'tiny', input, ...more },
];

describe('a text without a result', () => {
  it.each([{}, { encoding_format: 'base64' }, { encoding_format: 'float' }, { dimensions: 5 }])(
    'has an error in the shape of OpenAI, with %p',
    async (more) => {
      const answer = await server.post(...openai([GOOD[0], BAD], more));
      expect(answer.status).toBe(500);
      expect(answer.headers.get('x-should-retry')).toBe('false');
      expect(answer.json).toEqual({
        error: { message: `input[1]: ${SENTENCE}`, type: 'server_error', param: 'input', code: 'not_finite' },
      });
    },
  );

  it.each<[string, object, number]>([
    ['/embed', { inputs: BAD }, 0],
    ['/embed', { inputs: [...GOOD, BAD], normalize: false }, 3],
    ['/embed', { inputs: [...GOOD, BAD], dimensions: 5 }, 3],
    ['/embed_all', { inputs: [GOOD[0], BAD] }, 1],
    ['/similarity', { inputs: { source_sentence: BAD, sentences: GOOD } }, 0],
    ['/similarity', { inputs: { source_sentence: GOOD[0], sentences: [GOOD[1], BAD] } }, 2],
  ])('has an error in the shape of TEI: %s %p', async (path, body, index) => {
    const answer = await server.post(path, body);
    expect(answer.status).toBe(424);
    expect(answer.json).toEqual({ error: `inputs[${index}]: ${SENTENCE}`, error_type: 'backend' });
  });

  it('has no explanation', async () => {
    const answer = await server.post('/explain', { inputs: BAD });
    expect(answer.status).toBe(424);
    expect(answer.json).toEqual({ error: `inputs[0]: ${SENTENCE}`, error_type: 'backend' });
    expect((await server.post('/explain', { inputs: GOOD[0] })).status).toBe(200);
  });

  it('leaves the requests that share its batch unharmed', async () => {
    const bodies = Array.from({ length: 40 }, (_, i) => (i % 4 === 1 ? [GOOD[i % 3], BAD] : [GOOD[i % 3]]));
    const before = (await server.get('/stats')).json;
    const ask = (one: TestServer) =>
      Promise.all(bodies.map((input) => one.post(...openai(input, { encoding_format: 'base64' }))));
    const [answers, expected] = [await ask(server), await ask(sound)];
    const embeddings = ({ json }: Answer) => json.data?.map((row: { embedding: string }) => row.embedding);
    for (const [i, answer] of answers.entries()) {
      expect(answer.status).toBe(i % 4 === 1 ? 500 : 200);
      if (i % 4 !== 1) expect(embeddings(answer)).toEqual(embeddings(expected[i]!));
    }
    expect((await server.get('/health')).status).toBe(200);
    expect((await server.get('/stats')).json.requests).toBe(before.requests);
  });
});

it('weights that are cut under the server fail for new words alone', async () => {
  const model = await withWord(tinyModel, join(folder, 'cut'), 0, 0.5);
  const own = await startTestServer(readCommandOptions({ model: [`tiny=${model}`], port: '0' }, {}));
  try {
    const before = await own.post('/embed', { inputs: GOOD[0] });
    await pause(20);
    truncateSync(join(model, 'model.safetensors'), 100);
    const [good, bad] = await Promise.all([
      own.post('/embed', { inputs: GOOD[0] }),
      own.post('/embed', { inputs: BAD }),
    ]);
    expect(good.json).toEqual(before.json);
    expect(bad.status).toBe(424);
    expect(bad.json).toEqual({
      error: 'the weights of the model were changed while it was in use',
      error_type: 'backend',
    });
    expect(JSON.stringify(own.log)).toContain('model.safetensors was changed');
  } finally {
    await own.stop('the end of a test');
  }
});
