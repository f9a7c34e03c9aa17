/**
 * Layer normalisation as people write it: (x - mean) times the inverse root of the variance, by means over the last axis.
 * Each operation is put off, and the whole is the native kernel in one pass. Not while gradients are recorded: they read
 * what lies between.
 */
import { engine, type TensorInfo } from '@tensorflow/tfjs-core';
import { BinaryOp, ReduceOp } from '../../../native/codes.js';
import { addon } from '../../../native/load.js';
import type { Recipe, SharedArray } from '../shared_array.js';
import type { SyntheticBackend } from '../synthetic_backend.js';
import { sameShape } from './broadcast.js';
import { defer, ownArray, recipeOf } from './deferred.js';
import { sizeOf } from './kernel.js';

/** Of x [rows, columns] by rows. */
class MeanRecipe implements Recipe {
  readonly length: number;
  readonly inputs: readonly SharedArray[];
  readonly x: SharedArray;

  constructor(x: SharedArray, rows: number) {
    this.length = rows;
    this.inputs = [x];
    this.x = x;
  }

  compute(out: Float32Array): void {
    const x = this.x.array;
    const [outer, size] = [this.length, x.length / this.length];
    addon().reduce({ op: ReduceOp.mean, x, out, outer, size, inner: 1 });
  }
}

/** x - mean, by rows. */
class CenterRecipe implements Recipe {
  readonly length: number;
  readonly inputs: readonly SharedArray[];
  readonly x: SharedArray;
  readonly mean: SharedArray;

  constructor(x: SharedArray, mean: SharedArray) {
    this.length = x.length;
    this.inputs = [x, mean];
    this.x = x;
    this.mean = mean;
  }

  compute(out: Float32Array): void {
    const [a, b] = [this.x.array, this.mean.array];
    const columns = a.length / b.length;
    const strides = { aStrides: [columns, 1], bStrides: [1, 0] };
    addon().binary({ op: BinaryOp.sub, a, b, out, shape: [b.length, columns], ...strides });
  }
}

class NormalRecipe implements Recipe {
  readonly length: number;
  readonly inputs: readonly SharedArray[];
  readonly x: SharedArray;
  readonly columns: number;
  readonly epsilon: number;
  readonly gamma: Float32Array | null;
  readonly beta: Float32Array | null;

  constructor(
    x: SharedArray,
    columns: number,
    epsilon: number,
    gamma: Float32Array | null = null,
    beta: Float32Array | null = null,
  ) {
    this.length = x.length;
    this.inputs = [x];
    this.x = x;
    this.columns = columns;
    this.epsilon = epsilon;
    this.gamma = gamma;
    this.beta = beta;
  }

  compute(y: Float32Array): void {
    const { columns, epsilon, gamma, beta } = this;
    const x = this.x.array;
    addon().layerNorm({ x, y, rows: x.length / columns, columns, gamma, beta, epsilon });
  }
}

const learning = (): boolean => engine().state.gradientDepth > 0;

/** The mean of x over its last axis, which is kept as one of 1. */
export function deferMean(backend: SyntheticBackend, x: TensorInfo): TensorInfo | undefined {
  const own = learning() ? undefined : ownArray(backend, x);
  const shape = [...x.shape.slice(0, -1), 1];
  return own && backend.defer(shape, new MeanRecipe(own, sizeOf(shape)));
}

/** x - mean(x) */
export function deferCenter(
  backend: SyntheticBackend,
  x: TensorInfo,
  mean: TensorInfo,
): TensorInfo | undefined {
  const [own, other] = [backend.stored(x).own, backend.stored(mean).own];
  const recipe = other?.recipe;
  if (!own || !(recipe instanceof MeanRecipe) || recipe.x !== own) return undefined;
  // A view of other dimensions has the same array.
  if (!sameShape(mean.shape, [...x.shape.slice(0, -1), 1])) return undefined;
  return backend.defer(x.shape, new CenterRecipe(own, other!));
}

/** The square of what was centered. */
export function deferSquare(backend: SyntheticBackend, x: TensorInfo): TensorInfo | undefined {
  return backend.stored(x).own?.recipe instanceof CenterRecipe ? defer(backend, 'square', x) : undefined;
}

/** The root, or its inverse, of a variance to which something was added. */
export function deferRoot(
  backend: SyntheticBackend,
  kind: 'sqrt' | 'rsqrt',
  x: TensorInfo,
): TensorInfo | undefined {
  const own = backend.stored(x).own;
  return own && recipeOf(own, 'shift')?.x.recipe instanceof MeanRecipe ? defer(backend, kind, x) : undefined;
}

/** centered * rsqrt(variance + epsilon), or centered / sqrt(the same), for `kind`. */
export function deferNormal(
  backend: SyntheticBackend,
  kind: 'sqrt' | 'rsqrt',
  centered: TensorInfo,
  root: TensorInfo,
): TensorInfo | undefined {
  const [own, other] = [backend.stored(centered).own, backend.stored(root).own];
  const center = own?.recipe;
  if (!own || !other || !(center instanceof CenterRecipe)) return undefined;
  const shift = recipeOf(other, kind)?.x;
  const sum = shift && recipeOf(shift, 'shift');
  const variance = sum?.x.recipe;
  if (!(variance instanceof MeanRecipe) || recipeOf(variance.x, 'square')?.x !== own) return undefined;
  const columns = own.length / variance.length;
  const shape = [...centered.shape.slice(0, -1), 1];
  if (!sameShape(root.shape, shape) || centered.shape.at(-1) !== columns) return undefined;
  return backend.defer(centered.shape, new NormalRecipe(center.x, columns, sum!.constant));
}

/** What was normalised, times gamma or plus beta of its last axis. */
export function deferAffine(
  backend: SyntheticBackend,
  part: 'gamma' | 'beta',
  normal: TensorInfo,
  vector: TensorInfo,
): TensorInfo | undefined {
  const recipe = backend.stored(normal).own?.recipe;
  if (!(recipe instanceof NormalRecipe) || recipe.beta !== null) return undefined;
  if (part === 'gamma' && recipe.gamma !== null) return undefined;
  const { x, columns, epsilon, gamma } = recipe;
  const flat = sizeOf(vector.shape) === columns && vector.shape.at(-1) === columns;
  if (!flat || vector.shape.length > normal.shape.length || normal.shape.at(-1) !== columns) return undefined;
  const values = backend.floats(vector).slice();
  const next =
    part === 'gamma'
      ? new NormalRecipe(x, columns, epsilon, values)
      : new NormalRecipe(x, columns, epsilon, gamma, values);
  return backend.defer(normal.shape, next);
}
