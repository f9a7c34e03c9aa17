/** Layers on disk and as plain JSON: everything comes back bit for bit, and nothing else is let in. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeSafetensors } from '../../../lib/formats/safetensors.js';
import {
  EncoderDecoder,
  Layer,
  layerFromConfig,
  type MixtureAttention,
  MultiHeadAttention,
  RandomSynthesizer,
  serializeLayer,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
} from '../../../lib/layers/index.js';
import { built, FAMILY } from '../../support/layer_family.js';
import { random } from '../../support/layers.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const mha = () => new MultiHeadAttention({ numHeads: 2, keyDim: 3 });

function randomWeights(layer: Layer): void {
  layer.setWeights(layer.weights.map(({ tensor }, i) => random(i + 1, ...tensor.shape)));
}

it.each(FAMILY)('$name comes back from a directory', async ({ make }) => {
  const layer = built(make(), 6);
  const path = join(directory, 'a', 'layer');
  await layer.save(path);
  const loaded = (await Layer.load(path)) as MixtureAttention;
  expect(loaded.constructor).toBe(layer.constructor);
  expect(loaded.getConfig()).toEqual(layer.getConfig());
  expect(loaded.weights).toEqual(layer.weights);
  const x = random(7, 2, 5, 6);
  expect([...loaded.call(x).data]).toEqual([...layer.call(x).data]);
  const copy = layerFromConfig(JSON.parse(JSON.stringify(serializeLayer(layer)))) as MixtureAttention;
  expect(copy.getConfig()).toEqual(layer.getConfig());
  expect(copy.built).toBe(false);
});

it('layers made of layers come back too', async () => {
  const encoder = () =>
    new TransformerEncoderLayer({ attention: mha(), intermediateDim: 5, activation: 'gelu' });
  const decoder = () =>
    new TransformerDecoderLayer({
      attention: new RandomSynthesizer({ numHeads: 1, valueDim: 2, maxLength: 9 }),
      crossAttention: mha(),
      intermediateDim: 5,
      normalizeFirst: true,
    });
  const model = new EncoderDecoder({ encoder: [encoder(), encoder()], decoder: [decoder()], name: 'both' });
  model.build([6], [4]);
  randomWeights(model);
  expect(model.weights.map(({ name }) => name)).toContain('decoder_0/cross_attention/query/kernel');
  expect(new Set(model.weights.map(({ name }) => name)).size).toBe(model.weights.length);
  await model.save(directory);
  const loaded = await EncoderDecoder.load(directory);
  expect(loaded.getConfig()).toEqual(model.getConfig());
  expect(loaded.weights).toEqual(model.weights);
  const options = { target: random(2, 2, 5, 4) };
  const source = random(1, 2, 7, 6);
  expect([...loaded.call(source, options).data]).toEqual([...model.call(source, options).data]);
});

describe('loading', () => {
  const config = () => join(directory, 'config.json');
  const edit = (change: (stored: Record<string, unknown>) => unknown) => {
    const stored = JSON.parse(readFileSync(config(), 'utf8')) as Record<string, unknown>;
    writeFileSync(config(), JSON.stringify(change(stored)));
  };
  beforeEach(() => built(mha(), 6).save(directory));

  it('checks the class', async () => {
    expect(await MultiHeadAttention.load(directory)).toBeInstanceOf(MultiHeadAttention);
    await expect(RandomSynthesizer.load(directory)).rejects.toThrow(
      'expected a RandomSynthesizer but received a MultiHeadAttention',
    );
    edit((stored) => ({ ...stored, className: 'Rotary' }));
    await expect(Layer.load(directory)).rejects.toThrow(
      /className: expected one of .*MultiHeadAttention.* received "Rotary"/,
    );
  });

  it.each<[string, (stored: Record<string, unknown>) => unknown, string]>([
    ['a list', () => [], 'expected an object {className, config, build}'],
    ['no build', ({ build: _, ...rest }) => rest, 'expected an object {className, config, build}'],
    [
      'a wrong option',
      (stored) => ({ ...stored, config: { numHeads: 0, keyDim: 3 } }),
      'MultiHeadAttention: expected a positive integer for numHeads but received 0',
    ],
    [
      'an option of another shape',
      (stored) => ({ ...stored, config: { numHeads: 3, keyDim: 2 } }),
      'query/kernel: expected shape [6, 3, 2] but received [6, 2, 3]',
    ],
    [
      'sizes that no memory holds, refused before any is taken',
      (stored) => ({ ...stored, config: { numHeads: 2 ** 40, keyDim: 2 ** 40 } }),
      'query/kernel: expected at most 2147483648 numbers',
    ],
    [
      'shapes that are none',
      (stored) => ({ ...stored, build: { queryShape: ['a'], valueShape: [6], keyShape: [6] } }),
      'queryShape: expected a shape that ends with the features',
    ],
    [
      'a weight too many',
      (stored) => ({ ...stored, config: { numHeads: 2, keyDim: 3, useBias: false } }),
      'model.safetensors: expected no other tensors but received query/bias',
    ],
    [
      'a weight too few',
      (stored) => ({ ...stored, config: { numHeads: 2, keyDim: 3, useGate: true } }),
      'model.safetensors: expected a tensor gate/kernel but received none',
    ],
  ])('refuses %s', async (_, change, message) => {
    edit(change);
    await expect(Layer.load(directory)).rejects.toThrow(message);
  });

  it('refuses files that are not there, not JSON or of another type', async () => {
    await expect(Layer.load(join(directory, 'none'))).rejects.toThrow('expected a readable file');
    writeFileSync(config(), '{"className": ');
    await expect(Layer.load(directory)).rejects.toThrow('expected valid JSON');
    await writeSafetensors(join(directory, 'model.safetensors'), []);
    writeFileSync(config(), Buffer.from([0xff, 0xfe]));
    await expect(Layer.load(directory)).rejects.toThrow('expected valid JSON');
  });
});

it('what has no weights yet is not written', async () => {
  await expect((async () => mha().save(join(directory, 'x')))()).rejects.toThrow(
    'MultiHeadAttention: expected a built layer (call build or the layer first) but received one without weights',
  );
  expect(existsSync(join(directory, 'x'))).toBe(false);
  writeFileSync(join(directory, 'file'), '');
  await expect(built(mha(), 6).save(join(directory, 'file', 'below'))).rejects.toThrow(
    'expected a directory to write to',
  );
});
