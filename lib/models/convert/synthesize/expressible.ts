/** Which encoders the synthesizer format has a place for, read as one of them. */
import { describe, expectation, ModelError } from '../../../errors.js';
import { Activation } from '../../../native/codes.js';
import { architectureOf } from '../../architectures/registry.js';
import type {
  LinearReference,
  NormReference,
  TransformerParts,
} from '../../architectures/transformer_parts.js';
import { type ModelDirectory, readModelDirectory } from '../../directory/model_directory.js';
import { Weights } from '../../directory/weights.js';

/** A layer of BERT's kind, as it is applied. */
export interface DotLayer {
  query: LinearReference;
  key: LinearReference;
  value: LinearReference;
  attentionOutput: LinearReference;
  attentionNorm: NormReference;
  up: LinearReference;
  down: LinearReference;
  outputNorm: NormReference;
}

export interface DotEncoder {
  directory: ModelDirectory;
  /** Files of its weights. */
  weights: Weights;
  config: TransformerParts['config'];
  /** config.json's hidden_act. */
  activation: string;
  embeddings: TransformerParts['embeddings'] & { norm: NormReference };
  /** In the order in which they are applied. */
  layers: readonly DotLayer[];
}

const ACTIVATIONS: ReadonlyMap<number, string> = new Map([
  [Activation.gelu, 'gelu'],
  [Activation.geluTanh, 'gelu_new'],
  [Activation.relu, 'relu'],
  [Activation.silu, 'silu'],
]);

function dotLayer({ attention, ...layer }: TransformerParts['layers'][0]): DotLayer | undefined {
  const score = attention.groups[0]!.scores[0]!;
  const { attentionNorm, outputNorm, up, down } = layer;
  const fits =
    attention.groups.length === 1 &&
    attention.groups[0]!.scores.length === 1 &&
    score.kind === 'dot-product' &&
    attention.before < 0 &&
    attention.after < 0 &&
    up.bias !== undefined &&
    down.bias !== undefined &&
    attentionNorm?.beta !== undefined &&
    outputNorm?.beta !== undefined;
  if (!fits) return undefined;
  const { query, key } = score;
  const { value } = attention;
  return { ...layer, query, key, value, attentionNorm: attentionNorm!, outputNorm: outputNorm! };
}

/** @throws ModelError for an encoder that is not BERT but for its names, FormatError and FileError for broken files */
export async function readDotEncoder(path: string): Promise<DotEncoder> {
  const directory = await readModelDirectory(path);
  const architecture = architectureOf(directory.config);
  const weights = await Weights.open(directory.transformer, architecture.prefixes, architecture.probe);
  const parts = await architecture.read(directory.config, weights);
  const { config, embeddings, rotary, finalNorm } = parts;
  const layers = [...parts.order].map((i) => dotLayer(parts.layers[i]!));
  const activation = ACTIVATIONS.get(config.activation);
  const { norm } = embeddings;
  const fits =
    !config.gated && !config.preNorm && rotary.length === 0 && finalNorm === undefined && layers.length > 0;
  if (!fits || norm?.beta === undefined || activation === undefined || layers.includes(undefined)) {
    throw new ModelError(
      expectation(
        `${directory.config.source}: model_type`,
        'an encoder of BERT layers with dot-product attention alone (bert, roberta, distilbert, electra, ...)',
        describe(directory.config.get('model_type')),
      ),
    );
  }
  return {
    directory,
    weights,
    config,
    activation,
    embeddings: { ...embeddings, norm },
    layers: layers as DotLayer[],
  };
}
