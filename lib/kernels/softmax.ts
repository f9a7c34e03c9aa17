import { expectation, ShapeError } from '../errors.js';
import { checkOptions, optionNames } from '../options.js';
import { checkBoolean, checkFiniteNumber, checkMinimumRank, shapeText, sizeOf } from '../tensor/shape.js';
import { checkMask, checkTensor, type MaskLike, type Tensor, type TensorLike } from '../tensor/tensor.js';
import { maskRows } from './masks.js';
import { checkApart, checkApartOrSame, type OutputOption, outputTensor } from './output.js';
import { type Abortable, runAsync, runSync, type Steps } from './run.js';

export interface SoftmaxOptions extends OutputOption {
  /** Broadcasts to x; positions that are 0 get weight 0. A row without any other gives zeros. */
  mask?: MaskLike;
  /** x is [..., queries, keys] and query i attends keys <= i (top-left aligned). */
  causal?: boolean;
  /** Factor on x, default 1. */
  scale?: number;
}

const OPTIONS = optionNames<keyof (SoftmaxOptions & Abortable)>()('mask', 'causal', 'scale', 'out', 'signal');

function* softmaxSteps(x: TensorLike, options: SoftmaxOptions = {}): Steps<Tensor> {
  checkOptions('softmax', OPTIONS, options);
  const input = checkTensor('x', x);
  checkMinimumRank('x', input.shape, 1, '[..., columns]');
  const causal = checkBoolean('causal', options.causal ?? false);
  if (causal && input.shape.length < 2) {
    throw new ShapeError(expectation('x', 'shape [..., queries, keys] when causal', shapeText(input.shape)));
  }
  const columns = input.shape.at(-1)!;
  const mask =
    options.mask === undefined ? null : maskRows('mask', checkMask('mask', options.mask), input.shape);
  const out = outputTensor(options.out, input.shape);
  checkApartOrSame(out.data, 'x', input.data);
  if (mask) checkApart(out.data, { mask: mask.data });
  const scale = checkFiniteNumber('scale', options.scale ?? 1);
  const size = sizeOf(input.shape);
  if (size === 0) return out;
  yield {
    name: 'softmax',
    options: {
      x: input.data,
      y: out.data,
      rows: size / columns,
      columns,
      scale,
      mask: mask?.data ?? null,
      maskRows: mask?.rows ?? 0,
      causal,
      causalRows: causal ? input.shape.at(-2)! : 0,
    },
  };
  return out;
}

/**
 * softmax(scale x) over the last axis. Finite for any finite input; fully masked rows give zeros.
 * @param x [..., columns]; `out` may be x itself (in place)
 */
export function softmax(x: TensorLike, options?: SoftmaxOptions): Tensor {
  return runSync(softmaxSteps(x, options));
}

/** `softmax` on the pool, of the operands as they are now. */
export async function softmaxAsync(x: TensorLike, options: SoftmaxOptions & Abortable = {}): Promise<Tensor> {
  return runAsync(softmaxSteps(x, options), options?.signal);
}
