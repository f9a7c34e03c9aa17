/** A linear map whose weights are packed: x [rows, d_in] -> [rows, d_out]. */
import { type EpilogueOptions, matmulSteps } from '../kernels/matmul.js';
import { owned } from '../kernels/own_arrays.js';
import { PackedMatrix } from '../kernels/packed_matrix.js';
import type { Steps } from '../kernels/run.js';
import type { Scratch } from '../kernels/scratch.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import { shapeOf, Tensor, type TensorLike } from '../tensor/tensor.js';
import type { WeightMap, WeightSpec } from './layer_types.js';

function affineSpecs(name: string, kernel: Shape, bias: Shape, useBias: boolean): WeightSpec[] {
  const specs: WeightSpec[] = [{ name: `${name}/kernel`, shape: kernel, initializer: 'glorotUniform' }];
  if (useBias) specs.push({ name: `${name}/bias`, shape: bias, initializer: 'zeros' });
  return specs;
}

/** kernel [...input axes, ...output axes], bias [...output axes]. */
export function projectionSpecs(name: string, input: Shape, output: Shape, useBias: boolean): WeightSpec[] {
  return affineSpecs(name, [...input, ...output], output, useBias);
}

/** kernel [...heads, rows, columns], bias [...heads, columns]: a map of its own for each head, or one for all. */
export function headKernelSpecs(
  name: string,
  heads: Shape,
  [rows, columns]: readonly [number, number],
  useBias: boolean,
): WeightSpec[] {
  return affineSpecs(name, [...heads, rows, columns], [...heads, columns], useBias);
}

export class Projection {
  private readonly kernel: PackedMatrix;
  readonly #bias: Tensor | undefined;

  /** @param inputAxes leading axes of the kernel that are summed over */
  constructor(weights: WeightMap, name: string, inputAxes: number) {
    const kernel = weights.get(`${name}/kernel`)!;
    const rows = sizeOf(kernel.shape.slice(0, inputAxes));
    const columns = sizeOf(kernel.shape.slice(inputAxes));
    this.kernel = new PackedMatrix(kernel.reshape([rows, columns]));
    // A copy, as the packed kernel is: a call of several steps must not see a bias change between them.
    const bias = weights.get(`${name}/bias`);
    this.#bias = bias && new Tensor(bias.data.slice(), [columns]);
  }

  /**
   * @param x [..., rows, d_in]
   * @param scratch where the result is taken from that does not outlive the call
   */
  *steps(
    x: TensorLike,
    options: Omit<EpilogueOptions, 'bias' | 'out'> = {},
    scratch?: Scratch,
  ): Steps<Tensor> {
    const leading = shapeOf('x', x).slice(0, -1);
    if (this.#bias) owned(this.#bias.data);
    return yield* matmulSteps(x, this.kernel, {
      ...options,
      ...(this.#bias ? { bias: this.#bias } : {}),
      ...(scratch ? { out: scratch.tensor([...leading, this.kernel.n]) } : {}),
    });
  }

  dispose(): void {
    this.kernel.dispose();
  }
}
