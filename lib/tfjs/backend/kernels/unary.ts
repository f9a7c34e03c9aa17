/** Operations on one tensor, element by element. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { Activation, BinaryOp, UnaryOp } from '../../../native/codes.js';
import { addon } from '../../../native/load.js';
import { worthNative } from '../native_size.js';
import type { SyntheticBackend } from '../synthetic_backend.js';
import { binary } from './binary.js';
import { activateProduct, defer } from './deferred.js';
import { isFloat, type Kernel, sizeOf } from './kernel.js';
import { deferRoot, deferSquare } from './normal.js';

interface Parameters {
  alpha?: number;
  beta?: number;
}

function unary(
  backend: SyntheticBackend,
  op: number,
  x: TensorInfo,
  parameters: Parameters = {},
): TensorInfo | undefined {
  const size = sizeOf(x.shape);
  if (!isFloat(x) || size === 0 || !worthNative(size)) return undefined;
  const out = backend.allocate(size);
  addon().unary({ op, x: backend.floats(x), out, ...parameters });
  return backend.wrap(x.shape, out);
}

const kernel =
  (op: number, parametersOf?: (attrs: Record<string, unknown>) => Parameters): Kernel =>
  ({ backend, inputs, attrs }) =>
    unary(backend, op, inputs.x!, parametersOf?.(attrs));

const relu: Kernel = ({ backend, inputs }) =>
  isFloat(inputs.x)
    ? (activateProduct(backend, inputs.x!, Activation.relu) ?? unary(backend, UnaryOp.relu, inputs.x!))
    : undefined;

const erf: Kernel = ({ backend, inputs }) =>
  isFloat(inputs.x)
    ? (defer(backend, 'erf', inputs.x!) ?? unary(backend, UnaryOp.erf, inputs.x!))
    : undefined;

const square: Kernel = ({ backend, inputs }) =>
  isFloat(inputs.x)
    ? (deferSquare(backend, inputs.x!) ?? unary(backend, UnaryOp.square, inputs.x!))
    : undefined;

const root =
  (kind: 'sqrt' | 'rsqrt', op: number): Kernel =>
  ({ backend, inputs }) =>
    isFloat(inputs.x) ? (deferRoot(backend, kind, inputs.x!) ?? unary(backend, op, inputs.x!)) : undefined;

const alpha = (attrs: Record<string, unknown>): Parameters => ({ alpha: attrs.alpha as number });

const clip: Kernel = ({ backend, inputs, attrs }) => {
  const [low, high] = [attrs.clipValueMin as number, attrs.clipValueMax as number];
  // What lies between limits that are crossed or not numbers is the other kernel's to say.
  return low <= high ? unary(backend, UnaryOp.clip, inputs.x!, { alpha: low, beta: high }) : undefined;
};

/** Powers that people write for squares, cubes and roots. */
const pow: Kernel = ({ backend, inputs }) => {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  if (!isFloat(a, b) || sizeOf(b.shape) !== 1 || b.shape.length > a.shape.length) return undefined;
  const exponent = backend.floats(b)[0];
  if (exponent === 2) return unary(backend, UnaryOp.square, a);
  if (exponent !== 3) return undefined;
  const square = unary(backend, UnaryOp.square, a);
  if (square === undefined) return undefined;
  const cube = binary(backend, BinaryOp.mul, square, a);
  backend.disposeData(square.dataId);
  return cube;
};

export const UNARY_KERNELS: Record<string, Kernel> = {
  Abs: kernel(UnaryOp.abs),
  ClipByValue: clip,
  Elu: kernel(UnaryOp.elu),
  Erf: erf,
  Exp: kernel(UnaryOp.exp),
  LeakyRelu: kernel(UnaryOp.leakyRelu, alpha),
  Log: kernel(UnaryOp.log),
  Log1p: kernel(UnaryOp.log1p),
  Neg: kernel(UnaryOp.neg),
  Pow: pow,
  Reciprocal: kernel(UnaryOp.reciprocal),
  Relu: relu,
  Relu6: kernel(UnaryOp.relu6),
  Rsqrt: root('rsqrt', UnaryOp.rsqrt),
  Selu: kernel(UnaryOp.selu),
  Sigmoid: kernel(UnaryOp.sigmoid),
  Sqrt: root('sqrt', UnaryOp.sqrt),
  Square: square,
  Step: kernel(UnaryOp.step, alpha),
  Tanh: kernel(UnaryOp.tanh),
};
