/**
 * The one base of all attention layers: Y_h = softmax(mix_i S_i) V_h, Y = concat_h(Y_h) W_o + b_o, where the S_i
 * are score functions. A layer says which ones.
 */
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { mixtureAttentionSteps, type ScoreSource } from '../kernels/attention.js';
import { type Abortable, runAsync, runSync, type Steps } from '../kernels/run.js';
import { checkDimension, checkRank, checkSameShape, type Shape } from '../tensor/shape.js';
import { checkTensor, Tensor, type TensorLike } from '../tensor/tensor.js';
import { Layer, type LayerConfig, type WeightSpec } from './layer.js';
import { type AttentionMasks, combineMasks } from './masks.js';
import { Projection, projectionSpecs } from './projection.js';
import {
  type PreparedScoreFunction,
  type ScoreFunction,
  type Sequence,
  sequenceRows,
} from './scores/score_function.js';

/**
 * 'learned': logits = sum_i alpha_i S_i, alpha = softmax(mixing/logits), which start at 0.
 * 'sum': logits = sum_i S_i.
 */
export type Mixing = 'learned' | 'sum';

export interface AttentionCallOptions extends AttentionMasks {
  /** [batch, keys, features], default the query. */
  value?: TensorLike;
  /** [batch, keys, features], default the value. */
  key?: TensorLike;
  /** Query i attends keys <= i (top-left aligned). */
  useCausalMask?: boolean;
  /** Also return the softmax, [batch, heads, queries, keys]. */
  returnAttentionScores?: boolean;
  /** Layers here infer: dropout is never applied, so true is refused where dropout is not 0. */
  training?: boolean;
}

type WithScores = AttentionCallOptions & { returnAttentionScores: true };

export interface MixtureAttentionConfig extends LayerConfig {
  numHeads: number;
  valueDim: number;
  useBias?: boolean;
  /** Features of the output, default those of the query. */
  outputShape?: number | readonly number[];
  /** Kept for the config's sake. */
  dropout?: number;
}

/** What a layer passes up besides its config. */
export interface MixtureParts {
  scores: readonly ScoreFunction[];
  mixing?: Mixing;
  /** W_v and W_o; without them values are used as they are, in one head. */
  projections: { valueDim: number; useBias: boolean; outputShape: readonly number[] | undefined } | undefined;
  numHeads: number;
  dropout: number;
}

interface Prepared {
  scores: PreparedScoreFunction[];
  /** alpha_i */
  mix: number[];
  value: Projection | undefined;
  output: Projection | undefined;
}

function sequence(name: string, value: TensorLike): Sequence {
  const { data, shape } = checkTensor(name, value);
  checkRank(name, shape, 3, '[batch, length, features]');
  return { data, batch: shape[0]!, length: shape[1]!, features: shape[2]! };
}

export abstract class MixtureAttention extends Layer {
  private prepared: Prepared | undefined;

  protected constructor(
    config: LayerConfig,
    defaultName: string,
    private readonly parts: MixtureParts,
  ) {
    super(config, defaultName);
  }

  static fromConfig<C extends object, L>(this: new (config: C) => L, config: C): L {
    return new this(config);
  }

  /** Creates the weights for these shapes; only the last axis counts. Done by the first call too. */
  build(queryShape: Shape, valueShape: Shape = queryShape, keyShape: Shape = valueShape): void {
    const last = (name: string, shape: Shape): number => {
      const features = shape.at(-1);
      if (!Number.isSafeInteger(features)) {
        throw new ShapeError(expectation(name, 'a shape that ends with the features', describe(shape)));
      }
      return features!;
    };
    const queryFeatures = last('queryShape', queryShape);
    const valueFeatures = last('valueShape', valueShape);
    const keyFeatures = last('keyShape', keyShape);
    this.createWeights(this.weightSpecs(queryFeatures, valueFeatures, keyFeatures));
  }

  /** Packs the weights and computes what does not depend on the input; done by the first call too. */
  prepare(): void {
    this.requirePrepared();
  }

  /** @param query [batch, queries, features] @returns [batch, queries, ...outputShape] */
  call(query: TensorLike, options: WithScores): [Tensor, Tensor];
  call(query: TensorLike, options?: AttentionCallOptions): Tensor;
  call(query: TensorLike, options: AttentionCallOptions = {}): Tensor | [Tensor, Tensor] {
    return runSync(this.steps(query, options));
  }

  /** `call` on the pool. The operands must not change before it ends. */
  callAsync(query: TensorLike, options: WithScores & Abortable): Promise<[Tensor, Tensor]>;
  callAsync(query: TensorLike, options?: AttentionCallOptions & Abortable): Promise<Tensor>;
  callAsync(
    query: TensorLike,
    options: AttentionCallOptions & Abortable = {},
  ): Promise<Tensor | [Tensor, Tensor]> {
    return runAsync(this.steps(query, options), options.signal);
  }

  computeOutputShape(queryShape: Shape): number[] {
    const features = this.parts.projections?.outputShape ?? [queryShape.at(-1)!];
    return [...queryShape.slice(0, -1), ...features];
  }

  protected override invalidate(): void {
    const { prepared } = this;
    this.prepared = undefined;
    for (const part of [...(prepared?.scores ?? []), prepared?.value, prepared?.output]) part?.dispose();
  }

  private learnsMixing(): boolean {
    return this.parts.scores.length > 1 && this.parts.mixing !== 'sum';
  }

  private requirePrepared(): Prepared {
    if (this.prepared) return this.prepared;
    const weights = this.requireWeights();
    const { scores, projections } = this.parts;
    let mix = scores.map(() => 1);
    if (this.learnsMixing()) {
      const logits = [...weights.get('mixing/logits')!.data];
      const top = Math.max(...logits);
      const powers = logits.map((a) => Math.exp(a - top));
      const total = powers.reduce((a, b) => a + b, 0);
      mix = powers.map((p) => p / total);
    }
    this.prepared = {
      scores: scores.map((s) => s.prepare(weights)),
      mix,
      value: projections && new Projection(weights, 'value', 1),
      output: projections && new Projection(weights, 'attention_output', 2),
    };
    return this.prepared;
  }

  private checkLengths(query: Sequence, key: Sequence, value: Sequence): void {
    for (const [name, s] of Object.entries({ value, key }))
      checkDimension(name, 'batch (as query)', s.batch, query.batch);
    checkDimension('key', 'length (as value)', key.length, value.length);
    for (const { kind, maxLength } of this.parts.scores) {
      const longest = Math.max(query.length, key.length);
      if (maxLength !== undefined && longest > maxLength) {
        throw new ShapeError(
          expectation(
            `${this.name}: length`,
            `at most ${maxLength} (maxLength of ${kind} scores)`,
            String(longest),
          ),
        );
      }
    }
  }

  /** Every weight of a layer for inputs of these features, in Keras' order. */
  private weightSpecs(queryFeatures: number, valueFeatures: number, keyFeatures: number): WeightSpec[] {
    const { projections, numHeads: heads, scores } = this.parts;
    const specs = scores.flatMap((s) => s.weightSpecs({ heads, queryFeatures, keyFeatures }));
    if (projections) {
      const { valueDim, useBias, outputShape = [queryFeatures] } = projections;
      specs.push(
        ...projectionSpecs('value', [valueFeatures], [heads, valueDim], useBias),
        ...projectionSpecs('attention_output', [heads, valueDim], outputShape, useBias),
      );
    }
    if (this.learnsMixing()) {
      specs.push({ name: 'mixing/logits', shape: [scores.length], initializer: 'zeros' });
    }
    return specs;
  }

  private checkFeatures(query: Sequence, key: Sequence, value: Sequence): void {
    const weights = this.requireWeights();
    for (const { name, shape } of this.weightSpecs(query.features, value.features, key.features)) {
      checkSameShape(`${this.name}: ${name} for these inputs`, shape, weights.get(name)!.shape);
    }
    if (!this.parts.projections) {
      checkDimension('key', 'features (as query)', key.features, query.features);
    }
  }

  private *steps(queryTensor: TensorLike, options: AttentionCallOptions): Steps<Tensor | [Tensor, Tensor]> {
    if (options.training === true && this.parts.dropout > 0) {
      throw new ArgumentError(expectation('training', 'false (dropout is for training)', 'true'));
    }
    const query = sequence('query', queryTensor);
    const value = sequence('value', options.value ?? queryTensor);
    const key = sequence('key', options.key ?? options.value ?? queryTensor);
    this.checkLengths(query, key, value);
    if (!this.built) this.build([query.features], [value.features], [key.features]);
    this.checkFeatures(query, key, value);
    const { numHeads: heads } = this.parts;
    const { batch, length: queries } = query;
    const mask = combineMasks(options, batch, heads, queries, key.length);
    const prepared = this.requirePrepared();

    const sources: ScoreSource[] = [];
    for (const [i, score] of prepared.scores.entries()) {
      const source = yield* score.logits({ query, key, heads, alone: prepared.scores.length === 1 });
      sources.push({ ...source, weight: source.weight * prepared.mix[i]! });
    }
    const values = prepared.value ? yield* prepared.value.steps(sequenceRows(value)) : value;
    const width = this.parts.projections ? heads * this.parts.projections.valueDim : value.features;
    const columns = width / heads;
    const context = Tensor.zeros([batch * queries, width]);
    const scores = options.returnAttentionScores
      ? Tensor.zeros([batch, heads, queries, key.length])
      : undefined;
    yield* mixtureAttentionSteps({
      batch,
      heads,
      queries,
      keys: key.length,
      valueColumns: columns,
      sources,
      value: { data: values.data, strides: [value.length * width, columns, width] },
      out: { data: context.data, strides: [queries * width, columns, width] },
      mask,
      causal: options.useCausalMask ?? false,
      weights: scores?.data ?? null,
    });
    const output = prepared.output ? yield* prepared.output.steps(context) : context;
    const tail = this.parts.projections ? this.computeOutputShape([query.features]) : [value.features];
    const result = new Tensor(output.data, [batch, queries, ...tail]);
    return scores ? [result, scores] : result;
  }
}
