/** convertModel: what is written, what stays behind, and how it fails. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ArgumentError, FileError, ModelError, SyntheticAttentionError } from '../../../../lib/errors.js';
import { readSafetensorsHeader, writeSafetensors } from '../../../../lib/formats/safetensors.js';
import { readSafetensors, readTensorBytes } from '../../../../lib/formats/safetensors_reader.js';
import { convertModel } from '../../../../lib/models/convert/convert.js';
import { quantizeRowsTo8Bits } from '../../../../lib/models/convert/convert_weights.js';
import { Encoder } from '../../../../lib/models/encoder.js';
import { encoderDirectory } from '../../../support/encoder_golden.js';
import { goldenPath } from '../../../support/golden.js';

let folder: string;
let model: string;
let output: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synthetic-attention-'));
  model = join(folder, 'model');
  output = join(folder, 'converted');
  await cp(goldenPath('tiny_bert'), model, { recursive: true });
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** One typed error of one sentence, and a folder as it was before. */
async function failure(from = model, to = output, options: unknown = { dtype: 'int8' }): Promise<Error> {
  const before = await readdir(folder, { recursive: true });
  const error = await convertModel(from, to, options as { dtype: 'int8' }).then(
    () => undefined,
    (e: unknown) => e as Error,
  );
  expect(error).toBeInstanceOf(SyntheticAttentionError);
  expect(error!.message).toMatch(/^[^\n]+: expected [^\n]+ but received [^\n]+$/);
  expect((await readdir(folder, { recursive: true })).sort()).toEqual(before.sort());
  return error!;
}

/** By name: type, shape and the bytes that are stored. */
async function tensorsOf(path: string) {
  const { tensors } = await readSafetensorsHeader(path);
  const read = [...tensors.values()].map(async (entry) => {
    const { name, dtype, shape } = entry;
    return [name, { dtype, shape, bytes: await readTensorBytes(path, entry) }] as const;
  });
  return new Map(await Promise.all(read));
}

const weights = (directory: string) => join(directory, 'model.safetensors');
const floats = (bytes: Uint8Array) => new Float32Array(bytes.slice().buffer);

describe('what is written', () => {
  it('has 8 bits for words and linear layers, all else as it was', async () => {
    const { tensors, before, after } = await convertModel(model, output, { dtype: 'int8' });
    const [old, made] = [await tensorsOf(weights(model)), await tensorsOf(weights(output))];
    const narrow = [...made].filter(([, { dtype }]) => dtype === 'I8').map(([name]) => name);
    const layers = [...old.keys()].filter((name) => /encoder\.layer\..*\.weight$/.test(name));
    const linear = layers.filter((name) => !name.includes('LayerNorm'));
    expect(narrow.sort()).toEqual(['embeddings.word_embeddings.weight', ...linear].sort());
    expect(tensors).toBe(narrow.length);
    expect([...made.keys()].sort()).toEqual([...old.keys(), ...narrow.map((n) => `${n}_scale`)].sort());
    for (const [name, tensor] of old) {
      if (!narrow.includes(name)) expect([name, made.get(name)]).toEqual([name, tensor]);
    }
    expect(before).toBe([...old.values()].reduce((sum, { bytes }) => sum + bytes.length, 0));
    expect(after).toBe((await stat(weights(output))).size);
  });

  it('is within half a step of every weight', async () => {
    await convertModel(model, output, { dtype: 'int8' });
    const [old, made] = [await tensorsOf(weights(model)), await tensorsOf(weights(output))];
    for (const [name, { dtype, shape, bytes }] of made) {
      if (dtype !== 'I8') continue;
      const scales = made.get(`${name}_scale`)!;
      expect([scales.dtype, scales.shape]).toEqual(['F32', shape.slice(0, -1)]);
      const steps = floats(scales.bytes);
      const columns = shape.at(-1)!;
      const codes = new Int8Array(bytes.slice().buffer);
      const far = [...floats(old.get(name)!.bytes)].filter((weight, i) => {
        const step = steps[Math.floor(i / columns)]!;
        return !(Math.abs(weight - codes[i]! * step) <= step * 0.50001) || codes[i] === -128;
      });
      expect([name, far]).toEqual([name, []]);
    }
  });

  it('is float32 again on the way back, with the values of the codes', async () => {
    const back = join(folder, 'back');
    await convertModel(model, output, { dtype: 'int8' });
    await convertModel(output, back, { dtype: 'float32' });
    const [narrow, wide] = [await tensorsOf(weights(output)), await tensorsOf(weights(back))];
    expect([...wide.keys()].sort()).toEqual([...(await tensorsOf(weights(model))).keys()].sort());
    for (const [name, { dtype, shape, bytes }] of wide) {
      const from = narrow.get(name)!;
      expect([dtype, shape]).toEqual(['F32', from.shape]);
      if (from.dtype !== 'I8') continue;
      const steps = floats(narrow.get(`${name}_scale`)!.bytes);
      const codes = new Int8Array(from.bytes.slice().buffer);
      const values = Float32Array.from(codes, (code, i) => code * steps[Math.floor(i / shape.at(-1)!)]!);
      expect([name, floats(bytes)]).toEqual([name, values]);
    }
  });

  it('is the same when it has 8 bits already', async () => {
    const again = join(folder, 'again');
    await convertModel(model, output, { dtype: 'int8' });
    expect(await convertModel(output, again, { dtype: 'int8' })).toMatchObject({ tensors: 0 });
    expect(await tensorsOf(weights(again))).toEqual(await tensorsOf(weights(output)));
    expect(await convertModel(model, join(folder, 'copy'), { dtype: 'float32' })).toMatchObject({
      tensors: 0,
    });
  });

  it('is one file, whatever the number and the names of the old ones', async () => {
    const sharded = join(folder, 'sharded');
    await cp(encoderDirectory('bert_sharded'), sharded, { recursive: true });
    await rename(join(sharded, 'model-00002-of-00003.safetensors'), join(sharded, 'second.safetensors'));
    const index = join(sharded, 'model.safetensors.index.json');
    const text = await readFile(index, 'utf8');
    await writeFile(index, text.replaceAll('model-00002-of-00003', 'second'));
    await convertModel(sharded, output, { dtype: 'int8' });
    const stored = (await readdir(output)).filter((name) => name.includes('safetensors'));
    expect(stored).toEqual(['model.safetensors']);
    using encoder = await Encoder.load(output);
    expect((await encoder.encode('a river')).data.every(Number.isFinite)).toBe(true);
  });

  it('has the folders of the modules, and no weights of other frameworks', async () => {
    await mkdir(join(model, '2_Dense'));
    await mkdir(join(model, 'onnx'));
    const dense = {
      in_features: 48,
      out_features: 5,
      activation_function: 'torch.nn.modules.linear.Identity',
    };
    await writeFile(join(model, '2_Dense', 'config.json'), JSON.stringify(dense));
    await writeSafetensors(join(model, '2_Dense', 'model.safetensors'), [
      { name: 'linear.weight', dtype: 'F32', shape: [5, 48], data: new Float32Array(240).fill(0.1) },
      { name: 'linear.bias', dtype: 'F32', shape: [5], data: new Float32Array(5) },
    ]);
    const modules = JSON.parse(await readFile(join(model, 'modules.json'), 'utf8')) as object[];
    const type = 'sentence_transformers.models.Dense';
    modules.splice(2, 0, { idx: 2, name: '2', path: '2_Dense', type });
    await writeFile(join(model, 'modules.json'), JSON.stringify(modules));
    const others = ['pytorch_model.bin', 'pytorch_model.bin.index.json', 'tf_model.h5', 'rust_model.ot'];
    others.push(
      'flax_model.msgpack',
      'onnx/model.onnx',
      'onnx/model.onnx_data',
      'model.gguf',
      '.gitattributes',
    );
    for (const name of others) await writeFile(join(model, name), 'x');
    await writeFile(join(model, 'README.md'), 'words');
    await convertModel(model, output, { dtype: 'int8' });
    const files = await readdir(output, { recursive: true });
    expect(others.filter((name) => files.includes(name))).toEqual([]);
    expect(files).not.toContain('onnx');
    const gone = ['model.f16.safetensors', 'model.bf16.safetensors', 'onnx', ...others];
    const kept = (await readdir(model, { recursive: true })).filter((name) => !gone.includes(name));
    expect(files.sort()).toEqual(kept.sort());
    const dir = join('2_Dense', 'model.safetensors');
    expect(await readFile(join(output, dir))).toEqual(await readFile(join(model, dir)));
    using encoder = await Encoder.load(output);
    expect(encoder.dimensions).toBe(5);
  });

  it('lies where the transformer of modules.json lies', async () => {
    const inner = join(model, '0_Transformer');
    await mkdir(inner);
    for (const name of await readdir(model)) {
      if (!/^(0_|1_|2_|modules)/.test(name)) await rename(join(model, name), join(inner, name));
    }
    const modules = JSON.parse(await readFile(join(model, 'modules.json'), 'utf8')) as { path: string }[];
    modules[0]!.path = '0_Transformer';
    await writeFile(join(model, 'modules.json'), JSON.stringify(modules));
    await convertModel(model, output, { dtype: 'int8' });
    expect(existsSync(join(output, '0_Transformer', 'model.safetensors'))).toBe(true);
    expect(existsSync(join(output, 'model.safetensors'))).toBe(false);
    using encoder = await Encoder.load(output);
    expect(encoder.dimensions).toBe(48);
  });

  it('can be written and removed although the original is read-only', async () => {
    for (const name of await readdir(model, { recursive: true })) {
      const path = join(model, name);
      await chmod(path, (await stat(path)).isDirectory() ? 0o555 : 0o444);
    }
    await chmod(model, 0o555);
    try {
      await convertModel(model, output, { dtype: 'int8' });
      for (const name of [...(await readdir(output, { recursive: true })), '.']) {
        expect([name, (await stat(join(output, name))).mode & 0o200]).toEqual([name, 0o200]);
      }
    } finally {
      for (const name of ['.', '1_Pooling']) await chmod(join(model, name), 0o755);
    }
  });

  it('has the contents of what links lead to', async () => {
    await rename(join(model, 'tokenizer.json'), join(folder, 'blob'));
    await symlink(join(folder, 'blob'), join(model, 'tokenizer.json'));
    await rename(weights(model), join(folder, 'weights'));
    await symlink(join(folder, 'weights'), weights(model));
    await rename(join(model, '1_Pooling'), join(folder, 'pooling'));
    await symlink(join(folder, 'pooling'), join(model, '1_Pooling'));
    await convertModel(model, output, { dtype: 'int8' });
    await rm(join(folder, 'blob'));
    await rm(join(folder, 'pooling'), { recursive: true });
    using encoder = await Encoder.load(output);
    expect(encoder.dimensions).toBe(48);
  });

  it('may fill an empty directory, and makes those around it', async () => {
    await mkdir(output);
    await convertModel(model, output, { dtype: 'int8' });
    const deep = join(folder, 'a', 'b', 'c');
    await convertModel(model, deep, { dtype: 'int8' });
    expect((await readdir(deep)).sort()).toEqual((await readdir(output)).sort());
    expect(await readdir(dirname(deep))).toEqual(['c']);
  });
});

describe('what is refused', () => {
  it.each<[string, (paths: { model: string; folder: string }) => string, string]>([
    ['the model directory itself', ({ model }) => model, 'outside of the model directory'],
    ['a folder in it', ({ model }) => join(model, 'int8'), 'outside of the model directory'],
    ['a folder in it whose name begins with dots', ({ model }) => join(model, '..int8'), 'outside of'],
    ['a way through a link into it', ({ folder }) => join(folder, 'link', 'x', 'int8'), 'outside of'],
    ['a file', ({ folder }) => join(folder, 'file'), 'a new directory but received one that is there'],
    ['a folder with something in it', ({ folder }) => join(folder, 'full'), 'a new directory'],
    [
      'a folder within a file',
      ({ folder }) => join(folder, 'file', 'int8'),
      'can be written but received EEXIST',
    ],
    [
      'a link that leads nowhere',
      ({ folder }) => join(folder, 'dangling'),
      'can be written but received ENOTDIR',
    ],
    ['no path', () => '', 'output: expected a path'],
    ['a path with a NUL', ({ folder }) => join(folder, 'a\0b'), 'output: expected a path'],
  ])('as output: %s', async (_, place, message) => {
    await symlink(model, join(folder, 'link'));
    await symlink(join(folder, 'nowhere'), join(folder, 'dangling'));
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'full'));
    await writeFile(join(folder, 'full', 'file'), '');
    expect((await failure(model, place({ model, folder }))).message).toContain(message);
  });

  it('an output that cannot be made, without the folders around it', async () => {
    const error = await failure(model, join(folder, 'new', 'x'.repeat(300)));
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toContain('a directory that can be written but received ENAMETOOLONG');
  });

  (process.getuid?.() === 0 ? it.skip : it)('a place that may not be written (not as root)', async () => {
    const place = join(folder, 'place');
    await mkdir(place);
    await chmod(place, 0o555);
    expect((await failure(model, join(place, 'int8'))).message).toContain('received EACCES');
    await chmod(place, 0o755);
  });

  it('other types and paths that are none', async () => {
    expect(await failure(model, output, { dtype: 'int4' })).toBeInstanceOf(ArgumentError);
    expect(await failure(null as never)).toBeInstanceOf(ArgumentError);
    expect(await failure(model, 7 as never)).toBeInstanceOf(ArgumentError);
  });

  it('a model that cannot be read', async () => {
    expect(await failure(join(folder, 'none'))).toBeInstanceOf(ModelError);
    await writeFile(weights(model), (await readFile(weights(model))).subarray(0, 5000));
    expect((await failure()).message).toContain('model.safetensors');
    await rm(weights(model));
    expect(await failure()).toBeInstanceOf(FileError);
  });

  it('a model with a tensor where scales belong', async () => {
    const tensors = [...(await readSafetensors(weights(model)))].map(([name, { shape, data }]) => ({
      name,
      dtype: 'F32' as const,
      shape,
      data,
    }));
    const name = 'encoder.layer.0.output.dense.weight_scale';
    tensors.push({ name, dtype: 'F32', shape: [1], data: Float32Array.of(1) });
    await writeSafetensors(weights(model), tensors);
    expect((await failure()).message).toContain(`no tensor "${name}" beside a float one but received one`);
  });

  it('a link to a folder around it, and what is no file', async () => {
    await symlink(folder, join(model, 'up'));
    expect((await failure()).message).toContain(
      'up: expected a folder but received a link to a folder around it',
    );
    await rm(join(model, 'up'));
    await mkdir(join(folder, 'side'));
    await symlink(join(folder, 'side'), join(model, 'side'));
    await symlink(model, join(folder, 'side', 'back'));
    expect((await failure()).message).toContain('a link to a folder around it');
    await rm(join(model, 'side'));
    execFileSync('mkfifo', [join(model, 'pipe')]);
    expect((await failure()).message).toContain('pipe: expected a file or a folder but received a pipe');
  });

  it('what was there stays as it was', async () => {
    const place = join(folder, 'full');
    await mkdir(place);
    await writeFile(join(place, 'file'), 'mine');
    await failure(model, place);
    expect(await readFile(join(place, 'file'), 'utf8')).toBe('mine');
  });
});

describe('an aborted conversion', () => {
  it('rejects with the reason and leaves nothing, whenever it ends', async () => {
    const before = await readdir(folder);
    // Every check of the signal is one more turn: of some two hundred, each tenth ends the work.
    for (let turn = 0, ended = false; !ended; turn += 10) {
      const controller = new AbortController();
      const reason = new Error('enough');
      let left = turn;
      const signal = new Proxy(controller.signal, {
        get(target, key) {
          if (key === 'throwIfAborted' && left-- <= 0) controller.abort(reason);
          const value = Reflect.get(target, key) as unknown;
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      const result = await convertModel(model, join(folder, `${turn}`), { dtype: 'int8', signal }).catch(
        (error: unknown) => error,
      );
      ended = !(result instanceof Error);
      if (ended) expect(turn).toBeGreaterThan(30);
      else expect([result, await readdir(folder)]).toEqual([reason, before]);
    }
  });
});

describe('rows in 8 bits', () => {
  it('are rounded to the nearest step, halves to the even one', () => {
    const { codes, scales } = quantizeRowsTo8Bits(Float32Array.of(127, 0.5, 1.5, -2.5, -126.6, 3.49), 1);
    expect([...codes]).toEqual([127, 0, 2, -2, -127, 3]);
    expect([...scales]).toEqual([1]);
  });

  it('keep zeros, tiny rows and what is not finite', () => {
    const values = Float32Array.of(0, 0, 1e-32, 1e-33, Number.NaN, 1, 2, -Number.POSITIVE_INFINITY);
    const { codes, scales } = quantizeRowsTo8Bits(values, 4);
    expect([...codes]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(scales).toEqual(Float32Array.of(0, Math.fround(1e-32) / 127, Number.NaN, Number.NaN));
  });
});
