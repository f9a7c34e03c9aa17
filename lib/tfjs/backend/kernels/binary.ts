/** Operations on two tensors that broadcast, element by element. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { BinaryOp } from '../../../native/codes.js';
import { addon } from '../../../native/load.js';
import { worthNative } from '../native_size.js';
import type { SyntheticBackend } from '../synthetic_backend.js';
import { broadcast, sameShape } from './broadcast.js';
import { addToProduct, deferNumber, gelu, type Kind } from './deferred.js';
import { isFloat, type Kernel, sizeOf } from './kernel.js';
import { deferAffine, deferCenter, deferNormal } from './normal.js';

/** A step of a strided loop in JavaScript makes arrays of indices: that many additions. */
const STRIDED = 16;
/** Of the native loop. */
const MOST_DIMENSIONS = 4;

/** The result of a float32 operation, or undefined where it is not worth it or not native. */
export function binary(
  backend: SyntheticBackend,
  op: number,
  a: TensorInfo,
  b: TensorInfo,
): TensorInfo | undefined {
  const { resultShape, shape, aStrides, bStrides } = broadcast(a.shape, b.shape);
  const size = sizeOf(shape);
  const plain = shape.length === 1 && aStrides[0] === 1 && bStrides[0] === 1;
  if (size === 0 || shape.length > MOST_DIMENSIONS || !worthNative(plain ? size : size * STRIDED)) {
    return undefined;
  }
  const out = backend.allocate(size);
  addon().binary({ op, a: backend.floats(a), b: backend.floats(b), out, shape, aStrides, bStrides });
  return backend.wrap(resultShape, out);
}

const kernel =
  (op: number, left = 'a', right = 'b'): Kernel =>
  ({ backend, inputs }) => {
    const [a, b] = [inputs[left]!, inputs[right]!];
    return isFloat(a, b) ? binary(backend, op, a, b) : undefined;
  };

type Attempt = (backend: SyntheticBackend, a: TensorInfo, b: TensorInfo) => TensorInfo | undefined;

/** `kernel`, where the first of `attempts` that knows what the operands are to be does it. */
const recognizing =
  (op: number, attempts: readonly Attempt[]): Kernel =>
  ({ backend, inputs }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    if (!isFloat(a, b)) return undefined;
    for (const attempt of attempts) {
      const result = attempt(backend, a, b);
      if (result) return result;
    }
    return binary(backend, op, a, b);
  };

/** The operands either way round. */
const either =
  (attempt: Attempt): Attempt =>
  (backend, a, b) =>
    attempt(backend, a, b) ?? attempt(backend, b, a);

const number =
  (kind: Kind): Attempt =>
  (backend, a, b) =>
    deferNumber(backend, kind, a, b);

const affine =
  (part: 'gamma' | 'beta'): Attempt =>
  (backend, a, b) =>
    deferAffine(backend, part, a, b);

const normal =
  (kind: 'sqrt' | 'rsqrt'): Attempt =>
  (backend, a, b) =>
    deferNormal(backend, kind, a, b);

const recognizeGelu: Attempt = (backend, a, b) =>
  sameShape(a.shape, b.shape) ? gelu(backend, a, b) : undefined;

/** Gradients of the same shape as what they are gradients of, which TensorFlow.js does not check. */
const gradient =
  (op: number): Kernel =>
  ({ backend, inputs }) => {
    const { y, dy } = inputs as { y: TensorInfo; dy: TensorInfo };
    const same = sizeOf(y.shape) === sizeOf(dy.shape);
    return isFloat(y, dy) && same ? binary(backend, op, y, { ...dy, shape: y.shape }) : undefined;
  };

/** All of the tensors have one shape. */
const addN: Kernel = ({ backend, inputs }) => {
  const tensors = Object.values(inputs);
  const size = sizeOf(tensors[0]!.shape);
  if (!isFloat(...tensors) || size === 0 || tensors.length < 2 || !worthNative(size)) return undefined;
  const out = backend.allocate(size);
  let sum = backend.floats(tensors[0]!);
  for (const tensor of tensors.slice(1)) {
    const [a, b] = [sum, backend.floats(tensor)];
    addon().binary({ op: BinaryOp.add, a, b, out, shape: [size], aStrides: [1], bStrides: [1] });
    sum = out;
  }
  return backend.wrap(tensors[0]!.shape, out);
};

export const BINARY_KERNELS: Record<string, Kernel> = {
  Add: recognizing(BinaryOp.add, [either(number('shift')), either(addToProduct), either(affine('beta'))]),
  Sub: recognizing(BinaryOp.sub, [deferCenter]),
  Multiply: recognizing(BinaryOp.mul, [
    either(number('scale')),
    recognizeGelu,
    either(normal('rsqrt')),
    either(affine('gamma')),
  ]),
  RealDiv: recognizing(BinaryOp.div, [number('divide'), normal('sqrt')]),
  Maximum: kernel(BinaryOp.maximum),
  Minimum: kernel(BinaryOp.minimum),
  SquaredDifference: kernel(BinaryOp.squaredDifference),
  Prelu: kernel(BinaryOp.prelu, 'x', 'alpha'),
  EluGrad: gradient(BinaryOp.eluGrad),
  AddN: addN,
};
