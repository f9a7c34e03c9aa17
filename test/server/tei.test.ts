/** The routes of text-embeddings-inference, over sockets. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Encoder } from '../../lib/models/encoder.js';
import { type Answer, startTestServer, type TestServer, tinyModel } from './server.js';

let server: TestServer;
let strict: TestServer;
let encoder: Encoder;
beforeAll(async () => {
  [server, strict, encoder] = await Promise.all([
    startTestServer({ model: [`tiny=${tinyModel}`, `other=${tinyModel}`], dtype: 'float32' }),
    startTestServer({ autoTruncate: false, maxClientBatchSize: 32 }),
    Encoder.load(tinyModel),
  ]);
});
afterAll(async () => {
  encoder.dispose();
  await Promise.all([server.stop('the end of the tests'), strict.stop('the end of the tests')]);
});

const texts = ['the cat sat on the river', 'a dog', 'attention is all you read, and walk on'];
const long = 'river '.repeat(200);

async function expectedRows(list: string[], options: object = {}): Promise<number[][]> {
  const tensor = await encoder.encode(list, { normalize: true, ...options });
  const [, width] = tensor.shape as [number, number];
  return list.map((_, i) => Array.from(tensor.data.subarray(i * width, (i + 1) * width)));
}

function expectClose(actual: readonly number[], expected: readonly number[], bound = 1e-6): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of actual.entries()) expect(Math.abs(value - expected[i]!)).toBeLessThan(bound);
}

function expectRefusal(answer: Answer, status: number, type: string): void {
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(Object.keys(answer.json)).toEqual(['error', 'error_type']);
  expect([answer.status, answer.json.error_type]).toEqual([status, type]);
  expect(answer.json.error).toMatch(/./);
}

describe('/embed', () => {
  it('gives an array for each text, also for one alone', async () => {
    const rows = await expectedRows(texts);
    const several = await server.post('/embed', { inputs: texts });
    expect(several.status).toBe(200);
    expect(several.json.length).toBe(3);
    for (const [i, row] of rows.entries()) expectClose(several.json[i], row);
    const one = await server.post('/embed', { inputs: texts[1] });
    expect(one.json.length).toBe(1);
    expectClose(one.json[0], rows[1]!);
  });

  it('takes ids, `normalize`, `dimensions`, `model` and what it does not know', async () => {
    const plain = await server.post('/embed', { inputs: texts, normalize: false });
    for (const [i, row] of (await expectedRows(texts, { normalize: false })).entries()) {
      expectClose(plain.json[i], row, 1e-5);
    }
    const short = await server.post('/embed', {
      inputs: encoder.tokenize(texts),
      dimensions: 5,
      model: 'other',
    });
    for (const [i, row] of (await expectedRows(texts, { truncateDim: 5 })).entries()) {
      expectClose(short.json[i], row);
    }
    const more = await server.post('/embed', { inputs: 'a', unknown: 1, truncate: null, prompt_name: null });
    expect(more.status).toBe(200);
  });

  it('truncates as the server is set, and as the request says', async () => {
    const row = (await expectedRows([long]))[0]!;
    expectClose((await server.post('/embed', { inputs: long })).json[0], row);
    expectRefusal(await server.post('/embed', { inputs: long, truncate: false }), 422, 'validation');
    expectRefusal(await strict.post('/embed', { inputs: ['a', long] }), 422, 'validation');
    expectClose((await strict.post('/embed', { inputs: long, truncate: true })).json[0], row);
    const openai = await strict.post('/v1/embeddings', { input: ['a', long], model: 'tiny' });
    expect([openai.status, openai.json.error]).toEqual([
      400,
      {
        message: `input[1]: expected at most ${encoder.maxLength} tokens but received more`,
        type: 'invalid_request_error',
        param: 'input',
        code: 'context_length_exceeded',
      },
    ]);
  });

  it('cuts at the left when it is asked to', async () => {
    const left = { truncation_direction: 'Left' };
    const short = await server.post('/embed', { inputs: texts, ...left });
    expect(short.json).toEqual((await server.post('/embed', { inputs: texts })).json);
    const ids = encoder.tokenizeFull(`${long}a dog`).ids;
    const whole = await server.post('/tokenize', { inputs: `${long}a dog` });
    const last = whole.json[0].map(({ id }: { id: number }) => id).slice(-(encoder.maxLength - 1));
    const { json: expected } = await server.post('/embed', { inputs: [ids[0], ...last] });
    const { json } = await server.post('/embed', { inputs: ['a', `${long}a dog`], ...left });
    expectClose(json[1], expected[0]);
    const fromIds = { inputs: whole.json[0].map(({ id }: { id: number }) => id), ...left };
    expectClose((await server.post('/embed', fromIds)).json[0], expected[0]);
    const right = await server.post('/embed', { inputs: `${long}a dog` });
    expect(() => expectClose(right.json[0], expected[0])).toThrow();
    const refused = await server.post('/embed', { inputs: long, truncate: false, ...left });
    expectRefusal(refused, 422, 'validation');
  });

  it.each([
    ['an empty text', { inputs: '' }, 400, 'empty'],
    ['an empty list', { inputs: [] }, 400, 'empty'],
    ['an empty text among others', { inputs: ['a', ''] }, 400, 'empty'],
    ['no input', {}, 422, 'validation'],
    ['a number', { inputs: 3 }, 422, 'validation'],
    ['null', { inputs: null }, 422, 'validation'],
    ['an id that the vocabulary lacks', { inputs: [[1, 1_000_000]] }, 422, 'validation'],
    ['no dimensions', { inputs: 'a', dimensions: 0 }, 422, 'validation'],
    ['too many dimensions', { inputs: 'a', dimensions: 49 }, 422, 'validation'],
    ['a direction that is none', { inputs: 'a', truncation_direction: 'up' }, 422, 'validation'],
    ['a prompt that is not there', { inputs: 'a', prompt_name: 'none' }, 422, 'validation'],
    ['a model that is not there', { inputs: 'a', model: 'none' }, 404, 'not_found'],
  ])('refuses %s', async (_, body, status, type) => {
    expectRefusal(await server.post('/embed', body), status, type);
  });

  it('answers in JSON whatever comes', async () => {
    expectRefusal(await server.post('/embed', '{'), 400, 'validation');
    expectRefusal(await server.post('/embed', ''), 400, 'validation');
    expectRefusal(await server.post('/embed', 'a', { 'content-type': 'text/plain' }), 415, 'validation');
    expectRefusal(await server.get('/embed'), 405, 'method_not_supported');
    expect((await server.get('/embed')).headers.get('allow')).toBe('POST');
    expectRefusal(await server.get('/nothing'), 404, 'not_found');
    expectRefusal(await server.get('/%zz'), 400, 'validation');
    expectRefusal(await server.post('/predict', { inputs: 'a' }), 404, 'not_found');
  });

  it('tells times, tokens and characters in headers', async () => {
    const { headers } = await server.post('/embed', { inputs: texts });
    const tokens = encoder.tokenize(texts).reduce((sum: number, ids: number[]) => sum + ids.length, 0);
    expect(headers.get('x-compute-type')).toBe('cpu');
    expect(headers.get('x-compute-tokens')).toBe(String(tokens));
    expect(headers.get('x-compute-characters')).toBe(String(texts.join('').length));
    for (const name of ['compute', 'total', 'tokenization', 'queue', 'inference']) {
      expect(headers.get(`x-${name}-time`)).toMatch(/^\d+$/);
    }
  });

  it('limits the texts of a request', async () => {
    const list = (n: number) => Array.from({ length: n }, () => 'a');
    expect((await strict.post('/embed', { inputs: list(32) })).status).toBe(200);
    expectRefusal(await strict.post('/embed', { inputs: list(33) }), 422, 'validation');
    const sentences = { source_sentence: 'a', sentences: list(32) };
    expect((await strict.post('/similarity', { inputs: sentences })).status).toBe(200);
    sentences.sentences.push('a');
    expectRefusal(await strict.post('/similarity', { inputs: sentences }), 422, 'validation');
    expectRefusal(await strict.post('/tokenize', { inputs: list(33) }), 422, 'validation');
    expectRefusal(await strict.post('/decode', { ids: list(33).map(() => [7]) }), 422, 'validation');
    const openai = await strict.post('/v1/embeddings', { input: list(33), model: 'tiny' });
    expect([openai.status, openai.json.error.param]).toEqual([400, 'input']);
  });
});

describe('/embed_all', () => {
  it('gives the states of every token', async () => {
    const { json, status } = await server.post('/embed_all', { inputs: texts });
    expect(status).toBe(200);
    const states = await encoder.encode(texts, { outputValue: 'token' });
    expect(json.length).toBe(3);
    for (const [i, { data, shape }] of states.entries()) {
      expect([json[i].length, json[i][0].length]).toEqual(shape);
      expectClose(json[i].flat(), Array.from(data), 1e-5);
    }
    expect((await server.post('/embed_all', { inputs: 'a' })).json.length).toBe(1);
    expectRefusal(await server.post('/embed_all', { inputs: [''] }), 400, 'empty');
  });

  it('refuses what would be an answer of hundreds of megabytes', async () => {
    const many = await server.post('/embed_all', { inputs: Array.from({ length: 2000 }, () => long) });
    expectRefusal(many, 413, 'validation');
    const fewer = Array.from({ length: 1400 }, () => 'river '.repeat(80));
    expectRefusal(await server.post('/embed_all', { inputs: fewer }), 422, 'validation');
  });
});

describe('/similarity', () => {
  it('gives cosines', async () => {
    const inputs = { source_sentence: texts[0], sentences: texts };
    const { json } = await server.post('/similarity', { inputs, parameters: { truncate: true } });
    const rows = await expectedRows(texts);
    const cosines = rows.map((row) => row.reduce((sum, value, k) => sum + value * rows[0]![k]!, 0));
    expectClose(json, cosines);
    expect(json[0]).toBeCloseTo(1, 6);
  });

  it.each([
    ['no sentences', { source_sentence: 'a', sentences: [] }, 400, 'empty'],
    ['an empty sentence', { source_sentence: 'a', sentences: [''] }, 400, 'empty'],
    ['an empty source', { source_sentence: '', sentences: ['a'] }, 400, 'empty'],
    ['no source', { sentences: ['a'] }, 422, 'validation'],
    ['a text', 'a', 422, 'validation'],
  ])('refuses %s', async (_, inputs, status, type) => {
    expectRefusal(await server.post('/similarity', { inputs }), status, type);
  });
});

describe('/tokenize and /decode', () => {
  it('tell tokens and where they stand', async () => {
    const text = 'Café walking, 你好 🙂🦀 xyz';
    const { json } = await server.post('/tokenize', { inputs: text });
    expect(json.length).toBe(1);
    const [ids] = encoder.tokenize([text]);
    expect(json[0].map(({ id }: { id: number }) => id)).toEqual(ids);
    expect(json[0][0]).toEqual({ id: 2, text: '[CLS]', special: true, start: null, stop: null });
    expect(json[0][1]).toEqual({ id: ids![1], text: 'Café', special: false, start: 0, stop: 4 });
    expect(json[0].map((token: { text: string }) => token.text).join('|')).toBe(
      '[CLS]|Café|walk|ing|,|你|好|🙂🦀|x|y|z|[SEP]',
    );
    const characters = [...text];
    for (const { special, start, stop, text: shown } of json[0]) {
      if (!special) expect(characters.slice(start, stop).join('')).toBe(shown);
    }
    const bare = await server.post('/tokenize', { inputs: [text, 'a'], add_special_tokens: false });
    expect(bare.json.map((tokens: object[]) => tokens.length)).toEqual([ids!.length - 2, 1]);
    const whole = await server.post('/tokenize', { inputs: 'a '.repeat(1000) });
    expect(whole.json[0]).toHaveLength(1002);
    expect(whole.json[0][1000]).toMatchObject({ text: 'a', start: 1998, stop: 1999 });
  });

  it('are each other back and forth', async () => {
    const ids = encoder.tokenize(texts);
    const { json } = await server.post('/decode', { ids });
    expect(json).toEqual([texts[0], texts[1], texts[2]]);
    const whole = await server.post('/decode', { ids: ids[1], skip_special_tokens: false });
    expect(whole.json).toEqual(['[CLS] a dog [SEP]']);
  });

  it('refuse', async () => {
    expectRefusal(await server.post('/tokenize', { inputs: '' }), 400, 'empty');
    expectRefusal(await server.post('/tokenize', { inputs: [1] }), 422, 'validation');
    expectRefusal(await server.post('/decode', { ids: [] }), 400, 'empty');
    expectRefusal(await server.post('/decode', { ids: 'a' }), 422, 'validation');
    expectRefusal(await server.post('/decode', { ids: [[1_000_000]] }), 422, 'validation');
  });
});

it('/info has the fields of text-embeddings-inference', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const expected = {
    model_id: tinyModel,
    model_sha: null,
    model_dtype: 'float32',
    served_model_name: 'tiny',
    model_type: { embedding: { pooling: 'mean' } },
    max_concurrent_requests: 512,
    max_input_length: 64,
    max_batch_tokens: 16384,
    max_batch_requests: null,
    max_client_batch_size: 2048,
    auto_truncate: true,
    tokenization_workers: 1,
    version,
    sha: null,
    docker_label: null,
  };
  expect((await server.get('/info')).json).toEqual(expected);
  const other = await server.get('/info?model=other');
  expect(other.json).toEqual({ ...expected, served_model_name: 'other' });
  expectRefusal(await server.get('/info?model=none'), 404, 'not_found');
});

it('/health runs the model', async () => {
  for (const path of ['/health', '/ping']) {
    const answer = await server.get(path);
    expect([answer.status, answer.text]).toEqual([200, '']);
  }
});
