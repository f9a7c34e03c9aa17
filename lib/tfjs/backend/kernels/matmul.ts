/** Products of matrices, with what may follow them. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { Activation, BinaryOp, type MatmulOptions, UnaryOp } from '../../../native/addon.js';
import { addon } from '../../../native/load.js';
import { worthNative } from '../native_size.js';
import type { SyntheticBackend } from '../synthetic_backend.js';
import { broadcast } from './broadcast.js';
import { type Call, isFloat, type Kernel, sizeOf } from './kernel.js';

/** Multiply-adds that cost JavaScript as much as a copied element. */
const MULTIPLY_ADDS = 4;

/** Activations of the fused kernel that are a pass of their own over its result. */
const UNARY: Record<string, number> = {
  relu: UnaryOp.relu,
  elu: UnaryOp.elu,
  relu6: UnaryOp.relu6,
  leakyrelu: UnaryOp.leakyRelu,
  sigmoid: UnaryOp.sigmoid,
};

interface Product {
  shape: number[];
  /** Leading axes of the operands and of the result. */
  aBatch: number[];
  bBatch: number[];
  batch: number[];
  m: number;
  n: number;
  k: number;
  transposeA: boolean;
  transposeB: boolean;
}

/** undefined: nothing to multiply, or too little. */
function productOf({ inputs, attrs }: Call): Product | undefined {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  if (!isFloat(a, b) || a.shape.length < 2 || b.shape.length < 2) return undefined;
  const transposeA = Boolean(attrs.transposeA);
  const transposeB = Boolean(attrs.transposeB);
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  const [aBatch, bBatch] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = broadcast(aBatch, bBatch).resultShape;
  const work = sizeOf(batch) * m * n * k;
  if (inner !== k || work === 0 || !worthNative(work / MULTIPLY_ADDS)) return undefined;
  return { shape: [...batch, m, n], aBatch, bBatch, batch, m, n, k, transposeA, transposeB };
}

/** Where the matrix of each of the result's lies, counted in matrices. */
function matrixIndices(own: number[], batch: number[]): number[] {
  let indices = [0];
  let stride = sizeOf(own);
  batch.forEach((size, i) => {
    const mine = own[own.length - batch.length + i] ?? 1;
    stride /= mine;
    const step = mine === 1 ? 0 : stride;
    indices = indices.flatMap((from) => Array.from({ length: size }, (_, j) => from + j * step));
  });
  return indices;
}

/** One call of the native kernel, or one a matrix where both operands broadcast. */
function multiply(
  product: Product,
  a: Float32Array,
  b: Float32Array,
  bias: Float32Array | null,
  activation: number,
  out: Float32Array,
): void {
  const { aBatch, bBatch, batch, m, n, k, transposeA, transposeB } = product;
  const [aCount, bCount, count] = [sizeOf(aBatch), sizeOf(bBatch), sizeOf(batch)];
  const common = { n, k, transposeA, transposeB, packed: null, residual: null, bias, activation };
  const call = (options: Omit<MatmulOptions, keyof typeof common>) =>
    addon().matmul({ ...common, ...options });
  if (bCount === 1 && aCount === count && !transposeA) {
    // One b for all: the batch is only more rows.
    call({ batch: 1, m: count * m, a, aBatchStride: 0, b, bBatchStride: 0, out });
  } else if ((aCount === count || aCount === 1) && (bCount === count || bCount === 1)) {
    const aBatchStride = aCount === 1 ? 0 : m * k;
    const bBatchStride = bCount === 1 ? 0 : k * n;
    call({ batch: count, m, a, aBatchStride, b, bBatchStride, out });
  } else {
    const [aIndices, bIndices] = [matrixIndices(aBatch, batch), matrixIndices(bBatch, batch)];
    const part = (values: Float32Array, i: number, size: number) => values.subarray(i * size, (i + 1) * size);
    for (let i = 0; i < count; i++) {
      call({
        batch: 1,
        m,
        a: part(a, aIndices[i]!, m * k),
        aBatchStride: 0,
        b: part(b, bIndices[i]!, k * n),
        bBatchStride: 0,
        out: part(out, i, m * n),
      });
    }
  }
}

const batchMatMul: Kernel = (call) => {
  const product = productOf(call);
  if (product === undefined) return undefined;
  const { backend, inputs } = call;
  const out = backend.allocate(sizeOf(product.shape));
  multiply(product, backend.floats(inputs.a!), backend.floats(inputs.b!), null, Activation.none, out);
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
  multiply(product, backend.floats(inputs.a!), backend.floats(inputs.b!), flat, Activation.none, out);
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
