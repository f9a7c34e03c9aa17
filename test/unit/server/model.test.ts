import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ArgumentError } from '../../../lib/errors.js';
import type { BatchReport } from '../../../lib/server/batcher.js';
import { BackendError, ClosedError, OverloadedError } from '../../../lib/server/failures.js';
import { Model } from '../../../lib/server/model.js';
import { goldenPath } from '../../support/golden.js';

const texts = ['a short text', 'another one, of a few more words than the first', 'the last'];

/** A copy of the small model that has prompts, and leaves their tokens out of its averages. */
function promptedModel(includePrompt: boolean): string {
  const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  cpSync(goldenPath('tiny_bert'), folder, { recursive: true });
  const prompts = { query: 'find this: ', passage: 'in here: ' };
  writeFileSync(
    join(folder, 'config_sentence_transformers.json'),
    JSON.stringify({ prompts, default_prompt_name: 'passage', truncate_dim: 6 }),
  );
  const pooling = join(folder, '1_Pooling/config.json');
  const config = { ...JSON.parse(readFileSync(pooling, 'utf8')), include_prompt: includePrompt };
  writeFileSync(pooling, JSON.stringify(config));
  return folder;
}

describe('Model', () => {
  let model: Model;
  let batches: BatchReport[] = [];
  beforeAll(async () => {
    model = await Model.load('tiny', goldenPath('tiny_bert'), { onBatch: (batch) => batches.push(batch) });
  });
  afterAll(() => model.dispose());
  afterEach(() => {
    batches = [];
    jest.restoreAllMocks();
  });

  /** Row by row what `encode` gives. */
  const encoded = async (list: readonly string[], options: object = {}): Promise<Float32Array[]> => {
    const { data, shape } = await model.encoder.encode(list, options);
    return list.map((_, i) => data.subarray(i * shape[1]!, (i + 1) * shape[1]!));
  };

  it('embeds texts as the encoder does', async () => {
    const { rows, dimensions, tokens, timings } = await model.embed(texts);
    expect(rows).toEqual(await encoded(texts));
    expect(dimensions).toBe(model.encoder.dimensions);
    expect(tokens).toBe(model.encoder.tokenize(texts).flat().length);
    expect(Object.values(timings).every((ms) => ms >= 0)).toBe(true);
    expect(await model.embed([])).toMatchObject({ rows: [], tokens: 0 });
  });

  it('embeds token ids as their texts, with special tokens or without', async () => {
    const ids = model.encoder.tokenize(texts);
    const { before, after } = model.encoder.specialTokens;
    const bare = ids.map((list) => list.slice(before.length, list.length - after.length));
    for (const input of [ids, bare]) {
      const { rows, tokens } = await model.embed(input);
      expect(rows).toEqual(await encoded(texts));
      expect(tokens).toBe(ids.flat().length);
    }
    const long = model.encoder.tokenize(['the '.repeat(1000)])[0]!;
    const content = long.slice(before.length, long.length - after.length);
    const { rows, tokens } = await model.embed([[...content, ...content]]);
    expect([rows, tokens]).toEqual([await encoded(['the '.repeat(1000)]), model.encoder.maxLength]);
  });

  it.each([
    { normalize: false },
    { normalize: true },
    { normalize: true, dimensions: 5 },
    { normalize: false, dimensions: 5 },
    { dimensions: 5 },
  ])('finishes rows as the encoder does: %j', async ({ dimensions, ...options }) => {
    const { rows, dimensions: kept } = await model.embed(texts, { ...options, dimensions });
    const expected = await encoded(texts, { ...options, ...(dimensions && { truncateDim: dimensions }) });
    expect(kept).toBe(dimensions ?? model.dimensions);
    for (const [i, row] of rows.entries()) {
      expect(row).toHaveLength(kept);
      for (const [j, value] of row.entries())
        expect(Math.abs(value - expected[i]![j]!)).toBeLessThan(2 ** -22);
    }
  });

  it('runs requests together that differ in dimensions only, and others apart', async () => {
    const requests = [5, 6, 7].map((dimensions) => model.embed(['text'], { dimensions, normalize: true }));
    await Promise.all(requests);
    expect(batches.map(({ sequences, failed }) => [sequences, failed])).toEqual([[3, false]]);
    await Promise.all([model.embed(['text']), model.embed(['text'], { normalize: false })]);
    expect(batches.slice(1).map(({ sequences }) => sequences)).toEqual([1, 1]);
  });

  it('gives the states of all tokens of each text', async () => {
    const { rows, dimensions, tokens } = await model.embed(texts, { outputValue: 'token' });
    const expected = await model.encoder.encode(texts, { outputValue: 'token' });
    expect(rows).toEqual(expected.map(({ data }) => data));
    expect(tokens * dimensions).toBe(rows.reduce((sum, { length }) => sum + length, 0));
  });

  it.each([true, false])('puts prompts before texts, pooled or not: %s', async (pooled) => {
    const folder = promptedModel(pooled);
    try {
      const prompted = await Model.load('prompted', folder, {});
      expect(prompted.dimensions).toBe(6);
      for (const options of [{}, { promptName: 'query' }, { promptName: 'passage' }]) {
        const { rows } = await prompted.embed(texts, options);
        const { data } = await prompted.encoder.encode(texts, options);
        expect(rows.flatMap((row) => [...row])).toEqual([...data]);
      }
      // Ids are what they are.
      const { rows } = await prompted.embed(prompted.encoder.tokenize(texts));
      const { data } = await prompted.encoder.encode(texts, { prompt: '' });
      expect(rows.flatMap((row) => [...row])).toEqual([...data]);
      await expect(prompted.embed(texts, { promptName: 'other' })).rejects.toThrow(
        'promptName: expected one of',
      );
      prompted.dispose();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('pools as it is told', async () => {
    const cls = await Model.load('cls', goldenPath('tiny_bert'), { pooling: 'cls' });
    expect((await cls.embed(texts)).rows).toEqual(await encoded(texts, { pooling: 'cls' }));
    cls.dispose();
    await expect(Model.load('x', goldenPath('tiny_bert'), { pooling: 'x' as never })).rejects.toThrow(
      ArgumentError,
    );
  });

  it('refuses what is wrong, with one sentence, and goes on', async () => {
    const beyond = model.encoder.vocabularySize;
    const long = 'the '.repeat(1000);
    const most = model.encoder.maxLength;
    const cases: [never, object, string][] = [
      ['text' as never, {}, 'input: expected an array of texts or of token ids but received "text"'],
      [[7] as never, {}, 'input[0]: expected a string or token ids but received 7'],
      [['text', [1]] as never, {}, 'input[1]: expected all texts or all token ids but received [1]'],
      [
        [[1], [2, beyond]] as never,
        {},
        `input[1][1]: expected a token id from 0 to ${beyond - 1} but received ${beyond}`,
      ],
      [[[1.5]] as never, {}, 'input[0][0]: expected a token id from 0 to'],
      [[[-1]] as never, {}, 'input[0][0]: expected a token id from 0 to'],
      [
        ['text'] as never,
        { dimensions: 0 },
        `dimensions: expected an integer from 1 to ${model.dimensions} but received 0`,
      ],
      [['text'] as never, { dimensions: model.dimensions + 1 }, 'dimensions: expected an integer from 1 to'],
      [
        ['text', long] as never,
        { cut: 'nowhere' },
        `input[1]: expected at most ${most} tokens but received more`,
      ],
      [
        [new Array(most + 1).fill(1)] as never,
        { cut: 'nowhere' },
        `input[0]: expected at most ${most} tokens`,
      ],
    ];
    const { failures } = model.counters;
    for (const [input, options, message] of cases) {
      const request = model.embed(input, options);
      await expect(request).rejects.toThrow(ArgumentError);
      await expect(request).rejects.toThrow(message);
    }
    expect(model.counters.failures - failures).toBe(cases.length);
    expect((await model.embed([long])).tokens).toBe(most);
    expect(model.state).toMatchObject({ requests: 0, queueTokens: 0 });
  });

  it('counts what it did', async () => {
    const before = { ...model.counters };
    const { tokens } = await model.embed(texts);
    expect(model.counters).toEqual({
      requests: before.requests + 1,
      failures: before.failures,
      texts: before.texts + texts.length,
      tokens: before.tokens + tokens,
    });
  });

  it('leaves the event loop free while it tokenizes, and gives short texts their turn', async () => {
    const long = Array.from({ length: 3000 }, (_, i) => `${i} words that make a text `.repeat(20));
    const controller = new AbortController();
    const order: string[] = [];
    const slow = model.embed(long, {}, controller.signal).then(
      () => order.push('slow'),
      (reason) => order.push(reason),
    );
    const fast = model.embed(['short']).then(() => order.push('fast'));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await fast;
    controller.abort('aborted');
    await slow;
    clearInterval(timer);
    expect(order).toEqual(['fast', 'aborted']);
    expect(model.state).toMatchObject({ requests: 0, queueTokens: 0 });
    expect(turns).toBeGreaterThan(0);
  });

  it('is ready as long as its encoder gives finite numbers, and looks once for all who ask', async () => {
    const encodeTokens = jest.spyOn(model.encoder, 'encodeTokens');
    const asked = await Promise.all([model.readiness(), model.readiness()]);
    expect(asked[0]).toBeGreaterThan(0);
    expect(encodeTokens).toHaveBeenCalledTimes(1);
    await model.readiness();
    expect(encodeTokens).toHaveBeenCalledTimes(2);
    encodeTokens.mockResolvedValueOnce(Float32Array.of(1, Number.NaN));
    await expect(model.readiness()).rejects.toThrow('embedding: expected finite numbers');
    encodeTokens.mockRejectedValueOnce(new Error('no memory'));
    await expect(model.readiness()).rejects.toThrow(BackendError);
    await model.readiness();
  });

  it('fails a request whose batch failed', async () => {
    jest.spyOn(model.encoder, 'encodeTokens').mockRejectedValueOnce(new Error('no memory'));
    await expect(model.embed(texts)).rejects.toThrow(BackendError);
    expect(batches.map(({ failed }) => failed)).toEqual([true]);
    expect((await model.embed(texts)).rows).toHaveLength(3);
  });

  it('explains one text at a time', async () => {
    const explain = jest.spyOn(model.encoder, 'explain');
    let running = 0;
    let most = 0;
    explain.mockImplementation(async (text) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
      if (text === 'bad') throw new Error('bad');
      return text as never;
    });
    const all = ['a', 'bad', 'b'].map((text) => model.explain(text).catch(({ message }) => message));
    const gone = model.explain('gone', {}, AbortSignal.abort('gone')).catch((reason) => reason);
    expect(await Promise.all([...all, gone])).toEqual(['a', 'bad', 'b', 'gone']);
    expect([most, explain.mock.calls.length]).toEqual([1, 3]);
    explain.mockRestore();
    expect((await model.explain('a text', { title: 'T' })).title).toBe('T');
    expect(model.state.requests).toBe(0);
  });

  it('tokenizes, and tells what was cut off', async () => {
    const long = `a ${'the '.repeat(1000)}dog`;
    const all = [...texts, long];
    const right = await model.tokenize(all, 'right');
    expect(right).toEqual(all.map((text) => model.encoder.tokenizeFull(text)));
    const whole = await model.tokenize(all, 'nowhere');
    expect(whole.slice(0, -1)).toEqual(right.slice(0, -1));
    const { maxLength } = model.encoder;
    const [a, the, dog] = ['a', 'the', 'dog'].map((text) => model.encoder.tokenize([text])[0]![1]!);
    const [{ ids: cut }, { ids }] = [right.at(-1)!, whole.at(-1)!];
    expect(ids).toEqual([cut[0], a, ...new Array(1000).fill(the), dog, cut.at(-1)]);
    expect(cut).toEqual([cut[0], a, ...new Array(maxLength - 3).fill(the), cut.at(-1)]);
    const [left] = await model.tokenize([long], 'left');
    const last = [...new Array(maxLength - 3).fill(the), dog];
    expect(left).toEqual({ ids: [cut[0], ...last, cut.at(-1)], truncated: true });
  });

  it('refuses before it tokenizes when there is no place, and takes nothing once it closes', async () => {
    const small = await Model.load('small', goldenPath('tiny_bert'), { maxConcurrentRequests: 1 });
    const first = small.embed(['text']);
    const steps = jest.spyOn(small.encoder, 'tokenizeSteps');
    await expect(small.embed(['text'])).rejects.toThrow(OverloadedError);
    await expect(small.explain('text')).rejects.toThrow(OverloadedError);
    await expect(small.tokenize(['text'], 'right')).rejects.toThrow(OverloadedError);
    expect(steps).toHaveBeenCalledTimes(0);
    small.close();
    const drained = small.drain();
    expect((await first).rows).toHaveLength(1);
    await drained;
    await expect(small.embed(['text'])).rejects.toThrow(ClosedError);
    small.dispose();
  });

  it('fails to load with the error of the encoder', async () => {
    await expect(Model.load('none', join(tmpdir(), 'there-is-none'))).rejects.toThrow('there-is-none');
    await expect(Model.load('tiny', goldenPath('tiny_bert'), { dtype: 'float7' as never })).rejects.toThrow(
      'dtype: expected one of float32, int8',
    );
  });
});
