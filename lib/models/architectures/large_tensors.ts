/** Which of a transformer's tensors are worth 8 bits. */
import { DTypeCode, type TensorReference } from '../../native/program.js';
import type { ScoreReference, TransformerParts } from './transformer_parts.js';

function scoresOf({ layers }: TransformerParts): ScoreReference[] {
  return layers.flatMap(({ attention }) => attention.groups.flatMap(({ scores }) => scores));
}

/** The tables and matrices of a transformer that are kept in 8 bits: words and linear layers. */
export function largeTensors(parts: TransformerParts): TensorReference[] {
  const projections = scoresOf(parts).flatMap((score) => {
    if (score.kind === 'dot-product') return [score.query, score.key];
    return score.kind === 'dense' || score.kind === 'factorized-dense' ? [score.hidden] : [];
  });
  const linear = parts.layers.flatMap((layer) => [
    layer.attention.value,
    layer.attentionOutput,
    layer.up,
    ...(layer.gate === undefined ? [] : [layer.gate]),
    layer.down,
  ]);
  const { words, projection } = parts.embeddings;
  return [
    words,
    ...(projection === undefined ? [] : [projection.weight]),
    ...[...projections, ...linear].map((l) => l.weight),
  ];
}

/**
 * Tables of logits and what makes them. They are computed with in float32 however they are stored; 8 bits make the file
 * small.
 */
export function scoreTables(parts: TransformerParts): TensorReference[] {
  return scoresOf(parts).flatMap((score) => {
    switch (score.kind) {
      case 'random':
        return [score.matrix];
      case 'factorized-random':
        return [score.left, score.right];
      case 'dense':
      case 'factorized-dense':
        return [score.output];
      default:
        return [];
    }
  });
}

/** Whether the words or a linear layer are stored in 8 bits. */
export function storedIn8Bits(parts: TransformerParts): boolean {
  return largeTensors(parts).some(({ dtype }) => dtype === DTypeCode.I8);
}
