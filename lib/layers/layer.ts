/** What every layer has: a name, a config, weights. */
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { checkSameShape, type Shape, sizeOf } from '../tensor/shape.js';
import { checkTensor, Tensor, type TensorLike } from '../tensor/tensor.js';
import { type Initializer, initialize, randomSource } from './initializers.js';

export interface WeightSpec {
  /** Keras' name, such as query/kernel. */
  name: string;
  shape: Shape;
  initializer: Initializer;
}

export interface NamedWeight {
  readonly name: string;
  readonly tensor: Tensor;
}

export interface LayerConfig {
  name?: string;
  /** Of the random initial weights; equal seeds give equal weights. Default 0. */
  seed?: number;
}

/** The weights of a built layer by name. */
export type WeightMap = ReadonlyMap<string, Tensor>;

export abstract class Layer {
  readonly name: string;
  protected readonly seed: number;
  private weightMap: Map<string, Tensor> | undefined;

  protected constructor(config: LayerConfig, defaultName: string) {
    this.name = config.name ?? defaultName;
    this.seed = config.seed ?? 0;
    if (typeof this.name !== 'string')
      throw new ArgumentError(expectation('name', 'a string', describe(this.name)));
    if (!Number.isSafeInteger(this.seed))
      throw new ArgumentError(expectation('seed', 'an integer', describe(this.seed)));
  }

  /** Everything that `fromConfig` needs, as plain JSON. */
  abstract getConfig(): object;

  /** Forgets what was made from the weights. */
  protected abstract invalidate(): void;

  get built(): boolean {
    return this.weightMap !== undefined;
  }

  /** In Keras' order. The tensors are the layer's own: change them by `setWeights` only. */
  get weights(): NamedWeight[] {
    return [...this.requireWeights()].map(([name, tensor]) => ({ name, tensor }));
  }

  /** Copies, in the order of `weights`. */
  getWeights(): Tensor[] {
    return this.weights.map(({ tensor }) => new Tensor(tensor.data.slice(), tensor.shape));
  }

  /**
   * Replaces all weights; nothing changes if any does not fit.
   * @param values in the order of `weights`, or by name
   */
  setWeights(values: readonly TensorLike[] | Readonly<Record<string, TensorLike>>): void {
    const current = this.requireWeights();
    const names = [...current.keys()];
    const entries: [string, TensorLike][] = Array.isArray(values)
      ? (values as TensorLike[]).map((value, i) => [names[i] ?? `weights[${i}]`, value])
      : Object.entries(values as Record<string, TensorLike>);
    const given = new Map(entries);
    const missing = names.filter((name) => !given.has(name));
    const unknown = entries.map(([name]) => name).filter((name) => !current.has(name));
    if (missing.length > 0 || unknown.length > 0) {
      const received = [
        ...(missing.length > 0 ? [`none for ${missing.join(', ')}`] : []),
        ...(unknown.length > 0 ? [`unknown ${unknown.join(', ')}`] : []),
      ].join(' and ');
      throw new ShapeError(
        expectation(`${this.name}.setWeights`, `weights ${names.join(', ') || '(none)'}`, received),
      );
    }
    const next = new Map<string, Tensor>();
    for (const [name, tensor] of current) {
      const view = checkTensor(name, given.get(name)!);
      checkSameShape(`${this.name}: ${name}`, view.shape, tensor.shape);
      next.set(name, new Tensor(view.data.slice(), view.shape));
    }
    this.weightMap = next;
    this.invalidate();
  }

  countParams(): number {
    return this.weights.reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0);
  }

  /** Frees native memory that was made from the weights; it is made again when needed. */
  dispose(): void {
    this.invalidate();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  protected createWeights(specs: readonly WeightSpec[]): void {
    const random = randomSource(this.seed);
    this.weightMap = new Map(
      specs.map(({ name, shape, initializer }) => [
        name,
        new Tensor(initialize(initializer, shape, random), shape),
      ]),
    );
    this.invalidate();
  }

  protected requireWeights(): WeightMap {
    if (this.weightMap === undefined) {
      throw new ArgumentError(
        expectation(this.name, 'a built layer (call build or the layer first)', 'one without weights'),
      );
    }
    return this.weightMap;
  }
}
