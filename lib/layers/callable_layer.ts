/** Layers that are called with a query: at once, on the thread pool, or only counted. */

import { ArgumentError, expectation } from '../errors.js';
import { Copies } from '../kernels/copies.js';
import { countFlops } from '../kernels/flops.js';
import { type Abortable, runAsync, runSync, type Steps } from '../kernels/run.js';
import { checkOptions } from '../options.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import { Layer } from './layer.js';
import { inLayer, layerError } from './layer_error.js';
import { distrustForeign, runOf } from './own_layers.js';

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
      return runSync(this.steps(query, options), runOf(this, false));
    });
  }

  /**
   * `call` on the pool. It works on the operands as they are now: they may change, or go, before it ends. `dispose` may be
   * called meanwhile; where weights are replaced, the call is rejected with an ArgumentError.
   */
  callAsync(query: TensorLike, options: WithScores & Abortable): Promise<[Tensor, Tensor]>;
  callAsync(query: TensorLike, ...options: CallArguments<Options & Abortable>): Promise<Tensor>;
  async callAsync(
    query: TensorLike,
    options: Options & Abortable = {} as Options,
  ): Promise<Tensor | [Tensor, Tensor]> {
    checkOptions(this.className, this.callOptions, options);
    return this.onPool(options, (copies) => this.steps(copies.ofArgument(query), copies.ofOptions(options)));
  }

  /**
   * Performs steps on the pool; errors begin with the layer's class.
   * @param make the steps, of copies of the arguments
   * @throws ArgumentError where weights were replaced before the call has ended
   */
  protected async onPool<T>({ signal }: Abortable, make: (copies: Copies) => Steps<T>): Promise<T> {
    const run = runOf(this, true);
    const copies = new Copies(run);
    const use = this.beginUse();
    try {
      const result = await runAsync(make(copies), signal, run);
      // Some of the steps may have read the old weights and some the new ones.
      if (use.changed) {
        throw new ArgumentError(expectation('weights', 'those that the call began with', 'others meanwhile'));
      }
      return result;
    } catch (error) {
      throw layerError(this.className, error);
    } finally {
      copies.release();
      use.end();
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

/** The steps of a layer inside of another one. */
export function innerSteps<Options extends object>(
  layer: CallableLayer<Options, never>,
  query: TensorLike,
  options: Options,
): Steps<Tensor | [Tensor, Tensor]> {
  distrustForeign(layer);
  return layer.steps(query, options);
}
