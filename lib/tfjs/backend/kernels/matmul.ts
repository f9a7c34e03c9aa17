/** Products of matrices, with what may follow them. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { BinaryOp, UnaryOp } from '../../../native/codes.js';
import { addon } from '../../../native/load.js';
import type { SyntheticBackend } from '../synthetic_backend.js';
import { attend, mayBeLogits } from './attention.js';
import { broadcast } from './broadcast.js';
import { isFloat, type Kernel, sizeOf } from './kernel.js';
import { multiply, ProductRecipe, packedB, productOf } from './product.js';

/** Activations of the fused kernel that are a pass of their own over its result. */
const UNARY: Record<string, number> = {
  relu: UnaryOp.relu,
  elu: UnaryOp.elu,
  relu6: UnaryOp.relu6,
  leakyrelu: UnaryOp.leakyRelu,
  sigmoid: UnaryOp.sigmoid,
};

const batchMatMul: Kernel = (call) => {
  const product = productOf(call);
  if (product === undefined) return undefined;
  const { backend, inputs } = call;
  const attended = attend(backend, product, inputs.a!, inputs.b!);
  if (attended) return attended;
  if ((product.bBatch.every((size) => size === 1) && !product.transposeA) || mayBeLogits(product)) {
    // As linear layers and logits are: more is to come.
    const recipe = new ProductRecipe(product, backend.owned(inputs.a!), backend.owned(inputs.b!));
    return backend.defer(product.shape, recipe);
  }
  const out = backend.allocate(sizeOf(product.shape));
  multiply(product, backend.floats(inputs.a!), backend.floats(inputs.b!), out);
  return backend.wrap(product.shape, out);
};

/** out = op(out, other), which broadcasts to the shape of out. */
function onto(
  backend: SyntheticBackend,
  op: number,
  out: Float32Array,
  shape: number[],
  other: TensorInfo,
): void {
  const { shape: merged, aStrides, bStrides } = broadcast(shape, other.shape);
  addon().binary({ op, a: out, b: backend.floats(other), out, shape: merged, aStrides, bStrides });
}

/** Whether `info` broadcasts to `shape` without making it larger, in as few dimensions as `onto` may have. */
function fits(info: TensorInfo, shape: number[]): boolean {
  const { resultShape, shape: merged } = broadcast(shape, info.shape);
  return resultShape.length === shape.length && sizeOf(resultShape) === sizeOf(shape) && merged.length <= 4;
}

const fusedMatMul: Kernel = (call) => {
  const { backend, inputs, attrs } = call;
  const { bias, preluActivationWeights: slopes } = inputs;
  const activation = (attrs.activation as string | null) ?? 'linear';
  const known = activation === 'linear' || activation in UNARY || (activation === 'prelu' && slopes);
  if (!known || !isFloat(bias, slopes)) return undefined;
  const product = productOf(call);
  if (product === undefined) return undefined;
  const { shape, n } = product;
  if ((bias && !fits(bias, shape)) || (slopes && !fits(slopes, shape))) return undefined;
  const out = backend.allocate(sizeOf(shape));
  const flat = bias && sizeOf(bias.shape) === n && bias.shape.at(-1) === n ? backend.floats(bias) : null;
  const packed = packedB(product, () => backend.owned(inputs.b!));
  multiply(product, backend.floats(inputs.a!), backend.floats(inputs.b!), out, { bias: flat }, packed);
  if (bias && !flat) onto(backend, BinaryOp.add, out, shape, bias);
  if (activation === 'prelu') {
    onto(backend, BinaryOp.prelu, out, shape, slopes!);
  } else if (activation !== 'linear') {
    const alpha = (attrs.leakyreluAlpha as number | undefined) ?? 0;
    addon().unary({ op: UNARY[activation]!, x: out, out, alpha });
  }
  return backend.wrap(shape, out);
};

export const MATMUL_KERNELS: Record<string, Kernel> = {
  BatchMatMul: batchMatMul,
  _FusedMatMul: fusedMatMul,
};
