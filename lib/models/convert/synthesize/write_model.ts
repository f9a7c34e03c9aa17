/** A BERT-like encoder written anew as a Synthesizer: in each layer the heads with tables first, then the others. */
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { streamSafetensors } from '../../../formats/safetensors_writer.js';
import { MODEL_FILES } from '../../../hub/model_files.js';
import { attempt, copyDirectory } from '../../directory/copy_directory.js';
import { isCopied } from '../convert.js';
import type { DotEncoder, DotLayer } from './expressible.js';
import { StoredTensors } from './stored_tensors.js';

export interface SynthesizerPlan {
  /** Of each layer the heads that get tables. */
  statics: readonly (readonly number[])[];
  /** Rows and columns of a table: tokens a text may have. */
  positions: number;
  /** Logits [positions, positions]. */
  table(layer: number, head: number): Float32Array;
  /** [hidden], added to the states of the last layer. */
  shift?: Float32Array | undefined;
}

interface LayerHeads {
  statics: readonly number[];
  others: readonly number[];
}

const DOT = { type: 'dot-product' };
const RANDOM = { type: 'random' };

function layerHeads(encoder: DotEncoder, plan: SynthesizerPlan): LayerHeads[] {
  const all = Array.from({ length: encoder.config.heads }, (_, h) => h);
  return plan.statics.map((statics) => ({ statics, others: all.filter((h) => !statics.includes(h)) }));
}

function attentionEntry({ statics, others }: LayerHeads) {
  if (statics.length === 0) return { scores: [DOT] };
  if (others.length === 0) return { scores: [RANDOM] };
  return {
    groups: [
      { heads: statics.length, scores: [RANDOM] },
      { heads: others.length, scores: [DOT] },
    ],
  };
}

/** Prefixes of the two groups' tensors; one group alone stands without. */
function prefixes({ statics, others }: LayerHeads): { statics: string; others: string } {
  const both = statics.length > 0 && others.length > 0;
  return both ? { statics: 'groups.0.', others: 'groups.1.' } : { statics: '', others: '' };
}

function addLayer(
  tensors: StoredTensors,
  encoder: DotEncoder,
  plan: SynthesizerPlan,
  index: number,
  from: DotLayer,
  own: LayerHeads,
): void {
  const { hidden, heads, intermediate } = encoder.config;
  const size = hidden / heads;
  const layer = `encoder.layer.${index}`;
  const attention = `${layer}.attention`;
  const prefix = prefixes(own);
  const { statics, others } = own;
  if (statics.length > 0) {
    const cells = plan.positions ** 2;
    const kernel = () => {
      const out = new Float32Array(statics.length * cells);
      statics.forEach((head, i) => {
        out.set(plan.table(index, head), i * cells);
      });
      return out;
    };
    const shape = [statics.length, plan.positions, plan.positions];
    tensors.numbers(`${attention}.${prefix.statics}scores.0.kernel`, shape, kernel);
  }
  if (others.length > 0) {
    const name = `${attention}.${prefix.others}scores.0`;
    tensors.linear(`${name}.query`, hidden, hidden, from.query, { heads: others, size });
    tensors.linear(`${name}.key`, hidden, hidden, from.key, { heads: others, size });
  }
  const order = { heads: [...statics, ...others], size };
  tensors.linear(`${attention}.value`, hidden, hidden, from.value, order);
  tensors.inputs(`${attention}.output.dense`, hidden, from.attentionOutput, order);
  tensors.norm(`${attention}.output.LayerNorm`, hidden, from.attentionNorm);
  tensors.linear(`${layer}.intermediate.dense`, intermediate, hidden, from.up);
  tensors.linear(`${layer}.output.dense`, hidden, intermediate, from.down);
  const norm = `${layer}.output.LayerNorm`;
  if (plan.shift !== undefined && index === encoder.layers.length - 1) {
    tensors.movedNorm(norm, hidden, from.outputNorm, plan.shift);
  } else {
    tensors.norm(norm, hidden, from.outputNorm);
  }
}

function allTensors(encoder: DotEncoder, plan: SynthesizerPlan, heads: readonly LayerHeads[]): StoredTensors {
  const { embeddings, config, layers, weights } = encoder;
  const { size } = embeddings;
  const tensors = new StoredTensors(weights.files);
  const table = (name: string) => `embeddings.${name}_embeddings.weight`;
  tensors.table(table('word'), [config.vocabulary, size], embeddings.words);
  if (embeddings.positions !== undefined) {
    tensors.table(table('position'), [plan.positions, size], embeddings.positions);
  }
  if (embeddings.tokenType !== undefined) tensors.table(table('token_type'), [1, size], embeddings.tokenType);
  tensors.norm('embeddings.LayerNorm', size, embeddings.norm);
  if (embeddings.projection !== undefined) {
    tensors.linear('embeddings_project', config.hidden, size, embeddings.projection);
  }
  layers.forEach((layer, i) => {
    addLayer(tensors, encoder, plan, i, layer, heads[i]!);
  });
  return tensors;
}

function modelConfig(encoder: DotEncoder, plan: SynthesizerPlan, heads: readonly LayerHeads[]) {
  const { config, embeddings, layers, activation } = encoder;
  return {
    architectures: ['SynthesizerModel'],
    attention: heads.map(attentionEntry),
    ...(embeddings.size === config.hidden ? {} : { embedding_size: embeddings.size }),
    hidden_act: activation,
    hidden_size: config.hidden,
    intermediate_size: config.intermediate,
    layer_norm_eps: config.epsilon,
    max_position_embeddings: plan.positions,
    model_type: 'synthesizer',
    num_attention_heads: config.heads,
    num_hidden_layers: layers.length,
    type_vocab_size: embeddings.tokenType === undefined ? 0 : 1,
    vocab_size: config.vocabulary,
  };
}

/**
 * Fills a folder with the model directory `from`, its transformer as a Synthesizer.
 * @throws FileError
 */
export async function writeSynthesizer(
  from: string,
  encoder: DotEncoder,
  plan: SynthesizerPlan,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const inside = relative(from, encoder.directory.transformer);
  const transformer = inside === '' ? '.' : inside;
  const old = new Set(encoder.weights.paths.map((path) => relative(from, path)));
  const config = join(inside, MODEL_FILES.config);
  const wanted = (path: string) => path !== config && isCopied(path, transformer, old);
  await copyDirectory(from, folder, { wanted, signal });
  const heads = layerHeads(encoder, plan);
  const path = join(folder, config);
  const text = `${JSON.stringify(modelConfig(encoder, plan, heads), null, 2)}\n`;
  await attempt(path, 'a file that can be written', () => writeFile(path, text));
  signal?.throwIfAborted();
  const { list } = allTensors(encoder, plan, heads);
  await streamSafetensors(join(folder, inside, MODEL_FILES.weights), list, { format: 'pt' });
}
