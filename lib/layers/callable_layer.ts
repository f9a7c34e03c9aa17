/** Layers that are called with a query: at once, on the thread pool, or only counted. */
import { countFlops } from '../kernels/flops.js';
import { type Abortable, runAsync, runSync, type Steps } from '../kernels/run.js';
import { checkOptions } from '../options.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { Layer } from './layer.js';
import { inLayer, layerError } from './layer_error.js';

/** The options of a call, which may be left out where none of them is needed. */
type CallArguments<Options> = Record<never, never> extends Options ? [options?: Options] : [options: Options];

export abstract class CallableLayer<Options extends object, WithScores extends Options> extends Layer {
  /** Names of the options that a call may have; `signal` is one of every call on the pool. */
  protected abstract readonly callOptions: ReadonlySet<string>;

  /** What `call` does, as native operations: for layers that are made of layers. */
  abstract steps(query: TensorLike, options: Options): Steps<Tensor | [Tensor, Tensor]>;

  /** The layer's output; with `returnAttentionScores` also the softmax. */
  call(query: TensorLike, options: WithScores): [Tensor, Tensor];
  call(query: TensorLike, ...options: CallArguments<Options>): Tensor;
  call(query: TensorLike, options: Options = {} as Options): Tensor | [Tensor, Tensor] {
    return inLayer(this.className, () => {
      checkOptions(this.className, this.callOptions, options);
      return runSync(this.steps(query, options));
    });
  }

  /** `call` on the pool. The operands must not change before it ends. */
  callAsync(query: TensorLike, options: WithScores & Abortable): Promise<[Tensor, Tensor]>;
  callAsync(query: TensorLike, ...options: CallArguments<Options & Abortable>): Promise<Tensor>;
  async callAsync(
    query: TensorLike,
    options: Options & Abortable = {} as Options,
  ): Promise<Tensor | [Tensor, Tensor]> {
    checkOptions(this.className, this.callOptions, options);
    return this.onPool(this.steps(query, options), options);
  }

  /** Performs steps on the pool; errors begin with the layer's class. */
  protected async onPool<T>(steps: Steps<T>, { signal }: Abortable): Promise<T> {
    try {
      return await runAsync(steps, signal);
    } catch (error) {
      throw layerError(this.className, error);
    }
  }

  /**
   * Floating-point operations of the products that `call` would compute for these arguments, two a multiply-add;
   * softmax, activations, biases and normalisation are not counted. Nothing is computed.
   */
  countFlops(query: TensorLike, options: Options = {} as Options): number {
    return inLayer(this.className, () => {
      checkOptions(this.className, this.callOptions, options);
      return countFlops(this.steps(query, options));
    });
  }
}
