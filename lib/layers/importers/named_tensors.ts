/** Tensors of another library by their names there. */
import { ArgumentError, describe, expectation, ShapeError } from '../../errors.js';
import { permute } from '../../tensor/permute.js';
import { type Shape, shapeText } from '../../tensor/shape.js';
import { checkTensor, Tensor, type TensorLike } from '../../tensor/tensor.js';
import type { Layer } from '../layer.js';

/** Messages show the prefix. */
const LONGEST_PREFIX = 1000;

export class NamedTensors {
  /**
   * @param source what the tensors belong to, for errors
   * @param prefix of the names; those without it are not looked at
   */
  constructor(
    private readonly source: string,
    private readonly values: Readonly<Record<string, TensorLike>>,
    private readonly prefix = '',
    private readonly used = new Set<string>(),
  ) {
    if (typeof values !== 'object' || values === null || Array.isArray(values)) {
      throw new ArgumentError(expectation(source, 'tensors by name', describe(values)));
    }
    if (typeof prefix !== 'string' || prefix.length > LONGEST_PREFIX) {
      throw new ArgumentError(expectation('prefix', 'a string', describe(prefix)));
    }
  }

  /** Those with a longer prefix; what is read of them counts as read here. */
  below(prefix: string): NamedTensors {
    return new NamedTensors(this.source, this.values, this.prefix + prefix, this.used);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.values, this.prefix + name);
  }

  /** @param shapes the forms it may have; null for a size that is not known */
  get(name: string, ...shapes: readonly (readonly (number | null)[])[]): Tensor {
    if (!this.has(name)) {
      throw new ArgumentError(
        expectation(this.source, `a tensor ${this.prefix}${name}`, 'none of this name'),
      );
    }
    this.used.add(this.prefix + name);
    const { data, shape: found } = checkTensor(name, this.values[this.prefix + name]!);
    const fits = (shape: readonly (number | null)[]) =>
      found.length === shape.length && shape.every((size, i) => size === null || size === found[i]);
    if (!shapes.some(fits)) {
      const forms = shapes.map((shape) => `[${shape.map((size) => size ?? '?').join(', ')}]`);
      throw new ShapeError(expectation(name, `shape ${forms.join(' or ')}`, shapeText(found)));
    }
    return new Tensor(data, found);
  }

  /** Undefined where there is none. */
  find(name: string, shape: readonly (number | null)[]): Tensor | undefined {
    return this.has(name) ? this.get(name, shape) : undefined;
  }

  /** Nothing that changes the result may be left unread. */
  checkAllUsed(): void {
    const unknown = Object.keys(this.values).filter(
      (name) => name.startsWith(this.prefix) && !this.used.has(name),
    );
    if (unknown.length > 0) {
      throw new ArgumentError(
        expectation(this.source, `no tensors besides ${[...this.used].join(', ')}`, unknown.join(', ')),
      );
    }
  }
}

/** [out, in] as torch.nn.Linear keeps it, as a kernel [in, ...axes of out]. */
export function transposedKernel(weight: Tensor, outAxes: Shape): Tensor {
  const { data, shape } = permute(weight.data, weight.shape, [1, 0]);
  return new Tensor(data, [shape[0]!, ...outAxes]);
}

export function scaled(tensor: Tensor, factor: number): Tensor {
  return new Tensor(
    tensor.data.map((x) => x * factor),
    tensor.shape,
  );
}

/** Features of query, key and value as the kernels say. */
function featuresOf(weights: Readonly<Record<string, Tensor>>): Record<'query' | 'key' | 'value', number> {
  const rows = (names: readonly string[]) =>
    names.map((name) => weights[`${name}/kernel`]?.shape[0]).find((size) => size !== undefined);
  const value = rows(['value']);
  const output = weights['attention_output/kernel']?.shape.at(-1);
  const query =
    rows(['query', 'dense_1', 'factorized_dense_1', 'gate']) ?? output ?? weights.scale?.shape[0] ?? 1;
  return { query, key: rows(['key']) ?? value ?? query, value: value ?? query };
}

/** The layer with these weights, built for the features that they have. */
export function withWeights<L extends Layer>(layer: L, weights: Readonly<Record<string, Tensor>>): L {
  const { query, key, value } = featuresOf(weights);
  layer.build([query], [value], [key]);
  layer.setWeights(weights);
  return layer;
}
