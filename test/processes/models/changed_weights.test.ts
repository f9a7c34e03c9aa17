/** Weights files that change under a model: an error or the old weights, never a signal and never other numbers. */
import { execFileSync } from 'node:child_process';
import { statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { chmod, cp, link, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FileError } from '../../../lib/errors.js';
import { openInputFile } from '../../../lib/formats/input_file.js';
import { writeSafetensors } from '../../../lib/formats/safetensors.js';
import { readSafetensors } from '../../../lib/formats/safetensors_reader.js';
import { openArchitecture } from '../../../lib/models/architectures/registry.js';
import { convertModel } from '../../../lib/models/convert/convert.js';
import { readModelDirectory } from '../../../lib/models/directory/model_directory.js';
import { Weights } from '../../../lib/models/directory/weights.js';
import { openWeightsFiles, readEntry } from '../../../lib/models/directory/weights_files.js';
import { Encoder } from '../../../lib/models/encoder.js';
import { encoderDirectory } from '../../support/encoder_golden.js';
import { goldenPath } from '../../support/golden.js';

let directory: string;
let weights: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'synthetic-attention-'));
  await cp(goldenPath('tiny_bert'), directory, { recursive: true });
  weights = join(directory, 'model.safetensors');
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** Words that no other text of these tests has. */
const WARM = 'a river';
const COLD = 'the cat sat on the warm stone';
const CHANGED = /model\.safetensors was changed while/;

/** Every way to change the file in place. */
const CHANGES: readonly (readonly [string, (path: string) => void])[] = [
  ['emptied', (path) => truncateSync(path, 0)],
  ['cut in its header', (path) => truncateSync(path, 100)],
  ['cut in the midst', (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
  ['made longer', (path) => truncateSync(path, statSync(path).size + 1)],
  [
    'overwritten with zeros',
    (path) => writeFileSync(path, new Uint8Array(statSync(path).size), { flag: 'r+' }),
  ],
  [
    'overwritten, its time put back',
    (path) => {
      const { size, atime, mtime } = statSync(path);
      writeFileSync(path, new Uint8Array(size).fill(0x7f), { flag: 'r+' });
      utimesSync(path, atime, mtime);
    },
  ],
];

/** So that no two writes share a tick of the file system's clock. */
const tick = () => new Promise((resolve) => setTimeout(resolve, 20));

describe.each(['float32', 'int8'] as const)('under an encoder in %s', (dtype) => {
  it.each(CHANGES)('the file %s: known words go on, new ones are an error', async (_, change) => {
    using encoder = await Encoder.load(directory, { dtype });
    const before = await encoder.encode(WARM);
    await tick();
    change(weights);
    await expect(encoder.encode(COLD)).rejects.toThrow(FileError);
    await expect(encoder.encode([WARM, COLD])).rejects.toThrow(CHANGED);
    expect((await encoder.encode(WARM)).data).toEqual(before.data);
    await expect(encoder.encode(COLD, { outputValue: 'token' })).rejects.toThrow(CHANGED);
    await expect(encoder.explain(COLD)).rejects.toThrow(CHANGED);
  });

  it('tells which sequences are without a word', async () => {
    using encoder = await Encoder.load(directory, { dtype });
    const before = await encoder.encode(WARM);
    await tick();
    truncateSync(weights, 0);
    const texts = [WARM, COLD, WARM].map((text) => encoder.tokenize([text])[0]!);
    const offsets = [0];
    for (const ids of texts) offsets.push(offsets.at(-1)! + ids.length);
    const failed: number[] = [];
    const onFailure = (index: number, error: Error) => {
      expect(error.message).toMatch(CHANGED);
      failed.push(index);
    };
    const batch = { ids: Int32Array.from(texts.flat()), offsets: Int32Array.from(offsets) };
    const rows = await encoder.encodeTokens(batch, { onFailure });
    const { dimensions } = encoder;
    expect(failed).toEqual([1]);
    expect(rows.subarray(0, dimensions)).toEqual(before.data);
    expect(rows.subarray(dimensions, 2 * dimensions)).toEqual(new Float32Array(dimensions));
    expect(rows.subarray(2 * dimensions)).toEqual(before.data);
  });

  it.each<[string, (path: string) => Promise<unknown>]>([
    [
      'another file renamed over it',
      async (path) => {
        await writeFile(`${path}.new`, new Uint8Array(statSync(path).size));
        await rename(`${path}.new`, path);
      },
    ],
    ['the file moved away', (path) => rename(path, `${path}.old`)],
    ['the file deleted', (path) => rm(path)],
    ['its mode changed', (path) => chmod(path, 0o600)],
    ['another link to it', (path) => link(path, `${path}.link`)],
  ])('%s: the old weights go on', async (_, change) => {
    const expected = await Encoder.load(directory, { dtype }).then((encoder) => encoder.encode(COLD));
    using encoder = await Encoder.load(directory, { dtype });
    await tick();
    await change(weights);
    expect((await encoder.encode(COLD)).data).toEqual(expected.data);
  });
});

it('words of half precision and of 8 bits are read as they are needed too', async () => {
  for (const name of ['bert_f16', 'bert_int8']) {
    const copy = join(directory, name);
    if (name === 'bert_int8') await convertModel(goldenPath('tiny_bert'), copy, { dtype: 'int8' });
    else {
      await cp(goldenPath('tiny_bert'), copy, { recursive: true });
      await asHalves(join(copy, 'model.safetensors'));
    }
    using encoder = await Encoder.load(copy);
    const before = await encoder.encode(WARM);
    await tick();
    truncateSync(join(copy, 'model.safetensors'), 64);
    await expect(encoder.encode(COLD)).rejects.toThrow(CHANGED);
    expect((await encoder.encode(WARM)).data).toEqual(before.data);
  }
});

/** The upper halves of float32 numbers are bfloat16. */
async function asHalves(path: string): Promise<void> {
  const tensors = await readSafetensors(path);
  const names = [...tensors.keys()];
  const header: Record<string, unknown> = {};
  const parts: Buffer[] = [];
  let at = 0;
  for (const name of names) {
    const { data, shape } = tensors.get(name)!;
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    const halves = Uint16Array.from(bits, (x) => x >>> 16);
    parts.push(Buffer.from(halves.buffer));
    header[name] = { dtype: 'BF16', shape, data_offsets: [at, at + halves.byteLength] };
    at += halves.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await writeFile(path, Buffer.concat([length, json, ...parts]));
}

describe('between header and data', () => {
  it.each(CHANGES)('a file %s is refused by native code and by JavaScript', async (_, change) => {
    const files = await openWeightsFiles(directory);
    const opened = await Weights.open(directory, ['bert.'], 'embeddings.word_embeddings.weight');
    const [entry] = [...files.entries.values()];
    await tick();
    change(weights);
    await expect(readEntry(files, entry!)).rejects.toThrow(FileError);
    const { name, shape } = [...opened.files.entries.values()][0]!;
    await expect(opened.numbers(name, shape)).rejects.toThrow(CHANGED);
  });

  it('a file replaced by another of the same size is not taken for the one whose header was read', async () => {
    const files = await openWeightsFiles(directory);
    const { atime, mtime } = statSync(weights);
    await writeFile(join(directory, 'other'), await readFile(weights));
    utimesSync(join(directory, 'other'), atime, mtime);
    await rename(join(directory, 'other'), weights);
    await expect(readEntry(files, [...files.entries.values()][0]!)).rejects.toThrow(CHANGED);
  });

  it.each(CHANGES)('the encoder refuses a file %s', async (_, change) => {
    const { config } = await readModelDirectory(directory);
    const opened = await openArchitecture(directory, config);
    await tick();
    change(weights);
    await expect(opened.load()).rejects.toThrow(FileError);
    await expect(opened.load('int8')).rejects.toThrow(/model\.safetensors/);
  });

  it('an input file that shrinks is told from one that is too short', async () => {
    const path = join(directory, 'bytes');
    await writeFile(path, new Uint8Array(1000));
    const file = await openInputFile(path);
    try {
      await expect(file.read(new Uint8Array(10), 995)).rejects.toThrow('expected 10 bytes from byte 995 on');
      truncateSync(path, 10);
      await expect(file.read(new Uint8Array(10), 500)).rejects.toThrow('was changed while it was read');
      await expect(file.checkUnchanged()).rejects.toThrow('was changed while it was read');
    } finally {
      await file.close();
    }
  });
});

describe('what is not a regular file', () => {
  const NAMES = [
    'config.json',
    'tokenizer.json',
    'model.safetensors',
    'modules.json',
    'tokenizer_config.json',
  ];

  it.each(NAMES)('a pipe in place of %s is an error, not a hang', async (name) => {
    await rm(join(directory, name), { force: true });
    execFileSync('mkfifo', [join(directory, name)]);
    await expect(Encoder.load(directory)).rejects.toThrow(/expected a regular file but received a pipe/);
  });

  it.each(NAMES)('a folder in place of %s is an error', async (name) => {
    await rm(join(directory, name), { force: true });
    await cp(goldenPath('tiny_bert'), join(directory, name), { recursive: true });
    await expect(Encoder.load(directory)).rejects.toThrow(/but received (a directory|EISDIR)/);
  });

  it('a pipe in place of an index or a shard is an error, not a hang', async () => {
    for (const name of ['model.safetensors.index.json', 'model-00002-of-00003.safetensors']) {
      const copy = join(directory, name.slice(0, 9));
      await cp(encoderDirectory('bert_sharded'), copy, { recursive: true });
      await rm(join(copy, name));
      execFileSync('mkfifo', [join(copy, name)]);
      await expect(Encoder.load(copy)).rejects.toThrow(/expected a regular file but received a pipe/);
    }
  });
});

it('a weight that is not finite is named when the model is loaded', async () => {
  const tensors = [...(await readSafetensors(weights))];
  for (const [name, value] of [
    ['encoder.layer.1.output.LayerNorm.weight', Number.NaN],
    ['encoder.layer.0.attention.self.query.bias', Number.NEGATIVE_INFINITY],
    ['embeddings.position_embeddings.weight', Number.POSITIVE_INFINITY],
  ] as const) {
    const changed = tensors.map(([tensor, { shape, data }]) => {
      const own = data.slice();
      if (tensor.endsWith(name)) own[1] = value;
      return { name: tensor, dtype: 'F32' as const, shape, data: own };
    });
    await writeSafetensors(weights, changed);
    for (const dtype of ['float32', 'int8'] as const) {
      await expect(Encoder.load(directory, { dtype })).rejects.toThrow(`${name}": expected finite weights`);
    }
  }
});
