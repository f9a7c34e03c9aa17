/** Dense modules of a model directory: a linear layer with an activation behind the pooling. */
import { join } from 'node:path';
import { expectation, ModelError } from '../../errors.js';
import { readSafetensors } from '../../formats/safetensors_reader.js';
import { MODEL_FILES } from '../../hub/model_files.js';
import { type ActivationName, matmulAsync } from '../../kernels/matmul.js';
import { PackedMatrix } from '../../kernels/packed_matrix.js';
import { type Shape, sameShape, shapeText } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { type JsonObject, readJsonObject } from '../directory/json_file.js';
import { allFinite } from '../feed/encode_job.js';

/** Sizes beyond this are no model's. */
const LARGEST = 1 << 20;

interface DenseActivation {
  /** What the kernel does itself. */
  fused: ActivationName;
  /** What is done to every number afterwards. */
  after?: (x: number) => number;
}

/** By the last part of the class's path: torch.nn.modules.activation.Tanh, torch.nn.Tanh. */
const ACTIVATIONS: Readonly<Record<string, DenseActivation>> = {
  Identity: { fused: 'none' },
  ReLU: { fused: 'relu' },
  GELU: { fused: 'gelu' },
  SiLU: { fused: 'none', after: (x) => x / (1 + Math.exp(-x)) },
  Tanh: { fused: 'none', after: Math.tanh },
  Sigmoid: { fused: 'none', after: (x) => 1 / (1 + Math.exp(-x)) },
};

interface DenseParts {
  weight: PackedMatrix;
  bias: Tensor | undefined;
  activation: DenseActivation;
  /** The way around the layer; 'input' where it has the layer's own width. */
  residual: PackedMatrix | 'input' | undefined;
}

export class Dense {
  private constructor(
    readonly inputs: number,
    readonly outputs: number,
    private readonly parts: DenseParts,
  ) {}

  /** @param path the module's folder */
  static async load(path: string): Promise<Dense> {
    const config = await readJsonObject(path, MODEL_FILES.config);
    const inputs = config.integer('in_features', 1, LARGEST);
    const outputs = config.integer('out_features', 1, LARGEST);
    const activation = readActivation(config);
    for (const key of ['module_input_name', 'module_output_name']) {
      if ((config.optionalString(key) ?? 'sentence_embedding') !== 'sentence_embedding') {
        config.fail(key, '"sentence_embedding"');
      }
    }
    const file = join(path, MODEL_FILES.weights);
    const tensors = await readSafetensors(file);
    const tensor = (name: string, shape: Shape): Tensor => {
      const found = tensors.get(name);
      if (found === undefined) {
        throw new ModelError(expectation(file, `a tensor ${name}`, 'none of this name'));
      }
      if (!sameShape(found.shape, shape)) {
        throw new ModelError(
          expectation(`${file}: ${name}`, `shape ${shapeText(shape)}`, shapeText(found.shape)),
        );
      }
      if (!allFinite(found.data)) {
        throw new ModelError(expectation(`${file}: ${name}`, 'finite weights', 'NaN or an infinity'));
      }
      return new Tensor(found.data, shape);
    };
    const packed = (name: string) => new PackedMatrix(tensor(name, [outputs, inputs]), { transpose: true });
    const around = config.boolean('use_residual', false);
    return new Dense(inputs, outputs, {
      weight: packed('linear.weight'),
      bias: config.boolean('bias', true) ? tensor('linear.bias', [outputs]) : undefined,
      activation,
      residual: !around ? undefined : inputs === outputs ? 'input' : packed('residual.weight'),
    });
  }

  /** @param x [rows, inputs] */
  async apply(x: Tensor): Promise<Tensor> {
    const { weight, bias, activation, residual } = this.parts;
    const { fused, after } = activation;
    const around = residual === 'input' ? x : residual && (await matmulAsync(x, residual));
    const y = await matmulAsync(x, weight, {
      activation: fused,
      ...(bias && { bias }),
      // What comes after the activation comes after one that the kernel does not do, too.
      ...(around && !after && { residual: around }),
    });
    if (after) {
      for (let i = 0; i < y.data.length; i++) y.data[i] = after(y.data[i]!) + (around?.data[i] ?? 0);
    }
    return y;
  }

  dispose(): void {
    this.parts.weight.dispose();
    if (this.parts.residual instanceof PackedMatrix) this.parts.residual.dispose();
  }
}

function readActivation(config: JsonObject): DenseActivation {
  const path = config.string('activation_function', 'torch.nn.modules.activation.Tanh');
  const name = /^torch\.nn\.(?:.*\.)?(\w+)$/.exec(path)?.[1];
  if (name === undefined || !Object.hasOwn(ACTIVATIONS, name)) {
    config.fail('activation_function', `one of torch.nn.${Object.keys(ACTIVATIONS).join(', ')}`);
  }
  return ACTIVATIONS[name]!;
}
