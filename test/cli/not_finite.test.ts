/** `encode` and `search` with a model that gives NaN for some texts: the record is named, and no output appears. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type EncodeCommandOptions, runEncode } from '../../lib/cli/encode.js';
import { OUTPUT_FORMATS } from '../../lib/cli/output.js';
import { runSearch } from '../../lib/cli/search.js';
import { NonFiniteError } from '../../lib/errors.js';
import { NpyFormat, readNpy } from '../../lib/formats/npy.js';
import { RowWriter } from '../../lib/formats/row_writer.js';
import { Encoder } from '../../lib/models/encoder.js';
import { withWord } from '../support/altered_model.js';
import { goldenPath } from '../support/golden.js';
import { useTemporaryDirectory } from '../unit/formats/temporary_directory.js';

const file = useTemporaryDirectory();
const GOOD = ['a cat sat', 'warm', 'the old house by the lake'];
const BAD = 'the river and the stone';
/** The bad one is record 7. */
const texts = [...GOOD, ...GOOD, BAD, ...GOOD];

let model: string;
beforeAll(async () => {
  using encoder = await Encoder.load(goldenPath('tiny_bert'));
  const [bad, ...good] = encoder.tokenize([BAD, ...GOOD]);
  const id = bad!.find((one) => good.every((ids) => !ids.includes(one)))!;
  model = await withWord(goldenPath('tiny_bert'), file('model'), id, Number.NaN);
  writeFileSync(file('a.txt'), texts.join('\n'));
  writeFileSync(file('b.txt'), GOOD.join('\n'));
  writeFileSync(file('a.csv'), `text\n${texts.join('\n')}\n`);
  writeFileSync(file('a.jsonl'), texts.map((text) => JSON.stringify({ text })).join('\n'));
  const writer = await RowWriter.open(file('ranges.npy'), new NpyFormat({ columns: 48, type: 'float32' }));
  await writer.write(new Float32Array(96).fill(-1, 0, 48).fill(1, 48));
  await writer.close();
});

const stderr = { write: () => true, isTTY: false } as unknown as NodeJS.WriteStream;

async function encode(options: Omit<Partial<EncodeCommandOptions>, 'input'> & { input?: string[] }) {
  const { input = ['a.txt'], output = 'out.npy', ...rest } = options;
  await runEncode(
    { model, quiet: true, ...rest, input: input.map(file), output: file(output) },
    {
      findModel: async ({ length }) => (length > 0 ? model : model),
      loadEncoder: (path) => Encoder.load(path),
      stderr,
    },
  );
}

/** The message; the error is of the right class and nothing was left behind. */
async function refusal(work: () => Promise<unknown>): Promise<string> {
  const before = await readdir(file(''));
  const error = await work().then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(NonFiniteError);
  expect(await readdir(file(''))).toEqual(before);
  return (error as Error).message;
}

describe('encode', () => {
  it.each(OUTPUT_FORMATS)('writes no %s, and names the record', async (format) => {
    for (const precision of ['float32', 'int8', 'uint8', 'binary', 'ubinary'] as const) {
      const message = await refusal(() => encode({ output: 'out', format, precision }));
      expect(message).toBe(
        'record 7 of the input: the model gives numbers that are not finite (NaN or an infinity) for it',
      );
    }
    const ranges = file('ranges.npy');
    expect(await refusal(() => encode({ output: 'out', format, precision: 'int8', ranges }))).toMatch(
      /^record 7 /,
    );
  });

  it('counts the records of all inputs, of a shard, and those behind small batches', async () => {
    expect(await refusal(() => encode({ input: ['b.txt', 'a.txt'] }))).toMatch(/^record 10 /);
    expect(await refusal(() => encode({ input: ['a.csv'] }))).toMatch(/^record 7 /);
    expect(await refusal(() => encode({ input: ['a.jsonl'], batchSize: 1 }))).toMatch(/^record 7 /);
    expect(await refusal(() => encode({ shard: { index: 1, count: 3 } }))).toMatch(/^record 7 /);
    expect(await refusal(() => encode({ shard: { index: 3, count: 4 }, batchSize: 1 }))).toMatch(
      /^record 7 /,
    );
    await encode({ shard: { index: 2, count: 3 }, output: 'shard.npy' });
    expect((await readNpy(file('shard.npy'))).shape).toEqual([3, 48]);
  });

  it('resumes up to the record and no further', async () => {
    const resuming = () => encode({ resume: true, checkpoint: 0, batchSize: 2, output: 'resumed.jsonl' });
    await expect(resuming()).rejects.toThrow(/^record 7 of the input/);
    await expect(resuming()).rejects.toThrow(/^record 7 of the input/);
    expect(await readdir(file(''))).not.toContain('resumed.jsonl');
    const [partial] = (await readdir(file(''))).filter((name) => /resumed.*partial/.test(name));
    expect(readFileSync(file(partial!), 'utf8')).not.toMatch(/null|NaN/);
  });

  it('refuses ranges that are not finite, inverted or of no width', async () => {
    for (const [place, value] of [
      [3, Number.NaN],
      [50, Number.POSITIVE_INFINITY],
      [5, 2],
      [60, -1],
    ] as const) {
      const name = `bad ${place}.npy`;
      const writer = await RowWriter.open(file(name), new NpyFormat({ columns: 48, type: 'float32' }));
      const rows = new Float32Array(96).fill(-1, 0, 48).fill(1, 48);
      rows[place] = value;
      await writer.write(rows);
      await writer.close();
      await expect(encode({ precision: 'int8', ranges: file(name), input: ['b.txt'] })).rejects.toThrow(
        new RegExp(`${name}: dimension ${place % 48}: expected`),
      );
    }
    writeFileSync(file('same.txt'), 'warm\nwarm\nwarm');
    await expect(encode({ precision: 'int8', input: ['same.txt'] })).rejects.toThrow(
      'calibration: dimension 0: expected a greatest value above the least',
    );
  });
});

it('search names the record', async () => {
  const search = () =>
    runSearch(
      { model, input: [file('a.txt')], output: file('found'), topK: 2, quiet: true } as Parameters<
        typeof runSearch
      >[0],
      { findModel: async () => model, loadEncoder: (path) => Encoder.load(path), stderr },
    );
  expect(await refusal(search)).toMatch(/^record 7 of the input/);
});
