/** Encoder on small random models of every architecture, text in, embeddings out. */
import { describe, expect, it } from '@jest/globals';
import { Encoder } from '../../lib/models/encoder.js';
import {
  encoderDirectory,
  expectRowsClose,
  readEncoderGolden,
  SMALL_ENCODERS,
} from '../support/encoder_golden.js';

describe.each(Object.keys(SMALL_ENCODERS))('a small %s', (model) => {
  const golden = readEncoderGolden(model);
  const directory = encoderDirectory(model);
  const names = golden.texts.map(({ name }) => name);
  const texts = golden.texts.map(({ text }) => text);
  const textOf = (name: string): string => texts[names.indexOf(name)]!;

  it('says what the directory says', async () => {
    using encoder = await Encoder.load(directory);
    expect([encoder.dimensions, encoder.maxLength, encoder.pooling, encoder.normalizes]).toEqual([
      golden.embeddings.shape[1],
      golden.max_seq_length,
      golden.pooling,
      golden.normalize,
    ]);
  });

  it('tokenizes as the reference does', async () => {
    using encoder = await Encoder.load(directory);
    const ids = encoder.tokenize(texts);
    expect(ids.map((row, i) => [names[i], ...row])).toEqual(golden.texts.map((t) => [t.name, ...t.ids]));
  });

  it('gives the embeddings of the reference, one text at a time too', async () => {
    using encoder = await Encoder.load(directory);
    const result = await encoder.encode(texts);
    expect(result.shape).toEqual(golden.embeddings.shape);
    expectRowsClose(result.data, golden.embeddings, (i) => names[i]!);
    const width = encoder.dimensions;
    for (const [i, text] of texts.entries()) {
      const one = await encoder.encode(text);
      expect([...one.data]).toEqual([...result.data.subarray(i * width, (i + 1) * width)]);
    }
  });

  it('pools in all ways', async () => {
    using encoder = await Encoder.load(directory);
    for (const expected of golden.pooled) {
      const options = { pooling: expected.name, normalize: false };
      const result = await encoder.encode(expected.texts.map(textOf), options);
      expect(result.shape).toEqual(expected.shape);
      expectRowsClose(result.data, expected, (i) => `${expected.name}, ${expected.texts[i]}`);
    }
  });

  it('gives the states of all tokens', async () => {
    using encoder = await Encoder.load(directory);
    const some = golden.hidden_states;
    const states = await encoder.encode(
      some.map(({ name }) => textOf(name)),
      { outputValue: 'token' },
    );
    expect(states.map(({ shape }) => shape)).toEqual(some.map(({ shape }) => shape));
    for (const [i, expected] of some.entries())
      expectRowsClose(states[i]!.data, expected, (j) => `${expected.name}, token ${j}`);
  });
});
