/**
 * What each head's table alone does to the embeddings: the model is run with one head replaced at a time. Nothing is written
 * anew for that; the head becomes a group of its own between those of the heads before and behind it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  readSafetensorsHeader,
  type SafetensorsFileHeader,
  writeSafetensors,
} from '../../../formats/safetensors.js';
import { DTypeCode } from '../../../native/program.js';
import { inOrder } from '../../architectures/config.js';
import { dotWeight } from '../../architectures/layer.js';
import { loadTransformer } from '../../architectures/load_transformer.js';
import type {
  HeadGroupReference,
  LayerReference,
  LinearReference,
  ScoreReference,
  TransformerParts,
} from '../../architectures/transformer_parts.js';
import { sliceLinear } from '../../directory/weights.js';
import type { TokenBatch } from '../../feed/batch.js';
import { encodeJob, throwFailure } from '../../feed/encode_job.js';
import type { PoolingMode } from '../../types.js';
import type { DotEncoder, DotLayer } from './expressible.js';
import { kept } from './trade_off.js';

interface TablesFile {
  path: string;
  header: SafetensorsFileHeader;
  /** First byte of the numbers. */
  begin: number;
}

interface Setting {
  encoder: DotEncoder;
  /** Of every head of every layer, [positions, positions]. */
  tables: readonly Float32Array[];
  positions: number;
}

async function writeTables(path: string, { tables, positions }: Setting): Promise<TablesFile> {
  const list = tables.map((data, h) => ({
    name: String(h).padStart(8, '0'),
    dtype: 'F32' as const,
    shape: [positions, positions],
    data,
  }));
  await writeSafetensors(path, list);
  const header = await readSafetensorsHeader(path);
  return { path, header, begin: header.tensors.get(list[0]!.name)!.begin };
}

/** A layer of whose heads one, if any, has its table. */
function layerWith(
  { encoder, positions }: Setting,
  from: DotLayer,
  head: number | undefined,
  table: { file: number; begin: number },
): LayerReference {
  const { heads, hidden } = encoder.config;
  const size = hidden / heads;
  const dot = (first: number, end: number): HeadGroupReference[] => {
    if (first === end) return [];
    const rows = (linear: LinearReference) => sliceLinear(linear, first * size, (end - first) * size, hidden);
    const weight = dotWeight(encoder.config);
    const score: ScoreReference = {
      kind: 'dot-product',
      weight,
      query: rows(from.query),
      key: rows(from.key),
    };
    return [{ heads: end - first, scores: [score] }];
  };
  const matrix = { ...table, count: positions ** 2, dtype: DTypeCode.F32 };
  const random: ScoreReference = { kind: 'random', weight: 1, length: positions, matrix };
  const groups =
    head === undefined
      ? dot(0, heads)
      : [...dot(0, head), { heads: 1, scores: [random] }, ...dot(head + 1, heads)];
  const { query: _, key: __, value, ...rest } = from;
  return { ...rest, attention: { groups, value, before: -1, after: -1 }, rotary: -1 };
}

/** The whole model, of whose heads one, if any, has its table. */
function modelWith(setting: Setting, file: TablesFile, index: number | undefined): TransformerParts {
  const { encoder, positions } = setting;
  const { config, weights, layers } = encoder;
  const { size, positions: rows, ...embeddings } = encoder.embeddings;
  const layer = index === undefined ? -1 : Math.floor(index / config.heads);
  const begin = file.begin + (index ?? 0) * 4 * positions ** 2;
  const table = { file: weights.paths.length, begin };
  return {
    config: { ...config, positions },
    embeddings: { ...embeddings, size, positions: rows && { ...rows, count: positions * size } },
    rotary: [],
    layers: layers.map((from, i) =>
      layerWith(setting, from, i === layer ? index! % config.heads : undefined, table),
    ),
    order: inOrder(layers.length),
  };
}

/**
 * @param batch texts to measure on
 * @returns for every head how far it moves embeddings alone: 1 less the mean cosine
 */
export async function headEffects(
  setting: Setting,
  batch: TokenBatch,
  done: (heads: number) => void,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { encoder, tables } = setting;
  const texts = batch.offsets.length - 1;
  const [output] = encoder.directory.pooling.modes as [PoolingMode];
  const { paths, states, entries } = encoder.weights.files;
  const run = async (index: number | undefined, file: TablesFile): Promise<Float32Array> => {
    signal?.throwIfAborted();
    const files = { paths: [...paths, file.path], states: [...states, file.header.state], entries };
    const handle = await loadTransformer(files, modelWith(setting, file, index), false);
    const out = new Float32Array(texts * encoder.config.hidden);
    try {
      throwFailure(await encodeJob({ handle }, batch, { output, out }));
    } finally {
      handle.dispose();
    }
    return out;
  };
  const folder = await mkdtemp(join(tmpdir(), 'synthetic-attention-'));
  try {
    const file = await writeTables(join(folder, 'tables.safetensors'), setting);
    const expected = await run(undefined, file);
    const effects = new Float64Array(tables.length);
    for (let h = 0; h < effects.length; h++) {
      effects[h] = 1 - kept(await run(h, file), expected, texts).meanCosine;
      done(h + 1);
    }
    return effects;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
