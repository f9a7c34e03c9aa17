/** Matrix product with fused epilogue. */
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { Activation } from '../native/codes.js';
import { checkOptions, optionNames } from '../options.js';
import {
  broadcastShapes,
  checkBoolean,
  checkDimension,
  checkMinimumRank,
  checkSameShape,
  type Shape,
  shapeText,
  sizeOf,
} from '../tensor/shape.js';
import { checkTensor, type Tensor, type TensorLike } from '../tensor/tensor.js';
import { checkAttached } from '../tensor/typed_array.js';
import { Copies } from './copies.js';
import { checkApart, type OutputOption, outputTensor } from './output.js';
import { PackedMatrix } from './packed_matrix.js';
import { planProduct } from './product_plan.js';
import { type Abortable, runAsync, runSync, type Steps } from './run.js';

export type ActivationName = keyof typeof Activation;

/** What matmul does to its product before it is stored. */
export interface EpilogueOptions extends OutputOption {
  /** [n], added to every row. */
  bias?: TensorLike;
  /** Applied after the bias. Default 'none'; 'gelu' is the exact (erf) form. */
  activation?: ActivationName;
  /** [..., m, n], added after the activation. */
  residual?: TensorLike;
}

export interface MatmulOptions extends EpilogueOptions {
  /** `a` holds [..., k, m]. */
  transposeA?: boolean;
  /** `b` holds [..., n, k]. Not for a PackedMatrix, which was transposed when packed. */
  transposeB?: boolean;
}

const EPILOGUE = ['bias', 'activation', 'residual', 'out', 'signal'] as const;
export const EPILOGUE_OPTIONS = optionNames<keyof (EpilogueOptions & Abortable)>()(...EPILOGUE);
const OPTIONS = optionNames<keyof (MatmulOptions & Abortable)>()(...EPILOGUE, 'transposeA', 'transposeB');

interface Operand {
  data: Float32Array;
  batch: Shape;
  rows: number;
  columns: number;
}

function operand(name: string, value: TensorLike, transpose: boolean): Operand {
  const { data, shape } = checkTensor(name, value);
  checkMinimumRank(name, shape, 2, '[..., rows, columns]');
  const [first, second] = shape.slice(-2) as [number, number];
  return {
    data,
    batch: shape.slice(0, -2),
    rows: transpose ? second : first,
    columns: transpose ? first : second,
  };
}

function activationCode(name: unknown): number {
  if (typeof name !== 'string' || !Object.hasOwn(Activation, name)) {
    const names = Object.keys(Activation).join(', ');
    throw new ArgumentError(expectation('activation', `one of ${names}`, describe(name)));
  }
  return Activation[name as ActivationName];
}

/** The checked epilogue of a product of `shape` [..., n]. */
export function epilogue(options: EpilogueOptions, shape: Shape) {
  const out = outputTensor(options.out, shape);
  const bias = options.bias === undefined ? null : checkTensor('bias', options.bias);
  if (bias) checkSameShape('bias', bias.shape, shape.slice(-1));
  const residual = options.residual === undefined ? null : checkTensor('residual', options.residual);
  if (residual) checkSameShape('residual', residual.shape, shape);
  checkApart(out.data, { bias: bias?.data, residual: residual?.data });
  return {
    out,
    bias: bias?.data ?? null,
    residual: residual?.data ?? null,
    activation: activationCode(options.activation ?? 'none'),
  };
}

export function* matmulSteps(
  a: TensorLike,
  b: TensorLike | PackedMatrix,
  options: MatmulOptions = {},
): Steps<Tensor> {
  checkOptions('matmul', OPTIONS, options);
  const transposeA = checkBoolean('transposeA', options.transposeA ?? false);
  const transposeB = checkBoolean('transposeB', options.transposeB ?? false);
  const left = operand('a', a, transposeA);
  const packed = b instanceof PackedMatrix ? b : null;
  if (packed && transposeB) {
    throw new ArgumentError(
      expectation('transposeB', 'false for a PackedMatrix, which was transposed when packed', 'true'),
    );
  }
  const right: Operand = packed
    ? {
        data: new Float32Array(0),
        batch: packed.count === 1 ? [] : [packed.count],
        rows: packed.k,
        columns: packed.n,
      }
    : operand('b', b as TensorLike, transposeB);
  checkDimension('b', `rows (k, as columns of a)`, right.rows, left.columns);
  const batch = broadcastShapes(left.batch, right.batch);
  if (batch === undefined) {
    throw new ShapeError(
      expectation('b', `leading axes that broadcast with ${shapeText(left.batch)}`, shapeText(right.batch)),
    );
  }
  const [m, k, n] = [left.rows, left.columns, right.columns];
  const { out, bias, residual, activation } = epilogue(options, [...batch, m, n]);

  checkApart(out.data, { a: left.data, b: right.data });
  if (sizeOf(out.shape) === 0) return out;

  const common = { k, n, transposeA, transposeB, packed: packed?.handle ?? null, bias, activation };
  const plan = planProduct(left.batch, right.batch, batch, transposeA);
  const count = sizeOf(batch);
  const whole = {
    ...common,
    a: left.data,
    b: packed ? null : right.data,
    residual,
    out: out.data,
  };
  if (plan.way === 'rows') {
    yield { name: 'matmul', options: { ...whole, batch: 1, m: count * m, aBatchStride: 0, bBatchStride: 0 } };
  } else if (plan.way === 'stack') {
    const [aBatchStride, bBatchStride] = [plan.a * m * k, plan.b * k * n];
    yield { name: 'matmul', options: { ...whole, batch: count, m, aBatchStride, bBatchStride } };
  } else {
    const { a: leftIndex, b: rightIndex } = plan;
    const part = (data: Float32Array, from: number, size: number) => data.subarray(from, from + size);
    for (const [name, data] of Object.entries({
      a: left.data,
      b: right.data,
      bias,
      residual,
      out: out.data,
    })) {
      if (data) checkAttached(name, data);
    }
    // Between the steps the caller may write to its arrays.
    const copies = new Copies();
    try {
      const [a, b, added] = [copies.of(left.data), copies.of(right.data), residual && copies.of(residual)];
      const shared = { ...common, bias: bias && copies.of(bias) };
      // Packed matrices go together: they are the last of the leading axes.
      const each = packed ? sizeOf(right.batch) : 1;
      for (let i = 0; i < count; i += each) {
        const aBatchStride = each === 1 || leftIndex[i] === leftIndex[i + 1] ? 0 : m * k;
        yield {
          name: 'matmul',
          options: {
            ...shared,
            batch: each,
            m,
            a: part(a, leftIndex[i]! * m * k, m * k + (each - 1) * aBatchStride),
            aBatchStride,
            b: packed ? null : part(b, rightIndex[i]! * k * n, k * n),
            bBatchStride: 0,
            residual: added ? part(added, i * m * n, each * m * n) : null,
            out: part(out.data, i * m * n, each * m * n),
          },
        };
      }
    } finally {
      copies.release();
    }
  }
  return out;
}

/**
 * activation(a b + bias) + residual.
 * @param a [..., m, k]
 * @param b [k, n], [..., k, n] (leading axes broadcast) or packed weights, [k, n] or [count, k, n]
 * @returns [..., m, n]
 */
export function matmul(a: TensorLike, b: TensorLike | PackedMatrix, options?: MatmulOptions): Tensor {
  return runSync(matmulSteps(a, b, options));
}

/** `matmul` on the pool, of the operands as they are now. */
export async function matmulAsync(
  a: TensorLike,
  b: TensorLike | PackedMatrix,
  options: MatmulOptions & Abortable = {},
): Promise<Tensor> {
  return runAsync(matmulSteps(a, b, options), options?.signal);
}
