/** The forward pass of every architecture from token ids on, against transformers and published formulas in float64. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadArchitecture } from '../../lib/models/architectures/registry.js';
import { JsonObject } from '../../lib/models/directory/json_file.js';
import type { EncoderDType } from '../../lib/models/types.js';
import { addon } from '../../lib/native/load.js';
import { EncodeOutput } from '../../lib/native/program.js';
import {
  encoderDirectory,
  expectRowsClose,
  readEncoderGolden,
  SMALL_ENCODERS,
} from '../support/encoder_golden.js';
import { renameTensors } from '../support/safetensors.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synthetic-attention-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe.each(Object.entries(SMALL_ENCODERS))('a small %s', (model, prefixes) => {
  const golden = readEncoderGolden(model);
  const directory = encoderDirectory(model);
  const names = golden.texts.map(({ name }) => name);
  const width = golden.embeddings.shape[1]!;

  async function load(
    options: { path?: string; config?: Record<string, unknown>; dtype?: EncoderDType } = {},
  ) {
    const { path = directory, dtype } = options;
    const text = await readFile(join(directory, 'config.json'), 'utf8');
    const config = options.config ?? (JSON.parse(text) as Record<string, unknown>);
    return loadArchitecture(path, new JsonObject('config.json', config), dtype ? { dtype } : {});
  }

  /** All texts of these names as one packed job. */
  async function run(
    { handle }: Awaited<ReturnType<typeof load>>,
    texts: readonly string[],
    output: keyof typeof EncodeOutput,
    normalize = false,
  ) {
    const ids = texts.map((name) => golden.texts[names.indexOf(name)]!.ids);
    const offsets = [0];
    for (const row of ids) offsets.push(offsets.at(-1)! + row.length);
    const rows = output === 'tokens' ? offsets.at(-1)! : ids.length;
    const out = new Float32Array(rows * width);
    await addon().encodeAsync({
      program: handle,
      ids: Int32Array.from(ids.flat()),
      offsets: Int32Array.from(offsets),
      output: EncodeOutput[output],
      normalize,
      out,
    });
    return out;
  }

  const own = (loaded: Awaited<ReturnType<typeof load>>) =>
    run(loaded, names, golden.pooling, golden.normalize);

  it('gives the states of all tokens', async () => {
    const loaded = await load();
    for (const expected of golden.hidden_states) {
      const states = await run(loaded, [expected.name], 'tokens');
      expectRowsClose(states, expected, (i) => `${expected.name}, token ${i}`);
    }
  });

  it('pools them in all ways', async () => {
    const loaded = await load();
    expectRowsClose(await own(loaded), golden.embeddings, (i) => names[i]!);
    expect(golden.pooled.map(({ name }) => name).sort()).toEqual([
      'cls',
      'lasttoken',
      'max',
      'mean',
      'mean_sqrt_len',
      'weightedmean',
    ]);
    for (const expected of golden.pooled) {
      const rows = await run(loaded, expected.texts, expected.name);
      expectRowsClose(rows, expected, (i) => `${expected.name}, ${expected.texts[i]}`);
    }
  });

  for (const { name, config, embeddings } of golden.variants) {
    it(`reads a config with ${name}`, async () => {
      expectRowsClose(await own(await load({ config })), embeddings ?? golden.embeddings, (i) => names[i]!);
    });
  }

  for (const prefix of prefixes) {
    it(`finds tensors whose names begin with ${prefix}`, async () => {
      const path = join(folder, model);
      await cp(directory, path, { recursive: true });
      const weights = await readFile(join(path, 'model.safetensors'));
      const renamed = renameTensors(weights, (name) => prefix + name);
      await writeFile(join(path, 'model.safetensors'), renamed);
      expectRowsClose(await own(await load({ path })), golden.embeddings, (i) => names[i]!);
    });
  }

  it('keeps the directions of embeddings with weights of 8 bits', async () => {
    const rows = await own(await load({ dtype: 'int8' }));
    for (let i = 0; i < names.length; i++) {
      const at = (data: ArrayLike<number>) => Array.from({ length: width }, (_, j) => data[i * width + j]!);
      const cosine = cosineOf(at(rows), at(golden.embeddings.data));
      expect([names[i], cosine > 0.995]).toEqual([names[i], true]);
    }
  });
});

function cosineOf(x: readonly number[], y: readonly number[]): number {
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}
