// What a model directory says of the work and the memory that its texts need.
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from './options.mjs';

const LAYER = /(?:^|\.)(?:layers?|h|block)\.(\d+)\./;

function readJson(file, fallback) {
  if (!existsSync(file)) return fallback;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return fail('JSON', file);
  }
}

/** Where config.json and the weights are: modules.json may put the transformer into a folder of its own. */
export function transformerFolder(model) {
  const folder = join(model, readJson(join(model, 'modules.json'))?.[0]?.path ?? '');
  if (!existsSync(join(folder, 'config.json'))) fail('a model directory with config.json', model);
  return folder;
}

/** The header of a safetensors file: {name: {shape, dtype}}. */
function header(file) {
  const handle = openSync(file, 'r');
  try {
    const size = Buffer.alloc(8);
    readSync(handle, size, 0, 8, 0);
    const length = Number(size.readBigUInt64LE());
    if (length > statSync(file).size - 8) fail('a safetensors file', file);
    const text = Buffer.alloc(length);
    readSync(handle, text, 0, length, 8);
    const { __metadata__: _, ...tensors } = JSON.parse(text.toString('utf8'));
    return tensors;
  } catch (error) {
    return fail('a safetensors file', `${file} (${error.message})`);
  } finally {
    closeSync(handle);
  }
}

/**
 * @returns {layers, hidden, maxLength, parameters, linear}: `linear` are the parameters of matrices inside layers, each
 *   of which a token meets once
 */
export function modelWork(model) {
  const folder = transformerFolder(model);
  const config = readJson(join(folder, 'config.json'), {});
  const limit = readJson(join(model, 'sentence_bert_config.json'))?.max_seq_length;
  let [layers, parameters, linear] = [0, 0, 0];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.safetensors'))) {
    for (const [name, { shape }] of Object.entries(header(join(folder, file)))) {
      const size = shape.reduce((a, b) => a * b, 1);
      parameters += size;
      const layer = LAYER.exec(name);
      if (!layer) continue;
      layers = Math.max(layers, Number(layer[1]) + 1);
      if (shape.length === 2) linear += size;
    }
  }
  const hidden = config.hidden_size ?? config.dim ?? config.n_embd;
  if (!(linear > 0) || !(hidden > 0)) fail('a model directory with layers in safetensors', folder);
  const positions = config.max_position_embeddings ?? config.n_positions ?? 512;
  return { layers, hidden, maxLength: Math.min(limit ?? positions, positions), parameters, linear };
}

/** Floating-point operations of texts of these lengths: multiply-adds count two, the softmax is not counted. */
export function flopsOf({ layers, hidden, linear }, lengths) {
  return lengths.reduce((sum, length) => sum + 2 * linear * length + 4 * layers * hidden * length ** 2, 0);
}

/** Bytes of the weights as they are multiplied: int8 concerns the matrices of the layers. */
export function weightBytes({ parameters, linear }, dtype) {
  return dtype === 'int8' ? linear + 4 * (parameters - linear) : 4 * parameters;
}

/** What a process that encodes should stay below, in bytes: a third more than the weights, and Node itself. */
export function residentGoal(work, dtype) {
  return 1.3 * weightBytes(work, dtype) + 60e6;
}
