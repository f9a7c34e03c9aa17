/**
 * Operations that are put off until what follows them is known, and what is recognised then: GELU as people write it, a
 * softmax of logits that were multiplied by a number, and what a product of matrices does in its own pass.
 */
import { engine, type TensorInfo } from '@tensorflow/tfjs-core';
import { Activation, BinaryOp, UnaryOp } from '../../../native/codes.js';
import { addon } from '../../../native/load.js';
import { worthNative } from '../native_size.js';
import type { Recipe, SharedArray } from '../shared_array.js';
import type { SyntheticBackend } from '../synthetic_backend.js';
import { sameShape } from './broadcast.js';
import { sizeOf } from './kernel.js';
import { ProductRecipe } from './product.js';

/** x * constant, x / constant, x + constant, or a function of x */
export type Kind = 'scale' | 'divide' | 'shift' | keyof typeof UNARY;

const UNARY = { erf: UnaryOp.erf, rsqrt: UnaryOp.rsqrt, sqrt: UnaryOp.sqrt, square: UnaryOp.square };
const BINARY = { scale: BinaryOp.mul, divide: BinaryOp.div, shift: BinaryOp.add };

class NumberRecipe implements Recipe {
  readonly kind: Kind;
  readonly x: SharedArray;
  readonly constant: number;

  constructor(kind: Kind, x: SharedArray, constant: number) {
    this.kind = kind;
    this.x = x;
    this.constant = constant;
  }

  get length(): number {
    return this.x.length;
  }

  get inputs(): readonly SharedArray[] {
    return [this.x];
  }

  compute(out: Float32Array): void {
    const x = this.x.array;
    const { kind } = this;
    if (kind in UNARY) {
      addon().unary({ op: UNARY[kind as keyof typeof UNARY], x, out });
    } else {
      const [op, b] = [BINARY[kind as keyof typeof BINARY], Float32Array.of(this.constant)];
      addon().binary({ op, a: x, b, out, shape: [out.length], aStrides: [1], bStrides: [0] });
    }
  }
}

/** The recipe of that kind by which `array` is to be made. */
export function recipeOf(array: SharedArray, kind: Kind): NumberRecipe | undefined {
  const { recipe } = array;
  return recipe instanceof NumberRecipe && recipe.kind === kind ? recipe : undefined;
}

/** Of what the native kernel is worth; below it a pass over memory costs less than to put it off. */
const SHARE = 1 / 16;

/** x as what an operation can be put off upon: large, or put off itself. */
export function ownArray(backend: SyntheticBackend, x: TensorInfo): SharedArray | undefined {
  const { own } = backend.stored(x);
  return own?.recipe || worthNative(sizeOf(x.shape) * SHARE) ? own : undefined;
}

/** kind(x, constant) */
export function defer(
  backend: SyntheticBackend,
  kind: Kind,
  x: TensorInfo,
  constant = 1,
): TensorInfo | undefined {
  const own = ownArray(backend, x);
  return own && backend.defer(x.shape, new NumberRecipe(kind, own, constant));
}

/** kind(x, number), where `number` is a tensor of one that leaves the shape alone. */
export function deferNumber(
  backend: SyntheticBackend,
  kind: Kind,
  x: TensorInfo,
  number: TensorInfo,
): TensorInfo | undefined {
  const scalar = number.shape.length <= x.shape.length && sizeOf(number.shape) === 1;
  return scalar && sizeOf(x.shape) > 1 ? defer(backend, kind, x, backend.floats(number)[0]!) : undefined;
}

/** A tensor as a factor times something that is no such product. */
function peel(array: SharedArray): { factor: number; core: SharedArray } {
  let [factor, core] = [1, array];
  for (;;) {
    const recipe = recipeOf(core, 'scale') ?? recipeOf(core, 'divide');
    if (recipe === undefined) return { factor, core };
    factor = recipe.kind === 'scale' ? factor * recipe.constant : factor / recipe.constant;
    core = recipe.x;
  }
}

const close = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.abs(b);

/** The factor of 1 + erf(x / sqrt(2)) that `array` is to be. */
function errorFunctionFactor(array: SharedArray, x: SharedArray): number | undefined {
  const outer = peel(array);
  const shift = recipeOf(outer.core, 'shift');
  if (!shift) return undefined;
  const inner = peel(shift.x);
  const erf = recipeOf(inner.core, 'erf');
  if (!erf || !close(inner.factor, shift.constant)) return undefined;
  const argument = peel(erf.x);
  if (argument.core !== x || !close(argument.factor, Math.SQRT1_2)) return undefined;
  return outer.factor * shift.constant;
}

/**
 * A product that was put off stays so for who reads it later, and would be computed twice: when gradients are recorded,
 * what an activation is made of is read again.
 */
function productToFuse(array: SharedArray): ProductRecipe | undefined {
  const { recipe } = array;
  return recipe instanceof ProductRecipe && engine().state.gradientDepth === 0 ? recipe : undefined;
}

/** Writes the activation of `x`, in the pass of the product that makes it where there is one. */
function activate(x: SharedArray, activation: number, op: number, out: Float32Array): void {
  const product = productToFuse(x);
  if (product) product.compute(out, { activation });
  else addon().unary({ op, x: x.array, out });
}

/** The activation of a product that was put off, in its pass. */
export function activateProduct(
  backend: SyntheticBackend,
  x: TensorInfo,
  activation: number,
): TensorInfo | undefined {
  const own = backend.stored(x).own;
  const product = own && productToFuse(own);
  if (!product) return undefined;
  const out = backend.allocate(own.length);
  product.compute(out, { activation });
  return backend.wrap(x.shape, out);
}

/** product + b, where b is a bias of the product or has the shape of it. */
export function addToProduct(
  backend: SyntheticBackend,
  product: TensorInfo,
  b: TensorInfo,
): TensorInfo | undefined {
  const recipe = backend.stored(product).own?.recipe;
  if (!(recipe instanceof ProductRecipe) || b.shape.length > product.shape.length) return undefined;
  const { n } = recipe.product;
  const size = sizeOf(b.shape);
  const rows = product.shape.at(-1) === n && b.shape.at(-1) === n;
  if (rows && size === n && recipe.bias === null && n < recipe.length) {
    return backend.defer(product.shape, recipe.withBias(backend.floats(b)));
  }
  if (!sameShape(product.shape, b.shape)) return undefined;
  const residual = backend.floats(b);
  const out = backend.allocate(size);
  recipe.compute(out, { residual });
  return backend.wrap(product.shape, out);
}

/** a * b where that is GELU in its exact form: x * (1 + erf(x / sqrt(2))) / 2, the factors anywhere. */
export function gelu(backend: SyntheticBackend, a: TensorInfo, b: TensorInfo): TensorInfo | undefined {
  const [left, right] = [backend.stored(a).own, backend.stored(b).own];
  if (!left || !right) return undefined;
  for (const [linear, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const { factor, core } = peel(linear);
    const rest = errorFunctionFactor(other, core);
    if (rest === undefined) continue;
    const out = backend.allocate(core.length);
    activate(core, Activation.gelu, UnaryOp.gelu, out);
    const result = backend.wrap(a.shape, out);
    const more = 2 * factor * rest;
    if (close(more, 1)) return result;
    const product = defer(backend, 'scale', result, more);
    backend.disposeData(result.dataId);
    return product;
  }
  return undefined;
}

/** What is in `x`, or is to be, as positive `scale` times what is in `core`. */
export function scaled(
  backend: SyntheticBackend,
  x: TensorInfo,
): { core: SharedArray; scale: number } | undefined {
  const own = backend.stored(x).own;
  if (!own?.recipe) return undefined;
  const { factor, core } = peel(own);
  return factor > 0 && Number.isFinite(factor) ? { core, scale: factor } : undefined;
}
