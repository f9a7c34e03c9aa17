/**
 * What proves a layer right before it is timed, whoever made it: all rows of a small shape with 'real' operands, then
 * some rows of the shape that is timed, with operands on the 'grid' (operands.mjs).
 */
import { buildLayer } from './layer_cases.mjs';
import { sequenceReference } from './layer_reference.mjs';
import { worseOf, worstError } from './reference.mjs';

/** Nothing in it is a multiple of a vector. */
const SMALL = { batch: 2, length: 9, features: 21, heads: 3, dim: 7 };

/** The built layer with `worst`, which takes a result's data and gives the worst error of the rows compared. */
function withReference(layerCase, shape, kind, sequences, rows) {
  const built = buildLayer(layerCase, shape, kind);
  const { batch, length, features } = shape;
  const expected = sequences.flatMap((b) => {
    const reference = sequenceReference(built.problem, b);
    return rows.map((i) => [(b * length + i) * features, reference(i)]);
  });
  const worst = (data) => {
    const size = batch * length * features;
    if (data.length !== size) return { error: Number.NaN, bound: 0, index: Math.min(size, data.length) };
    return expected.map(([at, row]) => worstError(data, row, at)).reduce(worseOf);
  };
  return { ...built, worst };
}

export function smallProof(layerCase) {
  const all = (size) => [...Array(size).keys()];
  return withReference(layerCase, SMALL, 'real', all(SMALL.batch), all(SMALL.length));
}

export function timedProof(layerCase, shape) {
  const { batch, length } = shape;
  return withReference(layerCase, shape, 'grid', [batch - 1], [0, 1, Math.floor(length / 3), length - 1]);
}
