/** What programs compare: `code`, `argument` and `reason`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ArgumentError, expectation, FileError, NonFiniteError, restated } from '../../../lib/errors.js';
import { type EncodeOptions, Encoder, MultiHeadAttention, similarity } from '../../../lib/index.js';
import { writeDirectory } from '../../../lib/models/directory/whole_directory.js';
import { encodeJob } from '../../../lib/models/feed/encode_job.js';
import { addon } from '../../../lib/native/load.js';
import { namedAsBody } from '../../../lib/server/embed.js';
import { goldenPath } from '../../support/golden.js';

const caught = async (act: () => unknown): Promise<unknown> => {
  try {
    await act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

let encoder: Encoder;
beforeAll(async () => {
  encoder = await Encoder.load(goldenPath('tiny_bert'));
});
afterAll(() => encoder.dispose());

const encode = (options: object) => () => encoder.encode('the cat', options as EncodeOptions);
const cases: [name: string, act: () => unknown, argument: string, reason: string][] = [
  ['a wrong word', encode({ pooling: 'median' }), 'pooling', 'range'],
  ['an unknown option', encode({ normalise: true }), 'normalise', 'unknown'],
  ['no options', encode(7 as never), 'options', 'type'],
  ['an unknown prompt', encode({ promptName: 'nobody' }), 'promptName', 'unknown'],
  ['a number out of range', encode({ truncateDim: 0 }), 'truncateDim', 'range'],
  ['no number', encode({ truncateDim: '1' }), 'truncateDim', 'type'],
  [
    'options that do not go together',
    encode({ outputValue: 'token', precision: 'int8' }),
    'precision',
    'conflict',
  ],
  ['an item of another type', () => encoder.encode(['a', 7] as never), 'texts[1]', 'type'],
  [
    'ids that the model does not have',
    () => encoder.encodeTokens({ ids: Int32Array.of(99999), offsets: Int32Array.of(0, 1) }),
    'ids[0]',
    'vocabulary',
  ],
];

it.each(cases)('%s', async (_, act, argument, reason) => {
  const error = await caught(act);
  expect(error).toBeInstanceOf(ArgumentError);
  expect(error).toMatchObject({ code: 'ERR_ARGUMENT', argument, reason });
});

it('an array whose memory has gone is told as such by native code', async () => {
  const x = new Float32Array(4);
  structuredClone(x, { transfer: [x.buffer] });
  const error = await caught(() =>
    (addon() as unknown as Record<string, (options: object) => void>).l2Normalize!({
      rows: 0,
      columns: 4,
      x,
      y: new Float32Array(4),
    }),
  );
  expect(error).toMatchObject({ code: 'ERR_ARGUMENT', argument: 'x', reason: 'buffer' });
});

it('so is one that is checked before', async () => {
  const data = new Float32Array(4);
  structuredClone(data, { transfer: [data.buffer] });
  const error = await caught(() => similarity({ data, shape: [1, 4] }, { data, shape: [1, 4] }));
  expect(error).toMatchObject({ code: 'ERR_ARGUMENT', argument: 'a.data', reason: 'buffer' });
});

it('native code names the argument', async () => {
  const error = await caught(() => addon().setThreads({ threads: 0 }));
  expect(error).toMatchObject({ code: 'ERR_NATIVE' });
  const wrong = { rows: 1, columns: -4, x: new Float32Array(4), y: new Float32Array(4) };
  const { l2Normalize } = addon() as unknown as Record<string, (options: object) => void>;
  expect(await caught(() => l2Normalize!(wrong))).toMatchObject({ code: 'ERR_NATIVE', argument: 'columns' });
});

it('a text with tokens that the model does not have is the fault of the model directory', async () => {
  const { handle } = (encoder as unknown as { parts: { model: { handle: never } } }).parts.model;
  const batch = { ids: Int32Array.of(99999), offsets: Int32Array.of(0, 1) };
  const run = () => encodeJob({ handle }, batch as never, { output: 'mean', out: new Float32Array(4096) });
  const error = await caught(run);
  expect(error).toMatchObject({ code: 'ERR_MODEL', argument: 'ids', reason: 'vocabulary' });
  expect((error as Error).message).toMatch(/^the tokenizer's ids: expected token ids from 0 to /);
});

it("the layer's own sentence keeps the name of the argument", async () => {
  const error = await caught(() => new MultiHeadAttention({ numHeads: 0, keyDim: 2 }));
  expect(error).toMatchObject({ argument: 'numHeads', reason: 'range' });
  expect((error as Error).message).toBe(
    'MultiHeadAttention: expected a positive integer for numHeads but received 0',
  );
});

it('errors without an argument have no such field, and none is printed', async () => {
  const error = await caught(() => Encoder.load('/nowhere/at/all', { localFilesOnly: true }));
  expect(Object.keys(error as object)).not.toContain('argument');
  expect(inspect(new FileError('x'))).not.toMatch(/(argument|reason):/);
});

it('an error in other words keeps its class and its fields', () => {
  const first = new ArgumentError(expectation('a', 'b', 'c', 'length'));
  const second = restated(first, 'there was a c');
  expect(second).toBeInstanceOf(ArgumentError);
  expect(second).toMatchObject({ message: 'there was a c', argument: 'a', reason: 'length', cause: first });
});

describe('a folder that nobody has named', () => {
  it('is not in the error', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
    try {
      const output = join(folder, 'out');
      const error = await caught(() =>
        writeDirectory(output, async (hidden) => {
          writeFileSync(join(hidden, 'x'), '');
          throw new FileError(expectation(join(hidden, 'x'), 'a file', 'nothing'));
        }),
      );
      expect((error as Error).message).toBe(`${join(output, 'x')}: expected a file but received nothing`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the server's answer", () => {
  it.each([
    [
      'too long',
      new ArgumentError(expectation('input[2]', 'at most 8 tokens', 'more', 'length')),
      'tooLong',
      'texts',
    ],
    ['input alone', new ArgumentError(expectation('input', 'a text', 'none', 'type')), 'invalid', 'texts'],
    [
      'another argument',
      new ArgumentError(expectation('dimensions', 'less', '9', 'range')),
      'invalid',
      'dimensions',
    ],
    // What the sentence is like is of no account.
    [
      'another reason',
      new ArgumentError(expectation('input[2]', 'at most 8 tokens', 'more', 'range')),
      'invalid',
      'texts',
    ],
    ['not finite', new NonFiniteError('input[2]: no', 2), 'notFinite', 'texts'],
  ])('is chosen by fields: %s', (_, error, kind, param) => {
    expect(namedAsBody(error, 'texts')).toMatchObject({ kind, param });
  });

  it('calls the input as the body does', () => {
    const error = namedAsBody(new ArgumentError(expectation('input[2]', 'x', 'y')), 'texts');
    expect((error as Error).message).toBe('texts[2]: expected x but received y');
    const unknown = new ArgumentError(expectation('input', 'x', 'y'), { argument: 'normalise' });
    expect(namedAsBody(unknown, 'texts')).toMatchObject({
      param: 'normalise',
      message: 'texts: expected x but received y',
    });
    const inputs = namedAsBody(new ArgumentError(expectation('inputType', 'x', 'y')), 'texts');
    expect(inputs).toMatchObject({ param: 'inputType', message: 'inputType: expected x but received y' });
  });
});
