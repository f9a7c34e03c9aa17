/** The small models of test/golden/encoders and what they give. */
import type { PoolingMode } from '../../lib/models/types.js';
import { expectClose, type GoldenTensor, goldenPath, readGolden } from './golden.js';

export interface EncoderGolden {
  max_seq_length: number;
  pooling: PoolingMode;
  normalize: boolean;
  texts: { name: string; text: string; ids: number[] }[];
  /** Of all texts, as the directory says. */
  embeddings: GoldenTensor;
  /** Each pooling of some of the texts, not normalised. */
  pooled: (GoldenTensor & { name: PoolingMode; texts: string[] })[];
  /** Of some of the texts, [tokens, hidden]. */
  hidden_states: (GoldenTensor & { name: string })[];
  /** The same weights under another config.json; the same embeddings where there are none. */
  variants: { name: string; config: Record<string, unknown>; embeddings?: GoldenTensor }[];
}

/** Their names, and prefixes that the tensors of published checkpoints carry and those of the golden do not. */
export const SMALL_ENCODERS: Readonly<Record<string, readonly string[]>> = {
  roberta: ['roberta.'],
  distilbert: ['distilbert.'],
  mpnet: ['mpnet.'],
  albert: ['albert.'],
  albert_groups: [],
  electra: ['electra.'],
  modernbert: ['model.'],
  xlm_roberta: ['roberta.'],
  camembert: ['roberta.'],
  nomic_bert: ['bert.'],
  gte: ['new.'],
  gte_multilingual: [],
  bert_prefixed: [],
  bert_sharded: [],
  qwen3: ['model.'],
  synthesizer: [],
  synthesizer_mixtures: [],
  synthesizer_groups: [],
};

export function encoderDirectory(name: string): string {
  return goldenPath(`encoders/${name}`);
}

export function readEncoderGolden(name: string): EncoderGolden {
  return readGolden(`encoders/${name}.json`);
}

/**
 * Two or three layers chain some ten sums of some ten terms: float32 differs from float64 by less than this many
 * roundings of the largest number. Few enough for a wrong epsilon of the norms to be seen.
 */
const ROUNDINGS = 80;

/** Row by row: a text may not hide behind another with larger numbers. */
export function expectRowsClose(
  actual: ArrayLike<number>,
  expected: GoldenTensor,
  what: (row: number) => string,
): void {
  const width = expected.shape[1]!;
  if (actual.length !== expected.data.length) throw new Error(`expected ${expected.shape} numbers`);
  for (let i = 0; i < expected.shape[0]!; i++) {
    const row = (data: ArrayLike<number>) => Array.from({ length: width }, (_, j) => data[i * width + j]!);
    expectClose(row(actual), row(expected.data), what(i), ROUNDINGS);
  }
}
