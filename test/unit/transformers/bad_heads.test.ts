/** Checkpoints whose heads are not what config.json or the encoder promises, and those in 8 bits. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeSafetensors } from '../../../lib/formats/safetensors.js';
import { type Float32TensorRead, readSafetensors } from '../../../lib/formats/safetensors_reader.js';
import { ModelError } from '../../../lib/index.js';
import { convertModel } from '../../../lib/models/convert/convert.js';
import { pipeline, type TaskType } from '../../../lib/transformers/index.js';
import { goldenPath } from '../../support/golden.js';

let folder: string;
let model: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  model = join(folder, 'model');
  cpSync(goldenPath('heads/bert'), model, { recursive: true });
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function changeTensors(change: (tensors: Map<string, Float32TensorRead>) => void): Promise<void> {
  const path = join(model, 'model.safetensors');
  const tensors = await readSafetensors(path);
  change(tensors);
  await writeSafetensors(
    path,
    [...tensors].map(([name, { shape, data }]) => ({ name, dtype: 'F32' as const, shape, data })),
  );
}

function changeConfig(change: object): void {
  const path = join(model, 'config.json');
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }));
}

const zeros = (...shape: number[]): Float32TensorRead => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});

describe('a head is refused', () => {
  it.each<[TaskType, string, Float32TensorRead | undefined, RegExp]>([
    [
      'text-classification',
      'classifier.bias',
      zeros(2),
      /classifier\.bias: expected shape \[3\] but received \[2\]$/,
    ],
    [
      'text-classification',
      'classifier.weight',
      zeros(3, 7),
      /classifier\.weight: expected shape \[\*, 24\] but/,
    ],
    [
      'text-classification',
      'classifier.weight',
      zeros(3),
      /classifier\.weight: expected shape \[\*, 24\] but/,
    ],
    [
      'text-classification',
      'bert.pooler.dense.weight',
      undefined,
      /a tensor bert\.pooler\.dense\.weight but/,
    ],
    [
      'fill-mask',
      'cls.predictions.transform.LayerNorm.weight',
      zeros(3),
      /LayerNorm\.weight: expected shape \[24\]/,
    ],
    ['fill-mask', 'cls.predictions.bias', zeros(3), /cls\.predictions\.bias: expected shape \[\d+\] but/],
  ])('%s: %s', async (task, name, tensor, message) => {
    await changeTensors((tensors) => {
      if (tensor) tensors.set(name, tensor);
      else tensors.delete(name);
    });
    const failure = pipeline(task, model);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toThrow(ModelError);
  });

  it('with an activation that nobody knows', async () => {
    changeConfig({ hidden_act: 'sine' });
    await expect(pipeline('fill-mask', model)).rejects.toThrow(/hidden_act: expected one of/);
  });
});

it('takes names from TensorFlow, and a bias that is not there', async () => {
  const text = 'the [MASK] stone';
  const expected = await (await pipeline('fill-mask', model))(text);
  await changeTensors((tensors) => {
    for (const [from, to] of Object.entries({ weight: 'gamma', bias: 'beta' })) {
      const name = `cls.predictions.transform.LayerNorm.${from}`;
      tensors.set(`cls.predictions.transform.LayerNorm.${to}`, tensors.get(name)!);
      tensors.delete(name);
    }
  });
  expect(await (await pipeline('fill-mask', model))(text)).toEqual(expected);
  await changeTensors((tensors) => tensors.delete('cls.predictions.bias'));
  expect(await (await pipeline('fill-mask', model))(text)).not.toEqual(expected);
});

it('numbers labels that have no names', async () => {
  changeConfig({ id2label: { 0: 'first', 1: 5, constructor: 'x' } });
  const labels = await (await pipeline('text-classification', model))('a text', { top_k: null });
  expect(labels.map(({ label }) => label).sort()).toEqual(['LABEL_1', 'LABEL_2', 'first']);
});

it('reads a table of embeddings in 8 bits as the decoder', async () => {
  const output = join(folder, 'int8');
  await convertModel(model, output, { dtype: 'int8' });
  const text = 'the cat sat on the [MASK] stone';
  const [exact] = await (await pipeline('fill-mask', model))(text);
  const all = await (await pipeline('fill-mask', output))(text, { top_k: 300 });
  const same = all.find(({ token }) => token === exact!.token)!;
  expect(same.score).not.toBe(exact!.score);
  expect(Math.abs(same.score - exact!.score)).toBeLessThan(0.2 * exact!.score);
});
