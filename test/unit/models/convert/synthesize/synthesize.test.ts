/** Encoders written anew with static heads. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ArgumentError, FileError, ModelError, SyntheticAttentionError } from '../../../../../lib/errors.js';
import { convertModel } from '../../../../../lib/models/convert/convert.js';
import { headEffects } from '../../../../../lib/models/convert/synthesize/effects.js';
import { readDotEncoder } from '../../../../../lib/models/convert/synthesize/expressible.js';
import {
  type SynthesizeOptions,
  synthesizeModel,
} from '../../../../../lib/models/convert/synthesize/synthesize.js';
import { kept, tokenBatch } from '../../../../../lib/models/convert/synthesize/trade_off.js';
import { writeSynthesizer } from '../../../../../lib/models/convert/synthesize/write_model.js';
import { Encoder } from '../../../../../lib/models/encoder.js';
import { encoderDirectory, readEncoderGolden } from '../../../../support/encoder_golden.js';
import { goldenPath, readGolden } from '../../../../support/golden.js';
import { withWeights } from '../../../../support/model_variants.js';
import { uniform } from '../../../../support/random.js';

const TINY = goldenPath('tiny_bert');
const TEXTS = readGolden<{ texts: { text: string }[] }>('tiny_bert.json').texts.map(({ text }) => text);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synthetic-attention-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** `from` with tables of random logits for the heads `statics` of each layer. */
async function written(from: string, name: string, statics: readonly (readonly number[])[], positions = 40) {
  const to = join(folder, name);
  await mkdir(to);
  const encoder = await readDotEncoder(from);
  const tables = statics.map((_, layer) =>
    Array.from({ length: encoder.config.heads }, (_, head) =>
      uniform(positions * positions, 10 * layer + head + 1, -3, 3),
    ),
  );
  const plan = { statics, positions, table: (layer: number, head: number) => tables[layer]![head]! };
  await writeSynthesizer(from, encoder, plan, to);
  return { to, encoder, tables: tables.flat(), positions };
}

async function embed(directory: string, texts: readonly string[]): Promise<Float32Array> {
  using encoder = await Encoder.load(directory, { modules: false });
  return (await encoder.encode(texts)).data;
}

describe('an encoder without static heads', () => {
  it.each(['bert_prefixed', 'bert_sharded', 'roberta', 'distilbert', 'electra', 'albert', 'xlm_roberta'])(
    'is the same %s in the other format',
    async (name) => {
      const from = encoderDirectory(name);
      const { layers, config } = await readDotEncoder(from);
      const texts = readEncoderGolden(name).texts.map(({ text }) => text);
      const { to } = await written(from, name, new Array(layers.length).fill([]), config.positions);
      const [actual, expected] = [await embed(to, texts), await embed(from, texts)];
      expect(1 - kept(actual, expected, texts.length).lowCosine).toBeLessThan(1e-6);
    },
  );

  it.each(['f16', 'bf16', 'int8'])('keeps weights of %s as they are', async (type) => {
    const from = join(folder, `from ${type}`);
    if (type === 'int8') await convertModel(TINY, from, { dtype: 'int8' });
    else await withWeights(TINY, from, `model.${type}.safetensors`);
    const { to } = await written(from, type, [[], [1], []]);
    const { to: wide } = await written(TINY, `wide ${type}`, [[], [1], []]);
    const narrow = await embed(to, TEXTS);
    expect(1 - kept(narrow, await embed(wide, TEXTS), TEXTS.length).lowCosine).toBeLessThan(4e-3);
    expect(narrow).not.toEqual(await embed(wide, TEXTS));
  });
});

describe('static heads', () => {
  it('stand first, and the others keep what they attend to', async () => {
    const { to, tables, positions } = await written(TINY, 'order', [[1, 3], [], []]);
    using encoder = await Encoder.load(to);
    using original = await Encoder.load(TINY);
    const text = 'the river was cold and every stone too';
    const [{ layers }, before] = [await encoder.explain(text), await original.explain(text)];
    expect(layers.map(({ kind }) => kind)).toEqual([
      'RandomSynthesizer (2), MultiHeadAttention (2)',
      'MultiHeadAttention',
      'MultiHeadAttention',
    ]);
    const n = layers[0]!.keys;
    const head = (from: typeof layers, h: number) =>
      from[0]!.parts[0]!.weights.slice(h * n * n, (h + 1) * n * n);
    for (const [to, from] of [
      [2, 0],
      [3, 2],
    ] as const) {
      head(layers, to).forEach((weight, i) => {
        expect(Math.abs(weight - head(before.layers as typeof layers, from)[i]!)).toBeLessThan(1e-6);
      });
    }
    const row = Array.from({ length: n }, (_, j) => Math.exp(tables[3]![2 * positions + j]!));
    const sum = row.reduce((a, b) => a + b);
    row.forEach((e, j) => {
      expect(Math.abs(head(layers, 1)[2 * n + j]! - e / sum)).toBeLessThan(1e-6);
    });
  });

  it('give what the head in its old place gives, values and outputs moved with it', async () => {
    using original = await Encoder.load(TINY);
    const texts = TEXTS.filter((text) => original.tokenize([text])[0]!.length <= 40);
    const expected = await embed(TINY, texts);
    for (const [layer, head] of [
      [0, 2],
      [1, 3],
      [2, 1],
    ] as const) {
      const statics = [0, 1, 2].map((l) => (l === layer ? [head] : []));
      const { to, encoder, tables, positions } = await written(TINY, `alone ${layer}`, statics);
      const { meanCosine } = kept(await embed(to, texts), expected, texts.length);
      const batch = tokenBatch(original.tokenize(texts));
      const effects = await headEffects({ encoder, tables, positions }, batch, () => {});
      expect(Math.abs(1 - meanCosine - effects[layer * 4 + head]!)).toBeLessThan(1e-6);
      expect(effects[layer * 4 + head]!).toBeGreaterThan(1e-3);
    }
  });
});

describe('synthesizeModel', () => {
  const heads = [2, 6, 12];

  it('writes the last of the models that it measures', async () => {
    const output = join(folder, 'synthesized');
    const stages = new Set<string>();
    const result = await synthesizeModel(TINY, output, {
      texts: [...TEXTS, ...TEXTS],
      heads,
      onProgress: ({ stage }) => stages.add(stage),
    });
    expect([...stages]).toEqual(['read', 'rank', 'measure']);
    expect([result.heads, result.texts, result.heldOut]).toEqual([12, 32, 8]);
    expect(result.points.map((point) => point.heads)).toEqual(heads);
    expect(result.measures).toHaveLength(12);
    const effects = result.measures.map(({ effect }) => effect!);
    expect(effects).toEqual([...effects].sort((a, b) => a - b));
    for (const { meanCosine, lowCosine, speedup, tokensPerSecond } of result.points) {
      expect(lowCosine).toBeLessThanOrEqual(meanCosine);
      expect([meanCosine > 0.5, meanCosine < 1, speedup > 0, tokensPerSecond > 0]).toEqual(
        new Array(4).fill(true),
      );
    }
    expect(result.points[0]!.meanCosine).toBeGreaterThan(result.points[2]!.meanCosine);
    // Embeddings stand around the same middle as before, for the texts that were read.
    const read = [...TEXTS, ...TEXTS].filter((_, i) => i % 5 !== 4);
    const middle = async (directory: string) => {
      const states = await embed(directory, read);
      return Float64Array.from({ length: 48 }, (_, d) =>
        read.reduce((sum, __, t) => sum + states[48 * t + d]! / read.length, 0),
      );
    };
    const before = await middle(TINY);
    (await middle(output)).forEach((x, d) => {
      expect(Math.abs(x - before[d]!)).toBeLessThan(1e-5);
    });
    using encoder = await Encoder.load(output);
    const { layers } = await encoder.explain('a river');
    expect(layers.map(({ kind }) => kind)).toEqual(new Array(3).fill('RandomSynthesizer'));
    const files = (list: string[]) => list.filter((name) => !/^model\..*safetensors$/.test(name)).sort();
    expect(files(await readdir(output))).toEqual(files(await readdir(TINY)));
    const config = JSON.parse(await readFile(join(output, 'config.json'), 'utf8'));
    expect([config.model_type, config.attention.length, config.max_position_embeddings]).toEqual([
      'synthesizer',
      3,
      result.longest <= 64 ? 64 : result.longest,
    ]);
  });

  it('stores 8 bits, tables too', async () => {
    const output = join(folder, 'narrow');
    const wide = join(folder, 'wide');
    const options: SynthesizeOptions = { texts: TEXTS, heads: { shares: [0.5] }, ranking: 'variance' };
    await synthesizeModel(TINY, output, { ...options, dtype: 'int8' });
    await synthesizeModel(TINY, wide, options);
    const near = kept(await embed(output, TEXTS), await embed(wide, TEXTS), TEXTS.length);
    expect(near.lowCosine).toBeGreaterThan(0.99);
    const size = async (path: string) => (await readFile(join(path, 'model.safetensors'))).byteLength;
    expect(await size(output)).toBeLessThan((await size(wide)) * 0.35);
  });

  it.each<
    [string, string, Partial<Record<keyof SynthesizeOptions, unknown>>, new (m: string) => Error, string]
  >([
    ['mpnet', 'mpnet', {}, ModelError, 'model_type: expected an encoder of BERT layers'],
    ['modernbert', 'modernbert', {}, ModelError, 'model_type: expected an encoder of BERT layers'],
    ['nomic_bert', 'nomic_bert', {}, ModelError, 'model_type: expected an encoder of BERT layers'],
    ['a Synthesizer', 'synthesizer_groups', {}, ModelError, 'received "synthesizer"'],
    [
      'too few texts',
      '',
      { texts: TEXTS.slice(0, 9) },
      ArgumentError,
      'texts: expected at least 10 texts but received 9',
    ],
    [
      'texts that are none',
      '',
      { texts: 5 },
      ArgumentError,
      'texts: expected at least 10 texts but received 5',
    ],
    [
      'a text that is none',
      '',
      { texts: [...TEXTS, 5] },
      ArgumentError,
      'texts[20]: expected a string but received 5',
    ],
    ['no heads', '', { heads: [] }, ArgumentError, 'heads: expected one or more numbers of heads'],
    [
      'too many heads',
      '',
      { heads: [13] },
      ArgumentError,
      'heads: expected integers from 1 to 12 but received 13',
    ],
    ['half a head', '', { heads: [1.5] }, ArgumentError, 'heads: expected integers from 1 to 12'],
    [
      'more than all',
      '',
      { heads: { shares: [1.1] } },
      ArgumentError,
      'shares: expected numbers above 0, at most 1',
    ],
    ['another calibration', '', { calibration: 'x' }, ArgumentError, 'calibration: expected one of'],
    ['another ranking', '', { ranking: 'x' }, ArgumentError, 'ranking: expected one of'],
  ])('refuses %s', async (_, model, options, type, message) => {
    const from = model === '' ? TINY : encoderDirectory(model);
    const output = join(folder, 'refused');
    const all = { texts: TEXTS, heads: [1], ...options } as SynthesizeOptions;
    const error = await synthesizeModel(from, output, all).catch((e: unknown) => e as Error);
    expect(error).toBeInstanceOf(type);
    expect(error).toBeInstanceOf(SyntheticAttentionError);
    expect((error as Error).message).toContain(message);
    expect(existsSync(output)).toBe(false);
  });

  it('leaves nothing when it is aborted, and nothing over what is there', async () => {
    const output = join(folder, 'aborted');
    const controller = new AbortController();
    const options = { texts: TEXTS, heads: [1], signal: controller.signal };
    const onProgress = () => controller.abort(new Error('enough'));
    await expect(synthesizeModel(TINY, output, { ...options, onProgress })).rejects.toThrow('enough');
    expect(existsSync(output)).toBe(false);
    await expect(synthesizeModel(TINY, TINY, { texts: TEXTS, heads: [1] })).rejects.toThrow(ArgumentError);
    const taken = synthesizeModel(TINY, folder, { texts: TEXTS, heads: [1] });
    await expect(taken).rejects.toThrow(FileError);
  });
});
