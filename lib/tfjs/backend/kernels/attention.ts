/**
 * Attention as people write it: a product of queries and keys, a softmax, a product with values. Where nobody else has
 * looked at what lies between, the native attention does all of it, and the logits never exist as a whole.
 */
import { engine, type TensorInfo } from '@tensorflow/tfjs-core';
import { ScoreKind } from '../../../native/codes.js';
import { addon } from '../../../native/load.js';
import type { Recipe, SharedArray } from '../shared_array.js';
import type { SyntheticBackend } from '../synthetic_backend.js';
import { markRowsWithoutWeights, rowsOfInfinity } from './infinite_rows.js';
import { sizeOf } from './kernel.js';
import { type Product, ProductRecipe } from './product.js';

/** softmax(scale * logits) by rows of `columns`. */
class SoftmaxRecipe implements Recipe {
  readonly length: number;
  readonly inputs: readonly [SharedArray];
  readonly scale: number;
  readonly columns: number;

  constructor(logits: SharedArray, scale: number, columns: number) {
    this.length = logits.length;
    this.inputs = [logits];
    this.scale = scale;
    this.columns = columns;
  }

  compute(out: Float32Array): void {
    softmaxRows(this.inputs[0].array, out, this.columns, this.scale);
  }
}

export function softmaxRows(x: Float32Array, y: Float32Array, columns: number, scale: number): void {
  const rows = { rows: x.length / columns, columns };
  addon().softmax({ x, y, ...rows, scale, mask: null, maskRows: 0, causal: false, causalRows: 0 });
  markRowsWithoutWeights(y, columns);
}

const sameBatch = ({ aBatch, bBatch, batch }: Product): boolean =>
  sizeOf(aBatch) === sizeOf(batch) && sizeOf(bBatch) === sizeOf(batch);

/** Whether a product is what attention begins with: for each of a batch, rows by rows. */
export function mayBeLogits(product: Product): boolean {
  return !product.transposeA && product.transposeB && sameBatch(product);
}

/** The softmax of such a product is put off, unless a gradient would read it. */
export function deferSoftmax(
  backend: SyntheticBackend,
  shape: number[],
  core: SharedArray,
  scale: number,
): TensorInfo | undefined {
  const { recipe } = core;
  const columns = shape.at(-1)!;
  const fits =
    recipe instanceof ProductRecipe &&
    recipe.bias === null &&
    recipe.product.n === columns &&
    mayBeLogits(recipe.product) &&
    engine().state.gradientDepth === 0;
  return fits ? backend.defer(shape, new SoftmaxRecipe(core, scale, columns)) : undefined;
}

/** The product of a softmax that was put off with values; undefined where it is something else. */
export function attend(
  backend: SyntheticBackend,
  product: Product,
  weights: TensorInfo,
  values: TensorInfo,
): TensorInfo | undefined {
  const softmax = backend.stored(weights).own?.recipe;
  if (!(softmax instanceof SoftmaxRecipe)) return undefined;
  const logits = softmax.inputs[0].recipe;
  if (!(logits instanceof ProductRecipe)) return undefined;
  const { m, n, k } = product;
  const batch = sizeOf(product.batch);
  const { product: first } = logits;
  const follows = first.m === m && first.n === k;
  if (!follows || !sameBatch(product) || product.transposeA || product.transposeB) return undefined;
  const [query, key] = logits.inputs.map((input) => input.array) as [Float32Array, Float32Array];
  const depth = first.k;
  const out = backend.allocate(batch * m * n);
  addon().attention({
    batch,
    heads: 1,
    queries: m,
    keys: k,
    valueColumns: n,
    sources: [
      {
        kind: ScoreKind.product,
        weight: softmax.scale,
        left: query,
        leftStrides: [m * depth, 0, depth],
        depth,
        right: key,
        rightStrides: [k * depth, 0, depth],
      },
    ],
    value: backend.floats(values),
    valueStrides: [k * n, 0, n],
    out,
    outStrides: [m * n, 0, n],
    mask: null,
    maskStrides: [0, 0, 0],
    kvGroup: 1,
    position: 0,
    before: -1,
    after: -1,
    weights: null,
  });
  const sizes = { query, key, rows: m, keys: k, depth };
  for (const row of rowsOfInfinity(out, n, sizes)) out.fill(Number.NaN, row * n, (row + 1) * n);
  return backend.wrap(product.shape, out);
}
