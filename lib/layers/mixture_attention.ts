/**
 * The one base of all attention layers: Y_h = softmax(mix_i S_i) V_h, Y = concat_h(Y_h) W_o + b_o, where the S_i
 * are score functions. A layer says which ones.
 */
import { ArgumentError, expectation, ShapeError } from '../errors.js';
import { type ExplainedLayer, Explanation } from '../explain/explanation.js';
import { mixtureAttentionSteps, type ScoreSource } from '../kernels/attention.js';
import { batchedSteps } from '../kernels/batched.js';
import { gateSteps } from '../kernels/gate.js';
import { resultTensor } from '../kernels/output.js';
import { owned } from '../kernels/own_arrays.js';
import { runSync, type Steps } from '../kernels/run.js';
import { Scratch } from '../kernels/scratch.js';
import { checkOptions, optionNames } from '../options.js';
import { allocateFloats } from '../tensor/allocate.js';
import {
  checkBoolean,
  checkDimension,
  checkFeatureShape,
  checkSameShape,
  type Shape,
  sizeOf,
} from '../tensor/shape.js';
import { type Mask, Tensor, type TensorLike } from '../tensor/tensor.js';
import { AttentionCache, givenMemory } from './attention_cache.js';
import { checkCacheOptions, keptMemory, type Memory, projectMemory } from './attention_memory.js';
import {
  type AttentionCallOptions,
  type AttentionParts,
  CALL_OPTIONS,
  EXPLAIN_OPTIONS,
  type ExplainOptions,
  explanationOptions,
  type WithScores,
} from './attention_options.js';
import { attentionWeightSpecs, PreparedAttention } from './attention_weights.js';
import { type Axes, axesOf, checkAxes, fromSequence, type Sequence, toSequence } from './axes.js';
import { CallableLayer } from './callable_layer.js';
import { inLayer } from './layer_error.js';
import type { BuildConfig, LayerConfig, WeightSpec } from './layer_types.js';
import { combineMasks, withoutMasked } from './masks.js';
import { isOwnLayer, runOf } from './own_layers.js';
import { sequenceRows } from './scores/score_function.js';

/** What layers above may ask of a call besides its public options. */
export interface InnerCallOptions extends AttentionCallOptions {
  /** Added to the output, of the output's shape. */
  residual?: TensorLike;
}

const MEMORY_OPTIONS = optionNames<'value' | 'key'>()('value', 'key');

/** A call whose arguments have been checked, with its keys and values. */
interface Call {
  query: Sequence;
  memory: Memory;
  mask: Mask | null;
  causal: boolean;
  position: number;
  /** For what does not outlive the call. */
  scratch: Scratch;
}

export abstract class MixtureAttention extends CallableLayer<AttentionCallOptions, WithScores> {
  static override readonly className: string = 'MixtureAttention';
  protected override readonly callOptions = CALL_OPTIONS;
  private prepared: PreparedAttention | undefined;

  protected constructor(
    config: Required<LayerConfig>,
    protected readonly parts: AttentionParts,
  ) {
    super(config);
  }

  override prepare(): void {
    inLayer(this.className, () => this.requirePrepared().precompute());
  }

  /**
   * A cache for decoding: `call(newPositions, {cache})` gives the rows that one causal call over all positions
   * gives. With `value` it holds the keys and values of that sequence, projected by its first call, and the calls
   * are cross-attention.
   */
  createCache(memory: Pick<AttentionCallOptions, 'value' | 'key'> = {}): AttentionCache {
    checkOptions(this.className, MEMORY_OPTIONS, memory);
    if (memory.value === undefined && memory.key !== undefined) {
      throw new ArgumentError(expectation(this.className, 'a value with the key', 'a key alone'));
    }
    return new AttentionCache(this, memory.value === undefined ? undefined : { ...memory });
  }

  override computeOutputShape(queryShape: Shape, valueShape: Shape = queryShape): number[] {
    const { projections } = this.parts;
    const [query, value] = inLayer(this.className, () => [
      checkFeatureShape('query', queryShape),
      checkFeatureShape('value', valueShape),
    ]) as [Shape, Shape];
    const tail = projections ? (projections.outputShape ?? [query.at(-1)!]) : [value.at(-1)!];
    return [...query.slice(0, -1), ...tail];
  }

  /**
   * What one sequence attends to: the weights of every head and, for mixtures, what each score function alone
   * would give. `toHTML()` of the result is a page to look at.
   * @param query [1, length, features]
   */
  explain(query: TensorLike, options: AttentionCallOptions & ExplainOptions = {}): Explanation {
    return inLayer(this.className, () => {
      checkOptions(this.className, EXPLAIN_OPTIONS, options);
      const layer = runSync(this.explainSteps(query, options), runOf(this, false));
      return new Explanation([layer], explanationOptions(options, options.value === undefined));
    });
  }

  override *steps(query: TensorLike, options: InnerCallOptions): Steps<Tensor | [Tensor, Tensor]> {
    const wanted = checkBoolean('returnAttentionScores', options.returnAttentionScores ?? false);
    return yield* this.opened(query, options, function* (this: MixtureAttention, call: Call) {
      const { batch, length, axes } = call.query;
      const { heads, projections } = this.parts;
      const scores = wanted
        ? owned(allocateFloats([batch, heads, length, call.memory.length], 'attention scores'))
        : null;
      const sources = yield* this.sources(call);
      const context = yield* this.attend(call, this.mixed(sources), scores);
      const output = yield* this.finish(call, context, options.residual);
      if (scores === null) return output;
      const heading = projections ? [heads] : [];
      return [
        output,
        new Tensor(scores, [...axes.batch, ...heading, ...axes.length, ...call.memory.axes.length]),
      ];
    });
  }

  /**
   * Sequences of a query of this shape, where native operations alone compute what the layer gives and each sequence
   * has results of its own; else undefined. The query itself may then be a result that is still to be computed.
   */
  sequencesOf(shape: Shape, options: AttentionCallOptions): number | undefined {
    const axes = axesOf('query', shape, this.parts.attentionAxes);
    const reads = options.queryMask !== undefined && this.parts.projections?.useGate;
    return !reads && isOwnLayer(this) && this.worksOnRows(axes, options) ? sizeOf(axes.batch) : undefined;
  }

  /** With a cache, axes in another order or no projections, JavaScript works on results in between or behind. */
  private worksOnRows({ ordered }: Axes, { cache }: AttentionCallOptions): boolean {
    return cache === undefined && ordered && this.parts.projections !== null;
  }

  protected override weightSpecs(shapes: BuildConfig): WeightSpec[] {
    return attentionWeightSpecs(this.parts, shapes);
  }

  protected override invalidate(): void {
    if (this.prepared) this.free(this.prepared);
    this.prepared = undefined;
  }

  private requirePrepared(): PreparedAttention {
    this.prepared ??= new PreparedAttention(this.parts, this.requireWeights());
    return this.prepared;
  }

  /** `use` with the checked call; a cache counts its positions only where `use` came to its end. */
  private *opened<T>(
    queryTensor: TensorLike,
    options: AttentionCallOptions,
    use: (this: MixtureAttention, call: Call) => Steps<T>,
  ): Steps<T> {
    if (checkBoolean('training', options.training ?? false) && this.parts.dropout > 0) {
      throw new ArgumentError(expectation('training', 'false (dropout is for training)', 'true'));
    }
    const { cache } = options;
    if (cache !== undefined && !(cache instanceof AttentionCache)) {
      throw new ArgumentError(expectation('cache', 'what createCache made', typeof cache));
    }
    const given = toSequence('query', queryTensor, this.parts.attentionAxes);
    const masked = options.queryMask !== undefined && this.parts.projections?.useGate;
    const query = masked ? withoutMasked(given, options.queryMask!) : given;
    cache?.enter(this, query.axes);
    const scratch = new Scratch();
    let done = 0;
    try {
      if (cache) checkCacheOptions(cache, options);
      const causal = checkBoolean('useCausalMask', options.useCausalMask ?? cache?.grows ?? false);
      const position = cache?.length ?? 0;
      const body = function* (this: MixtureAttention): Steps<T> {
        const memory = yield* this.memory(query, queryTensor, options, scratch);
        this.checkReach(Math.max(position + query.length, memory.length));
        const { heads } = this.parts;
        const mask = combineMasks(options, { query: query.axes, key: memory.axes, heads });
        return yield* use.call(this, { query, memory, mask, causal, position, scratch });
      }.bind(this);
      const together = this.worksOnRows(query.axes, options);
      const result = together ? yield* batchedSteps(query.batch, body()) : yield* body();
      done = query.length;
      return result;
    } finally {
      cache?.leave(done);
      scratch.release();
    }
  }

  private *memory(
    query: Sequence,
    queryTensor: TensorLike,
    options: AttentionCallOptions,
    scratch: Scratch,
  ): Steps<Memory> {
    const { cache } = options;
    if (cache?.filled) {
      this.checkFeatures(query.features);
      return keptMemory(this.requirePrepared(), cache, query.axes);
    }
    const given = (cache && givenMemory(cache)) ?? options;
    const axes = this.parts.attentionAxes;
    const value = toSequence('value', given.value ?? queryTensor, axes);
    const key = toSequence('key', given.key ?? given.value ?? queryTensor, axes);
    checkAxes('value', value.axes, query.axes);
    checkAxes('key', key.axes, query.axes);
    checkSameShape('key length (as value)', key.axes.length, value.axes.length);
    if (cache?.grows) checkDimension('value', 'length (as query, with a cache)', value.length, query.length);
    this.checkReach(Math.max(query.length, key.length));
    if (!this.built) this.build([query.features], [value.features], [key.features]);
    this.checkFeatures(query.features, value.features, key.features);
    return yield* projectMemory(this.requirePrepared(), value, key, cache, scratch);
  }

  private checkReach(longest: number): void {
    for (const { kind, maxLength } of this.parts.scores) {
      if (maxLength !== undefined && longest > maxLength) {
        throw new ShapeError(
          expectation('length', `at most ${maxLength} (maxLength of ${kind} scores)`, String(longest)),
        );
      }
    }
  }

  /** @param value, key undefined where they are those that the layer was built for */
  private checkFeatures(query: number, value?: number, key?: number): void {
    const built = this.getBuildConfig();
    const weights = this.requireWeights();
    const shapes = {
      queryShape: [query],
      valueShape: value === undefined ? built!.valueShape : [value],
      keyShape: key === undefined ? built!.keyShape : [key],
    };
    for (const { name, shape } of this.weightSpecs(shapes)) {
      checkSameShape(`${name} for these inputs`, shape, weights.get(name)!.shape);
    }
    // Without projections nothing else ties them together.
    if (this.parts.projections === null && key !== undefined) {
      checkDimension('key', 'features (as query)', key, query);
    }
  }

  /** The logits of each score function, not yet weighed. */
  private *sources({ query, memory, position, scratch }: Call): Steps<ScoreSource[]> {
    const { scores } = this.requirePrepared();
    const { heads } = this.parts;
    const sources: ScoreSource[] = [];
    for (const [i, score] of scores.entries()) {
      const alone = scores.length === 1;
      const keys = memory.keys[i];
      sources.push(
        yield* score.logits({ query, heads, keys, keyLength: memory.length, position, alone, scratch }),
      );
    }
    return sources;
  }

  private mixed(sources: readonly ScoreSource[]): ScoreSource[] {
    const { mix } = this.requirePrepared();
    return sources.map((source, i) => ({ ...source, weight: source.weight * mix[i]! }));
  }

  /** softmax(sources) V, [batch * queries, heads * valueDim]. @param scores filled with the softmax when given */
  private *attend(call: Call, sources: readonly ScoreSource[], scores: Float32Array | null): Steps<Tensor> {
    const { batch, length } = call.query;
    const { heads, keyValueHeads, slidingWindow } = this.parts;
    const { value, length: keys } = call.memory;
    const columns = value.width / keyValueHeads;
    const width = heads * columns;
    // Without projections it is the layer's output.
    const shape = [batch * length, width];
    const context = this.parts.projections ? call.scratch.tensor(shape) : resultTensor(shape);
    yield* mixtureAttentionSteps({
      batch,
      heads,
      kvGroup: heads / keyValueHeads,
      queries: length,
      keys,
      valueColumns: columns,
      sources,
      value: { data: value.data, strides: [value.batchStride, columns, value.width] },
      out: { data: context.data, strides: [length * width, columns, width] },
      mask: call.mask,
      causal: call.causal,
      slidingWindow,
      position: call.position,
      weights: scores,
    });
    return context;
  }

  /** Gate and output projection, or the values as they are. */
  private *finish(
    { query, scratch }: Call,
    context: Tensor,
    residual: TensorLike | undefined,
  ): Steps<Tensor> {
    const { gate, output } = this.requirePrepared();
    if (output === undefined) {
      const plain = fromSequence(context.data, query.axes, [context.shape[1]!]);
      if (residual) addInto(plain.data, residual.data);
      return plain;
    }
    if (gate)
      yield* gateSteps(context, yield* gate.steps(sequenceRows(query), {}, scratch), { out: context });
    const tail = this.computeOutputShape([query.features]);
    const columns = tail.reduce((a, b) => a * b, 1);
    // Fused where rows of output and residual lie in the same order.
    const fused = residual && query.axes.ordered;
    const rows = { data: residual?.data ?? context.data, shape: [context.shape[0]!, columns] };
    const { data } = yield* output.steps(context, fused ? { residual: rows } : {});
    const result = fromSequence(data, query.axes, tail);
    if (residual && !fused) addInto(result.data, residual.data);
    return result;
  }

  /** The body of `explain`, for layers that are made of layers. */
  *explainSteps(query: TensorLike, options: AttentionCallOptions): Steps<ExplainedLayer> {
    return yield* this.opened(query, options, function* (this: MixtureAttention, call: Call) {
      const { heads, scores, mixing } = this.parts;
      const { batch, length: queries } = call.query;
      const { length: keys } = call.memory;
      if (batch !== 1) throw new ShapeError(expectation('query', 'one sequence', `${batch} of them`));
      const softmaxOf = function* (this: MixtureAttention, sources: readonly ScoreSource[]) {
        const weights = allocateFloats([heads, queries, keys], 'attention weights');
        yield* this.attend(call, sources, weights);
        return weights;
      }.bind(this);
      const sources = yield* this.sources(call);
      const { mix } = this.requirePrepared();
      const parts = [{ name: 'attention', weights: yield* softmaxOf(this.mixed(sources)) }];
      for (const [i, { kind }] of (scores.length > 1 ? scores : []).entries()) {
        const alpha = mixing === 'learned' ? { mix: mix[i]! } : {};
        parts.push({ name: kind, ...alpha, weights: yield* softmaxOf([sources[i]!]) });
      }
      return { name: this.name, kind: this.className, heads, queries, keys, parts };
    });
  }
}

function addInto(to: Float32Array, from: Float32Array): void {
  for (let i = 0; i < to.length; i++) to[i]! += from[i]!;
}
