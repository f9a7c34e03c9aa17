/** OpenAI's contract, over sockets. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI, { BadRequestError, NotFoundError } from 'openai';
import { Encoder } from '../../lib/models/encoder.js';
import { goldenPath } from '../support/golden.js';
import { type Answer, startTestServer, type TestServer, tinyModel } from './server.js';

let server: TestServer;
let encoder: Encoder;
let client: OpenAI;
beforeAll(async () => {
  [server, encoder] = await Promise.all([
    startTestServer({ model: [`tiny=${tinyModel}`, `org/other=${tinyModel}`] }),
    Encoder.load(tinyModel),
  ]);
  client = new OpenAI({ apiKey: 'any', baseURL: `${server.address}/v1`, maxRetries: 0 });
});
afterAll(async () => {
  encoder.dispose();
  await server.stop('the end of the tests');
});

const texts = ['the cat sat on the river', 'a dog', 'attention is all you read, and walk on'];

async function expectedRows(list: string[], dimensions?: number): Promise<number[][]> {
  const tensor = await encoder.encode(list, {
    normalize: true,
    ...(dimensions && { truncateDim: dimensions }),
  });
  const [, width] = tensor.shape as [number, number];
  return list.map((_, i) => Array.from(tensor.data.subarray(i * width, (i + 1) * width)));
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  // Unit vectors: a batch of another size may round otherwise in the last bits.
  for (const [i, value] of actual.entries()) expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6);
}

const embed = (body: object): Promise<Answer> => server.post('/v1/embeddings', { model: 'tiny', ...body });

function expectRefusal(answer: Answer, status: number, error: object): void {
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(Object.keys(answer.json)).toEqual(['error']);
  expect(Object.keys(answer.json.error)).toEqual(['message', 'type', 'param', 'code']);
  expect([answer.status, answer.json.error]).toEqual([status, expect.objectContaining(error)]);
}

describe('POST /v1/embeddings', () => {
  it('answers a text with the shape of the contract', async () => {
    const answer = await embed({ input: texts[0], user: 'somebody' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    const { data, ...rest } = answer.json;
    const tokens = encoder.tokenize([texts[0]!])[0]!.length;
    expect(rest).toEqual({
      object: 'list',
      model: 'tiny',
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    });
    expect(data).toEqual([{ object: 'embedding', index: 0, embedding: expect.any(Array) }]);
    expectClose(data[0].embedding, (await expectedRows([texts[0]!]))[0]!);
  });

  it('keeps the order of several texts', async () => {
    const { json } = await embed({ input: texts, encoding_format: 'float' });
    const rows = await expectedRows(texts);
    expect(json.data.map((item: { index: number }) => item.index)).toEqual([0, 1, 2]);
    for (const [i, row] of rows.entries()) expectClose(json.data[i].embedding, row);
    expect(json.usage.prompt_tokens).toBe(
      encoder.tokenize(texts).reduce((sum: number, ids: number[]) => sum + ids.length, 0),
    );
  });

  it('gives float32 numbers in base64, little-endian, the same as in decimals', async () => {
    const decimals = await embed({ input: texts });
    const coded = await embed({ input: texts, encoding_format: 'base64' });
    for (const i of texts.keys()) {
      const bytes = Buffer.from(coded.json.data[i].embedding, 'base64');
      const numbers = Array.from({ length: bytes.length / 4 }, (_, k) => bytes.readFloatLE(4 * k));
      expect(numbers.length).toBe(encoder.dimensions);
      expect(numbers).toEqual(decimals.json.data[i].embedding.map(Math.fround));
    }
  });

  it('shortens to `dimensions`, to unit length again', async () => {
    const { json } = await embed({ input: texts, dimensions: 7 });
    for (const [i, row] of (await expectedRows(texts, 7)).entries()) expectClose(json.data[i].embedding, row);
    const refused = await embed({ input: texts, dimensions: encoder.dimensions + 1 });
    expectRefusal(refused, 400, { type: 'invalid_request_error', param: 'dimensions' });
  });

  it('has unit length whatever the model says', async () => {
    const plain = await startTestServer({ model: [`plain=${goldenPath('encoders/distilbert')}`] });
    const length = (row: number[]): number => Math.hypot(...row);
    const bare = await plain.post('/embed', { inputs: texts, normalize: false });
    expect(length(bare.json[0])).toBeGreaterThan(1.1);
    for (const options of [{}, { dimensions: 5 }]) {
      const { json } = await plain.post('/v1/embeddings', { input: texts, model: 'plain', ...options });
      for (const { embedding } of json.data) expect(length(embedding)).toBeCloseTo(1, 5);
    }
    await plain.stop('the end of the test');
  });

  it('takes token ids, with and without special tokens', async () => {
    const ids = encoder.tokenize(texts);
    const rows = await expectedRows(texts);
    for (const input of [ids, ids.map((list: number[]) => list.slice(1, -1))]) {
      const { json } = await embed({ input });
      for (const [i, row] of rows.entries()) expectClose(json.data[i].embedding, row);
    }
    const { json } = await embed({ input: ids[1] });
    expect(json.data.length).toBe(1);
    expectClose(json.data[0].embedding, rows[1]!);
  });

  it('takes 2048 texts', async () => {
    const { status, json } = await embed({
      input: Array.from({ length: 2048 }, (_, i) => texts[i % 3]),
      encoding_format: 'base64',
    });
    expect([status, json.data.length, json.data[2047].index]).toEqual([200, 2048, 2047]);
    expect(json.data[2046].embedding).toBe(json.data[0].embedding);
  });

  it.each([
    ['no input', {}, 'input'],
    ['null', { input: null }, 'input'],
    ['a number', { input: 3 }, 'input'],
    ['an object', { input: {} }, 'input'],
    ['an empty text', { input: '' }, 'input'],
    ['an empty array', { input: [] }, 'input'],
    ['an empty text among others', { input: ['a', ''] }, 'input'],
    ['empty token ids', { input: [[]] }, 'input'],
    ['a text among token ids', { input: [1, 'a'] }, 'input'],
    ['token ids among texts', { input: ['a', [1]] }, 'input'],
    ['a fraction', { input: [1.5] }, 'input'],
    ['a negative id', { input: [[1, -1]] }, 'input'],
    ['an id that the vocabulary lacks', { input: [1, 1_000_000] }, 'input'],
    ['an id that no integer holds', { input: [[2 ** 40]] }, 'input'],
    ['2049 texts', { input: Array.from({ length: 2049 }, () => 'a') }, 'input'],
    ['8193 token ids', { input: Array.from({ length: 8193 }, () => 7) }, 'input'],
    ['another encoding', { input: 'a', encoding_format: 'hex' }, 'encoding_format'],
    ['no dimensions', { input: 'a', dimensions: 0 }, 'dimensions'],
    ['a fraction of dimensions', { input: 'a', dimensions: 1.5 }, 'dimensions'],
    ['dimensions as text', { input: 'a', dimensions: '4' }, 'dimensions'],
    ['a user that is no text', { input: 'a', user: 4 }, 'user'],
    ['a property that the contract does not know', { input: 'a', inputs: 'b' }, 'inputs'],
    ['a model that is no text', { input: 'a', model: 4 }, 'model'],
  ])('refuses %s', async (_, body, param) => {
    expectRefusal(await embed(body), 400, { type: 'invalid_request_error', param, code: null });
  });

  it('says what is wrong in one sentence', async () => {
    const message = async (body: object) => (await embed(body)).json.error.message;
    expect(await message({ input: ['a', ''] })).toBe(
      'input[1]: expected a text that is not empty but received ""',
    );
    expect(await message({ input: [[1, 'x']] })).toBe(
      'input[0]: expected token ids, integers from 0 on but received an array of 2',
    );
    expect(await message({ input: 'a', extra: 1 })).toBe(
      'body: expected no properties but input, model, encoding_format, dimensions, user but received "extra"',
    );
    expect(await message({ input: 'a', encoding_format: 'hex' })).toBe(
      'encoding_format: expected one of float, base64 but received "hex"',
    );
    expect(await message({ input: [1, 999] })).toBe(
      `input[0][1]: expected a token id from 0 to ${encoder.vocabularySize - 1} but received 999`,
    );
  });

  it('needs a model that is there', async () => {
    const missing = await server.post('/v1/embeddings', { input: 'a' });
    expectRefusal(missing, 400, { param: 'model' });
    const unknown = await embed({ input: 'a', model: 'text-embedding-3-small' });
    expectRefusal(unknown, 404, { param: 'model', code: 'model_not_found' });
    const other = await embed({ input: 'a', model: 'org/other' });
    expect([other.status, other.json.model]).toEqual([200, 'org/other']);
  });

  it('tells times and tokens in headers', async () => {
    const { headers, json } = await embed({ input: ['ab', 'c'] });
    expect(headers.get('x-compute-characters')).toBe('3');
    expect(headers.get('x-compute-tokens')).toBe(String(json.usage.total_tokens));
    for (const name of ['compute', 'total', 'tokenization', 'queue', 'inference']) {
      expect(headers.get(`x-${name}-time`)).toMatch(/^\d+$/);
    }
  });

  it('answers in JSON whatever comes', async () => {
    const invalid = { type: 'invalid_request_error' };
    expectRefusal(await server.post('/v1/embeddings', '{"input": '), 400, invalid);
    expectRefusal(await server.post('/v1/embeddings', ''), 400, invalid);
    expectRefusal(await server.post('/v1/embeddings', '[]'), 400, invalid);
    expectRefusal(await server.post('/v1/embeddings', 'null'), 400, invalid);
    expectRefusal(await server.post('/v1/embeddings', '{"__proto__": {"a": 1}, "input": "a"}'), 400, invalid);
    expectRefusal(await server.post('/v1/embeddings', 'a', { 'content-type': 'text/plain' }), 415, invalid);
    expectRefusal(await server.get('/v1/embeddings'), 405, { code: 'method_not_supported' });
    expectRefusal(await server.get('/v1/nothing'), 404, { code: 'unknown_url' });
    expectRefusal(await server.post('/v1/chat/completions', {}), 404, { code: 'unknown_url' });
  });
});

describe('GET /v1/models', () => {
  it('lists them', async () => {
    const { json } = await server.get('/v1/models');
    const model = (id: string) => ({
      id,
      object: 'model',
      created: expect.any(Number),
      owned_by: 'synthetic-attention',
    });
    expect(json).toEqual({ object: 'list', data: [model('tiny'), model('org/other')] });
    expect((await server.get('/v1/models/tiny')).json).toEqual(model('tiny'));
    expect((await server.get('/v1/models/org/other')).json).toEqual(model('org/other'));
    expect((await server.get('/v1/models/org%2Fother')).json).toEqual(model('org/other'));
    expectRefusal(await server.get('/v1/models/none'), 404, { code: 'model_not_found' });
  });
});

describe('the official client', () => {
  it('embeds, in base64 by default', async () => {
    const rows = await expectedRows(texts);
    const byDefault = await client.embeddings.create({ model: 'tiny', input: texts });
    const floats = await client.embeddings.create({ model: 'tiny', input: texts, encoding_format: 'float' });
    for (const answer of [byDefault, floats]) {
      expect(answer.model).toBe('tiny');
      for (const [i, row] of rows.entries()) expectClose(answer.data[i]!.embedding, row);
    }
    const ids = await client.embeddings.create({
      model: 'tiny',
      input: encoder.tokenize(texts),
      dimensions: 5,
    });
    for (const [i, row] of (await expectedRows(texts, 5)).entries()) expectClose(ids.data[i]!.embedding, row);
  });

  it('lists and finds models', async () => {
    const names: string[] = [];
    for await (const model of client.models.list()) names.push(model.id);
    expect(names).toEqual(['tiny', 'org/other']);
    expect((await client.models.retrieve('org/other')).id).toBe('org/other');
  });

  it('gets its own errors', async () => {
    const wrong = client.embeddings.create({ model: 'tiny', input: [''] });
    await expect(wrong).rejects.toBeInstanceOf(BadRequestError);
    await expect(wrong).rejects.toMatchObject({ param: 'input', type: 'invalid_request_error' });
    const unknown = client.embeddings.create({ model: 'none', input: 'a' });
    await expect(unknown).rejects.toBeInstanceOf(NotFoundError);
    await expect(unknown).rejects.toMatchObject({ code: 'model_not_found' });
  });
});
