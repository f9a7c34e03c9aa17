/** Matrix product with 8-bit weights and activations that are quantised as they come. */
import { ArgumentError, describe, expectation } from '../errors.js';
import { checkOptions } from '../options.js';
import { checkDimension, checkMinimumRank, sizeOf } from '../tensor/shape.js';
import { checkTensor, type Tensor, type TensorLike } from '../tensor/tensor.js';
import { EPILOGUE_OPTIONS, type EpilogueOptions, epilogue } from './matmul.js';
import { checkApart } from './output.js';
import { QuantizedMatrix } from './quantized_matrix.js';
import { type Abortable, runAsync, runSync, type Steps } from './run.js';

function* int8MatmulSteps(
  a: TensorLike,
  weights: QuantizedMatrix,
  options: EpilogueOptions = {},
): Steps<Tensor> {
  checkOptions('int8Matmul', EPILOGUE_OPTIONS, options);
  const { data, shape } = checkTensor('a', a);
  checkMinimumRank('a', shape, 2, '[..., rows, columns]');
  if (!(weights instanceof QuantizedMatrix)) {
    throw new ArgumentError(expectation('weights', 'a QuantizedMatrix', describe(weights)));
  }
  checkDimension('a', 'columns (k, as rows of weights)', shape.at(-1)!, weights.k);
  const rows = shape.slice(0, -1);
  const { out, bias, residual, activation } = epilogue(options, [...rows, weights.n]);
  checkApart(out.data, { a: data });
  if (sizeOf(out.shape) === 0) return out;
  yield {
    name: 'int8Matmul',
    options: {
      m: sizeOf(rows),
      a: data,
      weights: weights.handle,
      bias,
      residual,
      activation,
      out: out.data,
    },
  };
  return out;
}

/**
 * activation(a b + bias) + residual, with each row of a quantised to 8 bits between its least and its largest
 * element (and 0), sums in 32-bit integers without any saturation, and a float32 result. A row of the result is
 * off by about 0.6 % of its norm for uniform operands where the CPU multiplies 8-bit numbers natively
 * (`info().int8` says how), 0.9 % elsewhere.
 * @param a [..., m, k]
 * @param weights [k, n]
 * @returns [..., m, n]
 */
export function int8Matmul(a: TensorLike, weights: QuantizedMatrix, options?: EpilogueOptions): Tensor {
  return runSync(int8MatmulSteps(a, weights, options));
}

/** `int8Matmul` on the pool, of the operands as they are now. */
export async function int8MatmulAsync(
  a: TensorLike,
  weights: QuantizedMatrix,
  options: EpilogueOptions & Abortable = {},
): Promise<Tensor> {
  return runAsync(int8MatmulSteps(a, weights, options), options?.signal);
}
