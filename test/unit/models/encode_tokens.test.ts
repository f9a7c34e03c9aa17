import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ArgumentError } from '../../../lib/errors.js';
import { Encoder } from '../../../lib/models/encoder.js';
import { goldenPath } from '../../support/golden.js';

const texts = ['a short text', 'another one, of a few more words than the first', '', 'the last'];

/** Sequences end to end. */
function batchOf(sequences: readonly (readonly number[])[]) {
  const offsets = [0];
  for (const { length } of sequences) offsets.push(offsets.at(-1)! + length);
  return { ids: Int32Array.from(sequences.flat()), offsets: Int32Array.from(offsets) };
}

describe('Encoder.encodeTokens', () => {
  let encoder: Encoder;
  beforeAll(async () => {
    encoder = await Encoder.load(goldenPath('tiny_bert'));
  });
  afterAll(() => encoder.dispose());

  it.each([
    {},
    { normalize: false },
    { normalize: true, truncateDim: 5 },
    { truncateDim: 5 },
    { pooling: 'cls' as const },
    { pooling: ['mean', 'max'] as const },
  ])('gives what encode gives for the texts: %j', async (options) => {
    const expected = await encoder.encode(texts, options);
    expect(await encoder.encodeTokens(batchOf(encoder.tokenize(texts)), options)).toEqual(expected.data);
  });

  it('gives the states of all tokens', async () => {
    const expected = await encoder.encode(texts, { outputValue: 'token' });
    const rows = await encoder.encodeTokens(batchOf(encoder.tokenize(texts)), { outputValue: 'token' });
    expect([...rows]).toEqual(expected.flatMap(({ data }) => [...data]));
  });

  it('gives nothing for no sequences', async () => {
    expect(await encoder.encodeTokens(batchOf([]))).toEqual(new Float32Array(0));
  });

  it.each([
    [{ ids: [1] as never, offsets: Int32Array.of(0, 1) }, 'batch: expected { ids: Int32Array'],
    [undefined as never, 'batch: expected { ids: Int32Array, offsets: Int32Array } but received undefined'],
    [
      { ids: Int32Array.of(1, 2), offsets: Int32Array.of(0, 1) },
      'offsets: expected numbers from 0 to 2, the ids',
    ],
    [
      { ids: Int32Array.of(1, 2), offsets: Int32Array.of(1, 2) },
      'offsets: expected numbers from 0 to 2, the ids',
    ],
    [
      { ids: Int32Array.of(1, 2), offsets: new Int32Array(0) },
      'offsets: expected numbers from 0 to 2, the ids',
    ],
    [{ ids: Int32Array.of(1, 2), offsets: Int32Array.of(0, 2, 1, 2) }, 'offsets[2]: expected 0 to'],
    [{ ids: Int32Array.of(1, -1), offsets: Int32Array.of(0, 2) }, 'ids[1]: expected a token id from 0 to'],
  ])('refuses %j', async (batch, message) => {
    const work = encoder.encodeTokens(batch);
    await expect(work).rejects.toThrow(ArgumentError);
    await expect(work).rejects.toThrow(message);
  });

  it('refuses ids beyond the vocabulary and sequences beyond the longest', async () => {
    const { vocabularySize, maxLength } = encoder;
    await encoder.encodeTokens(batchOf([[vocabularySize - 1], new Array(maxLength).fill(1)]));
    await expect(encoder.encodeTokens(batchOf([[vocabularySize]]))).rejects.toThrow(
      `ids[0]: expected a token id from 0 to ${vocabularySize - 1} but received ${vocabularySize}`,
    );
    await expect(encoder.encodeTokens(batchOf([new Array(maxLength + 1).fill(1)]))).rejects.toThrow(
      `offsets[1]: expected 0 to ${maxLength} tokens after 0 but received ${maxLength + 1}`,
    );
  });

  it('applies no default prompt, and leaves a named one out where the model does', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
    try {
      cpSync(goldenPath('tiny_bert'), folder, { recursive: true });
      const prompts = { q: 'find this: ' };
      writeFileSync(
        join(folder, 'config_sentence_transformers.json'),
        JSON.stringify({ prompts, default_prompt_name: 'q' }),
      );
      const pooling = join(folder, '1_Pooling/config.json');
      writeFileSync(
        pooling,
        JSON.stringify({ ...JSON.parse(readFileSync(pooling, 'utf8')), include_prompt: false }),
      );
      const prompted = await Encoder.load(folder);
      expect([prompted.poolsPrompt, prompted.promptText(), prompted.promptText({ prompt: '' })]).toEqual([
        false,
        prompts.q,
        '',
      ]);
      const plain = batchOf(prompted.tokenize(texts));
      const whole = batchOf(prompted.tokenize(texts.map((text) => prompts.q + text)));
      expect(await prompted.encodeTokens(whole, { promptName: 'q' })).toEqual(
        (await prompted.encode(texts)).data,
      );
      expect(await prompted.encodeTokens(plain)).toEqual((await prompted.encode(texts, { prompt: '' })).data);
      prompted.dispose();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('Encoder.tokenizeFull', () => {
  it('tells whether more of a text is left than the model reads', async () => {
    const encoder = await Encoder.load(goldenPath('tiny_bert'));
    const { before, after } = encoder.specialTokens;
    const room = encoder.maxLength - before.length - after.length;
    const word = encoder.tokenize(['the'])[0]!.length - before.length - after.length;
    expect(word).toBe(1);
    for (const words of [0, 1, room - 1, room, room + 1, 10 * room]) {
      const text = 'the '.repeat(words);
      const { ids, truncated } = encoder.tokenizeFull(text);
      expect([words, ids]).toEqual([words, encoder.tokenize([text])[0]]);
      expect([words, truncated]).toEqual([words, words > room]);
      expect([ids.slice(0, before.length), ids.slice(ids.length - after.length)]).toEqual([before, after]);
    }
    expect(() => encoder.tokenizeFull(7 as never)).toThrow('text: expected a string but received 7');
  });
});
