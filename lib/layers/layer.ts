/** What every layer has: a name, a config, weights of its own and of the layers it is made of. */
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { copyFloats } from '../tensor/allocate.js';
import { checkFeatureShape, checkSameShape, type Shape, shapeText, sizeOf } from '../tensor/shape.js';
import { checkTensor, Tensor, type TensorLike } from '../tensor/tensor.js';
import { initialize, randomSource } from './initializers.js';
import { inLayer } from './layer_error.js';
import type {
  BuildConfig,
  LayerConfig,
  NamedWeight,
  WeightMap,
  WeightSource,
  WeightSpec,
} from './layer_types.js';
import { loadLayer, saveLayer } from './persistence.js';
import { type Freeable, type LayerUse, together, Use } from './use.js';

/** Builds one sublayer; shapes default as in `build`. */
export type BuildSublayer = (
  prefix: string,
  layer: Layer,
  queryShape: Shape,
  valueShape?: Shape,
  keyShape?: Shape,
) => void;

/** Numbers of the largest weight: what a typed array surely holds. */
const LARGEST_WEIGHT = 2 ** 31;

function checkSize(name: string, shape: Shape): void {
  if (!(sizeOf(shape) <= LARGEST_WEIGHT)) {
    throw new ShapeError(expectation(name, `at most ${LARGEST_WEIGHT} numbers`, `shape ${shapeText(shape)}`));
  }
}

interface OwnWeight {
  tensor: Tensor;
  trainable: boolean;
}

export abstract class Layer {
  /** Of the class, as `registerLayer`, stored configurations and error messages know it. */
  static readonly className: string = 'Layer';

  readonly name: string;
  protected readonly seed: number;
  private own: Map<string, OwnWeight> | undefined;
  private builtFor: BuildConfig | undefined;
  private readonly use = new Use();

  protected constructor({ name, seed }: Required<LayerConfig>) {
    this.name = name;
    this.seed = seed;
  }

  /** A layer like the one whose `getConfig` gave this, without weights. */
  static fromConfig<C extends object, L>(this: new (config: C) => L, config: C): L {
    return new this(config);
  }

  get className(): string {
    return (this.constructor as typeof Layer).className;
  }

  /** Everything that `fromConfig` needs, as plain JSON. */
  abstract getConfig(): object;

  /** The output's shape for inputs of these shapes. */
  abstract computeOutputShape(queryShape: Shape, valueShape?: Shape): number[];

  /** Packs the weights and computes what does not depend on the input; done by the first call too. */
  abstract prepare(): void;

  /** Weights of this layer itself for inputs of these shapes, in Keras' order. */
  protected abstract weightSpecs(shapes: BuildConfig): WeightSpec[];

  /** Forgets what was made from the weights, and has it freed. */
  protected abstract invalidate(): void;

  /** Frees native memory when no call on the pool works with it any more: now, or when the last one ends. */
  protected free(memory: Freeable): void {
    this.use.free(memory);
  }

  /** A call on the pool begins, with this layer and those that it is made of. */
  protected beginUse(): LayerUse {
    return together([this.use.begin(), ...this.sublayers().map(([, layer]) => layer.beginUse())]);
  }

  /** The layers that this one is made of, by the prefix of their weights' names. */
  protected sublayers(): readonly (readonly [string, Layer])[] {
    return [];
  }

  /** Builds the sublayers for inputs of these shapes, each by one call of `build`. */
  protected buildSublayers(_shapes: BuildConfig, _build: BuildSublayer): void {}

  /**
   * Creates the weights for inputs of these shapes; done by the first call too. Only the features (the last axis)
   * and the number of axes count.
   * @param valueShape default queryShape
   * @param keyShape default valueShape
   */
  build(queryShape: Shape, valueShape: Shape = queryShape, keyShape: Shape = valueShape): void {
    inLayer(this.className, () => this.buildFrom({ queryShape, valueShape, keyShape }));
  }

  /**
   * `build`, with weights from elsewhere.
   * @param source gives each weight, checked; by default the initialisers do
   */
  buildFrom(given: BuildConfig, source?: WeightSource): void {
    const shapes: BuildConfig = {
      queryShape: checkFeatureShape('queryShape', given.queryShape),
      valueShape: checkFeatureShape('valueShape', given.valueShape),
      keyShape: checkFeatureShape('keyShape', given.keyShape),
    };
    const specs = this.weightSpecs(shapes);
    for (const { name, shape } of specs) checkSize(name, shape);
    this.buildSublayers(
      shapes,
      (prefix, layer, queryShape, valueShape = queryShape, keyShape = valueShape) => {
        const below = source && ((spec: WeightSpec) => source({ ...spec, name: `${prefix}/${spec.name}` }));
        layer.buildFrom({ queryShape, valueShape, keyShape }, below);
      },
    );
    const random = randomSource(this.seed);
    const make =
      source ??
      (({ initializer, shape }: WeightSpec) => new Tensor(initialize(initializer, shape, random), shape));
    if (this.own !== undefined) this.use.change();
    this.own = new Map(
      specs.map((spec) => [spec.name, { tensor: make(spec), trainable: spec.trainable ?? true }]),
    );
    this.builtFor = shapes;
    this.invalidate();
  }

  get built(): boolean {
    return this.own !== undefined;
  }

  /** The shapes that `build` was called with; undefined before. */
  getBuildConfig(): BuildConfig | undefined {
    return this.builtFor && { ...this.builtFor };
  }

  /** In Keras' order. The tensors are the layer's own: change them by `setWeights` only. */
  get weights(): NamedWeight[] {
    const own = [...this.requireOwn()].map(([name, weight]) => ({ name, ...weight }));
    const below = this.sublayers().flatMap(([prefix, layer]) =>
      layer.weights.map((weight) => ({ ...weight, name: `${prefix}/${weight.name}` })),
    );
    return [...below, ...own];
  }

  get trainableWeights(): NamedWeight[] {
    return this.weights.filter(({ trainable }) => trainable);
  }

  get nonTrainableWeights(): NamedWeight[] {
    return this.weights.filter(({ trainable }) => !trainable);
  }

  /** Copies, in the order of `weights`. */
  getWeights(): Tensor[] {
    return this.weights.map(({ tensor }) => new Tensor(copyFloats(tensor.data), tensor.shape));
  }

  /**
   * Replaces all weights; nothing changes if any does not fit.
   * @param values in the order of `weights`, or by name
   * @throws ShapeError, ArgumentError if one is missing, unknown or of another shape
   */
  setWeights(values: readonly TensorLike[] | Readonly<Record<string, TensorLike>>): void {
    inLayer(this.className, () => this.replace(this.checkedWeights(values)));
  }

  /**
   * Writes the layer to a directory: config.json and model.safetensors.
   * @throws ArgumentError if it is not built; FileError if the directory cannot be written
   */
  save(directory: string): Promise<void> {
    return saveLayer(this, directory);
  }

  /**
   * The layer that `save` wrote; of this class, or of any registered one when called on `Layer`.
   * @throws FileError, FormatError, ArgumentError, ShapeError with one sentence
   */
  static async load<L extends Layer>(
    this: { readonly prototype: L; readonly className: string },
    directory: string,
  ): Promise<L> {
    const layer = await loadLayer(directory);
    const { className } = layer;
    // biome-ignore-start lint/complexity/noThisInStatic: the class that `load` was called on
    if (!(layer instanceof (this as unknown as new () => Layer))) {
      throw new ArgumentError(expectation(directory, `a ${this.className}`, `a ${className}`));
    }
    // biome-ignore-end lint/complexity/noThisInStatic: as above
    return layer as L;
  }

  /** Numbers in all weights, trainable or not. */
  countParams(): number {
    return this.weights.reduce((sum, { tensor }) => sum + sizeOf(tensor.shape), 0);
  }

  /** Frees native memory that was made from the weights; it is made again when needed. */
  dispose(): void {
    this.invalidate();
    for (const [, layer] of this.sublayers()) layer.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Weights of this layer itself, without those of its sublayers. */
  protected requireWeights(): WeightMap {
    return new Map([...this.requireOwn()].map(([name, { tensor }]) => [name, tensor]));
  }

  private requireOwn(): Map<string, OwnWeight> {
    if (this.own === undefined) {
      throw new ArgumentError(
        expectation(this.className, 'a built layer (call build or the layer first)', 'one without weights'),
      );
    }
    return this.own;
  }

  private checkedWeights(values: readonly TensorLike[] | Readonly<Record<string, TensorLike>>): WeightMap {
    const current = new Map(this.weights.map(({ name, tensor }) => [name, tensor]));
    const names = [...current.keys()];
    if (typeof values !== 'object' || values === null) {
      throw new ArgumentError(expectation('weights', 'tensors in order or by name', describe(values)));
    }
    const entries: [string, TensorLike][] = Array.isArray(values)
      ? Array.from((values as TensorLike[]).slice(0, names.length + 1), (value, i) => [
          names[i] ?? `weights[${i}]`,
          value,
        ])
      : Object.entries(values as Record<string, TensorLike>);
    const given = new Map(entries);
    const missing = names.filter((name) => !given.has(name));
    const unknown = entries.map(([name]) => name).filter((name) => !current.has(name));
    if (missing.length > 0 || unknown.length > 0) {
      const received = [
        ...(missing.length > 0 ? [`none for ${missing.join(', ')}`] : []),
        ...(unknown.length > 0 ? [`unknown ${unknown.join(', ')}`] : []),
      ].join(' and ');
      throw new ShapeError(expectation(this.className, `weights ${names.join(', ') || '(none)'}`, received));
    }
    return new Map(
      [...current].map(([name, tensor]) => {
        const view = checkTensor(name, given.get(name)!);
        checkSameShape(name, view.shape, tensor.shape);
        return [name, new Tensor(copyFloats(view.data), view.shape)];
      }),
    );
  }

  /** @param values by the names of `weights`, checked */
  private replace(values: WeightMap): void {
    for (const [prefix, layer] of this.sublayers()) {
      const below = [...values].filter(([name]) => name.startsWith(`${prefix}/`));
      layer.replace(new Map(below.map(([name, tensor]) => [name.slice(prefix.length + 1), tensor])));
    }
    for (const [name, weight] of this.requireOwn()) weight.tensor = values.get(name)!;
    this.use.change();
    this.invalidate();
  }
}
