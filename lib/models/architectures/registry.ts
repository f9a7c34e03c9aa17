/** Model architectures, by config.json's model_type, and how a model of one is loaded. */
import { describe, disposed, expectation, ModelError } from '../../errors.js';
import type { NativeProgram } from '../../native/program.js';
import type { JsonObject } from '../directory/json_file.js';
import { Weights } from '../directory/weights.js';
import type { EncoderDType } from '../types.js';
import { albert } from './albert.js';
import type { Architecture } from './architecture.js';
import { bert, electra } from './bert.js';
import { distilbert } from './distilbert.js';
import { gte } from './gte.js';
import { storedIn8Bits } from './large_tensors.js';
import { loadTransformer } from './load_transformer.js';
import type { LoadedModel } from './loaded_model.js';
import { modernbert } from './modernbert.js';
import { mpnet } from './mpnet.js';
import { nomicBert } from './nomic_bert.js';
import { qwen3 } from './qwen3.js';
import { roberta } from './roberta.js';
import { synthesizer } from './synthesizer.js';

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
  qwen3,
  synthesizer,
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

/** A model whose config and tensors were found right, and whose weights are still to be loaded. */
export interface OpenedModel {
  /** Longest sequence in tokens. */
  positions: number;
  /** Packs the weights on threads of their own. By default as 8 bits if they are stored so. */
  load(dtype?: EncoderDType): Promise<LoadedModel>;
}

export async function openArchitecture(directory: string, config: JsonObject): Promise<OpenedModel> {
  const architecture = architectureOf(config);
  const weights = await Weights.open(directory, architecture.prefixes, architecture.probe);
  const parts = await architecture.read(config, weights);
  const { hidden, vocabulary, positions, heads } = parts.config;
  const layers = parts.order.length;
  return {
    positions,
    async load(dtype = storedIn8Bits(parts) ? 'int8' : 'float32') {
      let native: NativeProgram | undefined = await loadTransformer(weights.files, parts, dtype === 'int8');
      const kinds = architecture.kinds?.(config) ?? new Array<string>(layers).fill('MultiHeadAttention');
      return {
        get handle() {
          if (native === undefined) throw disposed('this model');
          return native;
        },
        dispose() {
          native?.dispose();
          native = undefined;
        },
        ...{ dtype, dimensions: hidden, vocabulary, positions, layers, heads, kinds },
      };
    },
  };
}

export async function loadArchitecture(
  directory: string,
  config: JsonObject,
  options: { dtype?: EncoderDType } = {},
): Promise<LoadedModel> {
  return (await openArchitecture(directory, config)).load(options.dtype);
}
