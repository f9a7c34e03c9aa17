/** Which of a transformer's tensors are worth 8 bits. */
import { DTypeCode, ScoreFunction, type TensorReference } from '../native/addon.js';
import type { TransformerParts } from './architectures/architecture.js';

/** The tables and matrices of a transformer that are kept in 8 bits: words and linear layers. */
export function largeTensors(parts: TransformerParts): TensorReference[] {
  const linear = parts.layers.flatMap((layer) => [
    ...layer.attention.scores.flatMap((score) => {
      if (score.kind === ScoreFunction.dot) return [score.query, score.key];
      return score.kind === ScoreFunction.dense || score.kind === ScoreFunction.outer ? [score.hidden] : [];
    }),
    layer.attention.value,
    layer.attentionOutput,
    layer.up,
    ...(layer.gate === undefined ? [] : [layer.gate]),
    layer.down,
  ]);
  const { words, projection } = parts.embeddings;
  return [words, ...(projection === undefined ? [] : [projection.weight]), ...linear.map((l) => l.weight)];
}

/** Whether the words or a linear layer are stored in 8 bits. */
export function storedIn8Bits(parts: TransformerParts): boolean {
  return largeTensors(parts).some(({ dtype }) => dtype === DTypeCode.I8);
}
