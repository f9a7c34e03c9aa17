/**
 * Operations that are put off until what follows them is known, and what is recognised then: GELU as people write it, and
 * a softmax of logits that were multiplied by a number.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { UnaryOp } from '../../../native/addon.js';
import { addon } from '../../../native/load.js';
import { worthNative } from '../native_size.js';
import type { Recipe, SharedArray } from '../shared_array.js';
import type { SyntheticBackend } from '../synthetic_backend.js';
import { sizeOf } from './kernel.js';

/** Of what the native kernel is worth; below it a pass over memory costs less than to put it off. */
const SHARE = 1 / 16;

/** x as what an operation can be put off upon. */
function ownArray(backend: SyntheticBackend, x: TensorInfo): SharedArray | undefined {
  return worthNative(sizeOf(x.shape) * SHARE) ? backend.stored(x).own : undefined;
}

/** kind(x, constant) */
export function defer(
  backend: SyntheticBackend,
  kind: Recipe['kind'],
  x: TensorInfo,
  constant = 1,
): TensorInfo | undefined {
  const own = ownArray(backend, x);
  return own && backend.defer(x.shape, { kind, x: own, constant });
}

/** kind(x, number), where `number` is a tensor of one that leaves the shape alone. */
export function deferNumber(
  backend: SyntheticBackend,
  kind: Recipe['kind'],
  x: TensorInfo,
  number: TensorInfo,
): TensorInfo | undefined {
  const scalar = number.shape.length <= x.shape.length && sizeOf(number.shape) === 1;
  return scalar && sizeOf(x.shape) > 1 ? defer(backend, kind, x, backend.floats(number)[0]!) : undefined;
}

/** A tensor as a factor times something that is no such product. */
export function peel(array: SharedArray): { factor: number; core: SharedArray } {
  let [factor, core] = [1, array];
  for (;;) {
    const { recipe } = core;
    if (recipe?.kind === 'scale') factor *= recipe.constant;
    else if (recipe?.kind === 'divide') factor /= recipe.constant;
    else return { factor, core };
    core = recipe.x;
  }
}

const close = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.abs(b);

/** The factor of 1 + erf(x / sqrt(2)) that `array` is to be. */
function errorFunctionFactor(array: SharedArray, x: SharedArray): number | undefined {
  const outer = peel(array);
  const shift = outer.core.recipe;
  if (shift?.kind !== 'shift') return undefined;
  const inner = peel(shift.x);
  const erf = inner.core.recipe;
  if (erf?.kind !== 'erf' || !close(inner.factor, shift.constant)) return undefined;
  const argument = peel(erf.x);
  if (argument.core !== x || !close(argument.factor, Math.SQRT1_2)) return undefined;
  return outer.factor * shift.constant;
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
    addon().unary({ op: UnaryOp.gelu, x: core.array, out });
    const result = backend.wrap(a.shape, out);
    const more = 2 * factor * rest;
    if (close(more, 1)) return result;
    const product = backend.defer(a.shape, { kind: 'scale', x: backend.stored(result).own!, constant: more });
    backend.disposeData(result.dataId);
    return product;
  }
  return undefined;
}

/** What is in `x`, or is to be, as positive `scale` times `values`. */
export function scaled(backend: SyntheticBackend, x: TensorInfo): { values: Float32Array; scale: number } {
  const own = backend.stored(x).own;
  if (own?.recipe) {
    const { factor, core } = peel(own);
    if (factor > 0 && Number.isFinite(factor)) return { values: core.array, scale: factor };
  }
  return { values: backend.floats(x), scale: 1 };
}
