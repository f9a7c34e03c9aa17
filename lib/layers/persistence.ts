/**
 * A layer as a directory: config.json {className, config, build} and model.safetensors with the weights by name.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  describe,
  expectation,
  FileError,
  FormatError,
  restated,
  SyntheticAttentionError,
} from '../errors.js';
import { readJsonValue, writeJsonValue } from '../formats/json_value.js';
import { writeSafetensors } from '../formats/safetensors.js';
import { readSafetensors } from '../formats/safetensors_reader.js';
import { checkPath } from '../options.js';
import { checkSameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { BuildConfig, StoredLayer } from './layer_types.js';
import { layerFromConfig, serializeLayer } from './registry.js';

const CONFIG = 'config.json';
const WEIGHTS = 'model.safetensors';

/** @throws ArgumentError if the layer is not built; FileError if the directory cannot be written */
export async function saveLayer(layer: StoredLayer, directory: string): Promise<void> {
  // Before anything is written: a layer without weights has no place on disk.
  const tensors = layer.weights.map(({ name, tensor: { data, shape } }) => {
    return { name, dtype: 'F32' as const, shape, data };
  });
  checkPath('directory', directory);
  await mkdir(directory, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new FileError(expectation(directory, 'a directory to write to', cause.code ?? cause.message), {
      cause,
    });
  });
  await writeSafetensors(join(directory, WEIGHTS), tensors, { format: 'synthetic-attention' });
  await writeJsonValue(join(directory, CONFIG), { ...serializeLayer(layer), build: layer.getBuildConfig() });
}

interface Stored {
  className: string;
  config: object;
  build: BuildConfig;
}

function checkStored(path: string, value: unknown): Stored {
  const { className, config, build } = (value ?? {}) as Partial<Stored>;
  const isObject = (x: unknown) => typeof x === 'object' && x !== null && !Array.isArray(x);
  if (typeof className !== 'string' || !isObject(config) || !isObject(build)) {
    throw new FormatError(expectation(path, 'an object {className, config, build}', describe(value)));
  }
  return value as Stored;
}

/** The error with the place that it comes from. */
function inDirectory(directory: string, error: unknown): unknown {
  if (!(error instanceof SyntheticAttentionError)) return error;
  return restated(error, `${directory}: ${error.message}`);
}

/**
 * The layer that `saveLayer` wrote: any registered class.
 * @throws FileError, FormatError, ArgumentError, ShapeError with one sentence
 */
export async function loadLayer(directory: string): Promise<StoredLayer> {
  checkPath('directory', directory);
  const path = join(directory, CONFIG);
  const stored = checkStored(path, await readJsonValue(path));
  const tensors = await readSafetensors(join(directory, WEIGHTS));
  try {
    const layer = layerFromConfig(stored);
    // Shapes are compared before memory is taken for them: the sizes in config.json are anybody's.
    layer.buildFrom(stored.build, ({ name, shape }) => {
      const found = tensors.get(name);
      tensors.delete(name);
      if (found === undefined) throw new FormatError(expectation(WEIGHTS, `a tensor ${name}`, 'none'));
      checkSameShape(name, found.shape, shape);
      return new Tensor(found.data, found.shape);
    });
    if (tensors.size > 0) {
      throw new FormatError(expectation(WEIGHTS, 'no other tensors', [...tensors.keys()].join(', ')));
    }
    return layer;
  } catch (error) {
    throw inDirectory(directory, error);
  }
}
