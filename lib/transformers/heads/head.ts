/** A head: linear layers and norms on a few rows of states. */
import { expectation, ModelError } from '../../errors.js';
import { layerNormAsync, matmulAsync, PackedMatrix } from '../../kernels/index.js';
import { shapeText } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { HeadStepPlan, LinearPlan, NormPlan } from './head_plan.js';
import type { HeadWeights } from './head_weights.js';

interface Step {
  width: number;
  /** [rows, columns] -> [rows, width] */
  apply(rows: Tensor): Promise<Tensor>;
  dispose?(): void;
}

async function loadLinear(plan: LinearPlan, weights: HeadWeights, columns: number): Promise<Step> {
  const weight = await weights.read(plan.weight);
  const [width] = weight.shape;
  if (weight.shape.length !== 2 || weight.shape[1] !== columns) {
    const name = plan.weight.find((one) => weights.has(one));
    throw new ModelError(
      expectation(`${weights.source}: ${name}`, `shape [*, ${columns}]`, shapeText(weight.shape)),
    );
  }
  const biased = plan.bias.some((name) => weights.has(name));
  const bias = biased ? { bias: await weights.vector(plan.bias, width!) } : {};
  const packed = new PackedMatrix(weight, { transpose: true });
  const fused = plan.activation === 'tanh' ? 'none' : plan.activation;
  return {
    width: width!,
    async apply(rows) {
      const out = await matmulAsync(rows, packed, { ...bias, activation: fused });
      if (plan.activation === 'tanh') {
        for (let i = 0; i < out.data.length; i++) out.data[i] = Math.tanh(out.data[i]!);
      }
      return out;
    },
    dispose: () => packed.dispose(),
  };
}

async function loadNorm({ name, epsilon }: NormPlan, weights: HeadWeights, columns: number): Promise<Step> {
  // Checkpoints that began in TensorFlow say gamma and beta.
  const gamma = await weights.vector([`${name}.weight`, `${name}.gamma`], columns);
  const shift = [`${name}.bias`, `${name}.beta`];
  const beta = shift.some((one) => weights.has(one)) ? { beta: await weights.vector(shift, columns) } : {};
  return {
    width: columns,
    apply: (rows) => layerNormAsync(rows, { gamma, ...beta, epsilon, out: rows }),
  };
}

export class Head {
  private constructor(
    private readonly steps: readonly Step[],
    /** Numbers that come out for each row. */
    readonly width: number,
  ) {}

  /** @param columns length of a state */
  static async load(plan: readonly HeadStepPlan[], weights: HeadWeights, columns: number): Promise<Head> {
    const steps: Step[] = [];
    let width = columns;
    try {
      for (const step of plan) {
        const loaded = await (step.kind === 'linear'
          ? loadLinear(step, weights, width)
          : loadNorm(step, weights, width));
        steps.push(loaded);
        width = loaded.width;
      }
    } catch (error) {
      for (const step of steps) step.dispose?.();
      throw error;
    }
    return new Head(steps, width);
  }

  /** [rows, columns] -> [rows, width] */
  async apply(rows: Tensor): Promise<Tensor> {
    let out = rows;
    for (const step of this.steps) out = await step.apply(out);
    return out;
  }

  dispose(): void {
    for (const step of this.steps) step.dispose?.();
  }
}
