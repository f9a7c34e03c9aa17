/** Products of matrices with what may follow them in the same pass: a bias, an activation, something to add. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type ProductPlan, planProduct } from '../../../kernels/product_plan.js';
import { Activation } from '../../../native/codes.js';
import { addon } from '../../../native/load.js';
import type { MatmulOptions, NativePackedMatrix } from '../../../native/operations.js';
import { worthNative } from '../native_size.js';
import type { Recipe, SharedArray } from '../shared_array.js';
import { broadcast } from './broadcast.js';
import { type Call, isFloat, sizeOf } from './kernel.js';

/** Multiply-adds that cost JavaScript as much as a copied element. */
const MULTIPLY_ADDS = 4;

export interface Epilogue {
  bias?: Float32Array | null;
  residual?: Float32Array | null;
  /** Of Activation; before the residual is added. */
  activation?: number;
}

/** The packed copy of a b that comes again and again; `b` is asked for only where there may be one. */
export function packedB(product: Product, b: () => SharedArray): NativePackedMatrix | undefined {
  return planOf(product).way === 'rows' ? b().packed(product.k, product.n, product.transposeB) : undefined;
}

export interface Product {
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

const planOf = ({ aBatch, bBatch, batch, transposeA }: Product): ProductPlan =>
  planProduct(aBatch, bBatch, batch, transposeA);

/** undefined: nothing to multiply, or too little. */
export function productOf({ inputs, attrs }: Call): Product | undefined {
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

/** One call of the native kernel, or one a matrix where both operands broadcast. */
export function multiply(
  product: Product,
  a: Float32Array,
  b: Float32Array,
  out: Float32Array,
  { bias = null, residual = null, activation = Activation.none }: Epilogue = {},
  packed?: NativePackedMatrix,
): void {
  const { batch, m, n, k, transposeA, transposeB } = product;
  const plan = planOf(product);
  const count = sizeOf(batch);
  const common = { n, k, transposeA, transposeB, packed: null, bias, activation };
  const call = (options: Omit<MatmulOptions, keyof typeof common> & Partial<MatmulOptions>) =>
    addon().matmul({ ...common, ...options });
  if (plan.way === 'rows') {
    const matrix = packed ? { b: null, packed, transposeB: false } : { b };
    call({ batch: 1, m: count * m, a, aBatchStride: 0, ...matrix, bBatchStride: 0, residual, out });
  } else if (plan.way === 'stack') {
    const [aBatchStride, bBatchStride] = [plan.a * m * k, plan.b * k * n];
    call({ batch: count, m, a, aBatchStride, b, bBatchStride, residual, out });
  } else {
    const { a: aIndices, b: bIndices } = plan;
    const part = (values: Float32Array, i: number, size: number) => values.subarray(i * size, (i + 1) * size);
    for (let i = 0; i < count; i++) {
      call({
        batch: 1,
        m,
        a: part(a, aIndices[i]!, m * k),
        aBatchStride: 0,
        b: part(b, bIndices[i]!, k * n),
        bBatchStride: 0,
        residual: residual && part(residual, i, m * n),
        out: part(out, i, m * n),
      });
    }
  }
}

/** A product that was put off, since a bias may come, or an activation. */
export class ProductRecipe implements Recipe {
  readonly length: number;
  readonly inputs: readonly SharedArray[];
  readonly product: Product;
  readonly bias: Float32Array | null;

  constructor(product: Product, a: SharedArray, b: SharedArray, bias: Float32Array | null = null) {
    this.length = sizeOf(product.shape);
    this.inputs = [a, b];
    this.product = product;
    this.bias = bias;
  }

  /** `bias` is copied: it may be somebody's. */
  withBias(bias: Float32Array): ProductRecipe {
    const [a, b] = this.inputs as [SharedArray, SharedArray];
    return new ProductRecipe(this.product, a, b, bias.slice());
  }

  compute(out: Float32Array, epilogue: Omit<Epilogue, 'bias'> = {}): void {
    const [a, b] = this.inputs as [SharedArray, SharedArray];
    const packed = packedB(this.product, () => b);
    multiply(this.product, a.array, b.array, out, { ...epilogue, bias: this.bias }, packed);
  }
}
