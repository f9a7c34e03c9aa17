/** What Encoder.load says of the weights, and how it cuts texts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ArgumentError } from '../../../lib/errors.js';
import { convertModel } from '../../../lib/models/convert/convert.js';
import { Encoder } from '../../../lib/models/encoder.js';
import { drain } from '../../../lib/models/tokenizer/steps.js';
import { goldenPath } from '../../support/golden.js';

const model = goldenPath('tiny_bert');

describe('weights', () => {
  it('have a dtype: the one asked for, or the one they are stored in', async () => {
    using plain = await Encoder.load(model);
    using asked = await Encoder.load(model, { dtype: 'int8' });
    expect([plain.dtype, asked.dtype]).toEqual(['float32', 'int8']);
    const folder = await mkdtemp(join(tmpdir(), 'load_options-'));
    try {
      await convertModel(model, join(folder, 'model'), { dtype: 'int8' });
      using stored = await Encoder.load(join(folder, 'model'));
      using widened = await Encoder.load(join(folder, 'model'), { dtype: 'float32' });
      expect([stored.dtype, widened.dtype]).toEqual(['int8', 'float32']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are told of when they begin to be read, and not before the files are found right', async () => {
    const said: string[] = [];
    using _ = await Encoder.load(model, { onWeights: () => said.push('weights') }).finally(() =>
      said.push('end'),
    );
    expect(said).toEqual(['weights', 'end']);
    const failing = Encoder.load(join(model, 'none'), { onWeights: () => said.push('wrong') });
    await expect(failing).rejects.toThrow();
    expect(said).toHaveLength(2);
    await expect(Encoder.load(model, { onWeights: 1 as never })).rejects.toThrow(
      new ArgumentError('onWeights: expected a function but received 1'),
    );
  });
});

describe('texts that are too long', () => {
  it('lose tokens at the side asked for, and keep the special ones', async () => {
    using encoder = await Encoder.load(model);
    const { maxLength } = encoder;
    const { before, after } = encoder.specialTokens;
    const room = maxLength - before.length - after.length;
    const text = `a ${'the dog '.repeat(maxLength)}and`;
    const cut = (side: 'right' | 'left' | 'nowhere') => drain(encoder.tokenizeSteps(text, side));
    const whole = cut('nowhere').ids;
    expect(whole).toHaveLength(2 * maxLength + 2 + before.length + after.length);
    const inner = whole.slice(before.length, whole.length - after.length);
    expect(cut('right').ids).toEqual([...before, ...inner.slice(0, room), ...after]);
    expect(cut('right')).toEqual(encoder.tokenizeFull(text));
    expect(cut('left').ids).toEqual([...before, ...inner.slice(-room), ...after]);
    expect((['right', 'left', 'nowhere'] as const).map((side) => cut(side).truncated)).toEqual([
      true,
      true,
      true,
    ]);
    for (const side of ['right', 'left', 'nowhere'] as const) {
      expect(drain(encoder.tokenizeSteps('the dog', side))).toEqual(encoder.tokenizeFull('the dog'));
    }
  });
});
