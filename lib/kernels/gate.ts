/** Gate: one tensor weighed by the sigmoid of another. */
import { checkOptions, optionNames } from '../options.js';
import { checkSameShape, sizeOf } from '../tensor/shape.js';
import { checkTensor, type Tensor, type TensorLike } from '../tensor/tensor.js';
import { checkApart, checkApartOrSame, type OutputOption, outputTensor } from './output.js';
import { type Abortable, runAsync, runSync, type Steps } from './run.js';

export type GateOptions = OutputOption;

const OPTIONS = optionNames<keyof (GateOptions & Abortable)>()('out', 'signal');

export function* gateSteps(x: TensorLike, gate: TensorLike, options: GateOptions = {}): Steps<Tensor> {
  checkOptions('gate', OPTIONS, options);
  const { data, shape } = checkTensor('x', x);
  const by = checkTensor('gate', gate);
  checkSameShape('gate', by.shape, shape);
  const out = outputTensor(options.out, shape);
  checkApartOrSame(out.data, 'x', data);
  checkApart(out.data, { gate: by.data });
  yield { name: 'gate', options: { x: data, gate: by.data, y: out.data, size: sizeOf(shape) } };
  return out;
}

/** x / (1 + e^-gate), element by element; `out` may be x itself. @param gate of x's shape */
export function gate(x: TensorLike, gate: TensorLike, options?: GateOptions): Tensor {
  return runSync(gateSteps(x, gate, options));
}

/** `gate` on the pool, of the operands as they are now. */
export async function gateAsync(
  x: TensorLike,
  gate: TensorLike,
  options: GateOptions & Abortable = {},
): Promise<Tensor> {
  return runAsync(gateSteps(x, gate, options), options?.signal);
}
