/** Model architectures, by config.json's model_type, and how a model of one is loaded. */
import { describe, expectation, ModelError } from '../errors.js';
import { addon } from '../native/load.js';
import { albert } from './architectures/albert.js';
import type { Architecture } from './architectures/architecture.js';
import { bert, electra } from './architectures/bert.js';
import { distilbert } from './architectures/distilbert.js';
import { gte } from './architectures/gte.js';
import { modernbert } from './architectures/modernbert.js';
import { mpnet } from './architectures/mpnet.js';
import { nomicBert } from './architectures/nomic_bert.js';
import { roberta } from './architectures/roberta.js';
import type { JsonObject } from './json_file.js';
import type { LoadedModel } from './loaded_model.js';
import type { EncoderDType } from './types.js';
import { Weights } from './weights.js';

const ARCHITECTURES: readonly Architecture[] = [
  bert,
  roberta,
  distilbert,
  mpnet,
  albert,
  electra,
  nomicBert,
  gte,
  modernbert,
];

export function architectureOf(config: JsonObject): Architecture {
  const type = config.get('model_type');
  const found = ARCHITECTURES.find(({ modelTypes }) => modelTypes.includes(type as string));
  if (found === undefined) {
    const known = ARCHITECTURES.flatMap(({ modelTypes }) => modelTypes).map((name) => JSON.stringify(name));
    throw new ModelError(
      expectation(`${config.source}: model_type`, `one of ${known.join(', ')}`, describe(type)),
    );
  }
  return found;
}

export async function loadArchitecture(
  directory: string,
  config: JsonObject,
  options: { dtype?: EncoderDType } = {},
): Promise<LoadedModel> {
  const architecture = architectureOf(config);
  const weights = await Weights.open(directory, architecture.prefixes, architecture.probe);
  const parts = architecture.read(config, weights);
  const handle = await addon().loadTransformerAsync({
    ...parts,
    paths: weights.paths,
    config: { ...parts.config, quantize: options.dtype === 'int8' },
  });
  const { hidden, positions, heads } = parts.config;
  const layers = parts.order.length;
  const kinds = architecture.kinds?.(config) ?? new Array<string>(layers).fill('MultiHeadAttention');
  return { handle, dimensions: hidden, positions, layers, heads, kinds };
}
