/** Weights in shards: what an index may say, what hostile and broken ones lead to, and tensors of 8 bits. */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FileError, ModelError, SyntheticAttentionError } from '../../../../lib/errors.js';
import { writeSafetensors } from '../../../../lib/formats/safetensors.js';
import { streamSafetensors, type TensorToStream } from '../../../../lib/formats/safetensors_writer.js';
import { sliceLinear, Weights } from '../../../../lib/models/directory/weights.js';
import { openWeightsFiles } from '../../../../lib/models/directory/weights_files.js';
import { Encoder } from '../../../../lib/models/encoder.js';
import { DTypeCode } from '../../../../lib/native/program.js';
import { encoderDirectory } from '../../../support/encoder_golden.js';

const INDEX = 'model.safetensors.index.json';
const SECOND = 'model-00002-of-00003.safetensors';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'synthetic-attention-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function failure(opening: Promise<unknown> = openWeightsFiles(directory)): Promise<Error> {
  const error = await opening.then(
    () => undefined,
    (e: unknown) => e as Error,
  );
  expect(error).toBeInstanceOf(SyntheticAttentionError);
  expect(error!.message).toMatch(/^[^\n\0]+: expected [^\n\0]+ but received [^\n\0]+$/);
  return error!;
}

describe('an index of shards', () => {
  beforeEach(async () => {
    await cp(encoderDirectory('bert_sharded'), directory, { recursive: true });
  });

  const write = (index: unknown) => writeFile(join(directory, INDEX), JSON.stringify(index));
  async function map(): Promise<Record<string, unknown>> {
    const index = JSON.parse(await readFile(join(directory, INDEX), 'utf8')) as {
      weight_map: Record<string, unknown>;
    };
    return index.weight_map;
  }

  it('gives every tensor with its file', async () => {
    const { source, paths, entries } = await openWeightsFiles(directory);
    expect(source).toBe(join(directory, INDEX));
    const said = Object.entries(await map()).map(([name, shard]) => [name, join(directory, `${shard}`)]);
    expect([...entries].map(([name, { file }]) => [name, paths[file]])).toEqual(said);
    expect(paths).toHaveLength(3);
  });

  it('may leave out tensors and files', async () => {
    const some = Object.entries(await map()).filter(([, shard]) => shard === SECOND);
    await write({ weight_map: Object.fromEntries(some) });
    await rm(join(directory, 'model-00001-of-00003.safetensors'));
    const { paths, entries } = await openWeightsFiles(directory);
    expect([paths, entries.size]).toEqual([[join(directory, SECOND)], some.length]);
    expect((await failure(Encoder.load(directory))).message).toContain('expected a tensor ');
  });

  it('does not count beside one whole file', async () => {
    await writeSafetensors(join(directory, 'model.safetensors'), []);
    expect((await openWeightsFiles(directory)).entries.size).toBe(0);
  });

  it.each<[string, unknown]>([
    ['a path', 'other/model.safetensors'],
    ['a path upwards', '../model.safetensors'],
    ['a folder upwards', '..'],
    ['an absolute path', '/etc/model.safetensors'],
    ['a path of Windows', 'C:\\model.safetensors'],
    ['a path upwards of Windows', '..\\model.safetensors'],
    ['a NUL', 'model.safetensors\0.safetensors'],
    ['another ending', 'pytorch_model.bin'],
    ['an ending that is more than the name', '.safetensors'],
    ['an ending in capitals', 'model.SAFETENSORS'],
    ['a line break behind the ending', 'model.safetensors\n'],
    ['nothing', ''],
    ['a number', 7],
    ['null', null],
    ['a list', [SECOND]],
    ['an object', { file: SECOND }],
    ['a long name', `${'../../../unit/'.repeat(4000)}model.safetensors`],
  ])('is refused with %s as the name of a file', async (_, shard) => {
    await write({ weight_map: { ...(await map()), 'embeddings.LayerNorm.bias': shard } });
    const error = await failure();
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toContain('"embeddings.LayerNorm.bias": expected the name of a .safetensors file');
    expect(error.message.length).toBeLessThan(300);
  });

  it.each<[string, unknown, string]>([
    ['without a map', { metadata: {} }, 'weight_map: expected names of tensors with their files'],
    ['with an empty map', { weight_map: {} }, 'weight_map: expected names of tensors with their files'],
    ['with a list as its map', { weight_map: [SECOND] }, 'weight_map: expected names of tensors'],
    ['with a string as its map', { weight_map: SECOND }, 'weight_map: expected names of tensors'],
    ['with null as its map', { weight_map: null }, 'weight_map: expected names of tensors'],
    ['that is a list', [], 'expected a JSON object but received []'],
    ['that is null', null, 'expected a JSON object but received null'],
  ])('is refused %s', async (_, index, message) => {
    await write(index);
    const error = await failure();
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toContain(INDEX);
    expect(error.message).toContain(message);
  });

  it('is refused when it is no JSON', async () => {
    const path = join(directory, INDEX);
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, 200));
    expect((await failure()).message).toContain(`${INDEX}: expected valid JSON`);
  });

  it('is refused when one of its files is missing, a folder, cut off or another file', async () => {
    const path = join(directory, SECOND);
    const bytes = await readFile(path);
    await rm(path);
    const missing = await failure();
    expect(missing).toBeInstanceOf(FileError);
    expect(missing.message).toContain(`${SECOND}: expected a readable file but received ENOENT`);
    await mkdir(path);
    expect((await failure()).message).toContain(`${SECOND}: expected a regular file`);
    await rm(path, { recursive: true });
    execFileSync('mkfifo', [path]);
    expect((await failure()).message).toContain(`${SECOND}: expected a regular file but received a pipe`);
    await rm(path);
    for (const size of [0, 7, 100, bytes.length - 1]) {
      await writeFile(path, bytes.subarray(0, size));
      expect((await failure()).message).toContain(SECOND);
    }
    await cp(join(directory, 'model-00001-of-00003.safetensors'), path);
    const other = await failure();
    expect(other).toBeInstanceOf(ModelError);
    expect(other.message).toMatch(
      /00002-of-00003\.safetensors: expected a tensor "[^"]+" as its index says but received none of this name$/,
    );
  });

  it('quotes names of tensors, which may be anything', async () => {
    await write({ weight_map: { ['a\nb\u001b[31m'.padEnd(5000, 'x')]: SECOND } });
    const error = await failure();
    expect(error.message).toContain('"a\\nb\\u001b[31mxxx');
    expect(error.message.length).toBeLessThan(300);
    await writeFile(join(directory, INDEX), `{"weight_map":{"__proto__":"${SECOND}"}}`);
    expect((await failure()).message).toContain('a tensor "__proto__" as its index says');
  });
});

describe('tensors of 8 bits', () => {
  const f32 = (name: string, shape: number[], values: readonly number[]): TensorToStream => ({
    name,
    dtype: 'F32',
    shape,
    bytes: () => new Uint8Array(Float32Array.from(values).buffer),
  });
  const i8 = (name: string, shape: number[]): TensorToStream => ({
    name,
    dtype: 'I8',
    shape,
    bytes: () => new Uint8Array(shape.reduce((a, b) => a * b, 1)),
  });
  const six = [1, 2, 3, 4, 5, 6];

  async function open(tensors: readonly TensorToStream[]): Promise<Weights> {
    await streamSafetensors(join(directory, 'model.safetensors'), tensors);
    return Weights.open(directory, [''], 'x.weight');
  }

  it('have a scale a row of the last axis', async () => {
    const weights = await open([i8('x.weight', [3, 2, 4]), f32('x.weight_scale', [3, 2], six)]);
    const { entries } = await openWeightsFiles(directory);
    const { begin, count, dtype, scalesBegin } = weights.tensor('x.weight', [3, 2, 4]);
    expect([dtype, count]).toEqual([DTypeCode.I8, 24]);
    expect(begin).toBe(entries.get('x.weight')!.begin);
    expect(scalesBegin).toBe(entries.get('x.weight_scale')!.begin);
  });

  it('are sliced with their scales; a bias is one row', async () => {
    const weights = await open([
      i8('x.weight', [6, 4]),
      f32('x.weight_scale', [6], six),
      i8('x.bias', [6]),
      f32('x.bias_scale', [1], [1]),
    ]);
    const whole = weights.linear('x', 6, 4);
    const part = sliceLinear(whole, 2, 3, 4);
    expect(part.weight).toMatchObject({
      begin: whole.weight.begin + 8,
      count: 12,
      scalesBegin: whole.weight.scalesBegin! + 8,
    });
    expect(part.bias).toMatchObject({
      begin: whole.bias!.begin + 2,
      count: 3,
      scalesBegin: whole.bias!.scalesBegin!,
    });
  });

  it.each<[string, TensorToStream[], string]>([
    ['none', [], 'none of this name'],
    ['of another type', [i8('x.weight_scale', [6])], 'I8 [6]'],
    ['too few', [f32('x.weight_scale', [5], six.slice(1))], 'F32 [5]'],
    ['one for each of the columns', [f32('x.weight_scale', [1, 4], six.slice(2))], 'F32 [1, 4]'],
  ])('are refused with scales that are %s', async (_, scales, received) => {
    const weights = await open([i8('x.weight', [6, 4]), ...scales]);
    expect(() => weights.tensor('x.weight', [6, 4])).toThrow(
      `x.weight_scale: expected F32 [6] beside the 8-bit tensor but received ${received}`,
    );
  });

  it('have their scales in the same file', async () => {
    const files = {
      'a.safetensors': [i8('x.weight', [6, 4])],
      'b.safetensors': [f32('x.weight_scale', [6], six)],
    };
    for (const [file, tensors] of Object.entries(files))
      await streamSafetensors(join(directory, file), tensors);
    const weight_map = { 'x.weight': 'a.safetensors', 'x.weight_scale': 'b.safetensors' };
    await writeFile(join(directory, INDEX), JSON.stringify({ weight_map }));
    const weights = await Weights.open(directory, [''], 'x.weight');
    expect(() => weights.tensor('x.weight', [6, 4])).toThrow(
      'beside the 8-bit tensor but received one in another file',
    );
  });
});
