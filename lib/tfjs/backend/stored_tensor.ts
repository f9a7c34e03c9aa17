/**
 * What the backend holds of a tensor, in the shape that the kernels of tfjs-backend-cpu expect. `values` is how they, and
 * everything that reads for users, get at the numbers: whoever looks there may keep the array, so it is never recycled
 * after that. Kernels of this package look through `peek`, and keep nothing.
 */
import type { backend_util, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { SharedArray } from './shared_array.js';

type Values = backend_util.BackendValues;

export class StoredTensor {
  readonly dtype: DataType;
  /** Tensors that have this data; written by the kernels of tfjs-backend-cpu. */
  refCount: number;
  /** Parts of a complex64 tensor, which has no values of its own. */
  declare complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  /** Absent where the tensor is the whole of the shared array. */
  #values: Values | undefined;
  /** Absent where the values are not the pool's, such as an array that the user made a tensor of. */
  #shared: SharedArray | undefined;

  constructor(dtype: DataType, values: Values | undefined, refCount: number, shared?: SharedArray) {
    this.dtype = dtype;
    this.#values = values;
    this.refCount = refCount;
    this.#shared = shared;
    shared?.retain();
  }

  get values(): Values {
    const whole = this.#shared?.handOut();
    // As in tfjs-backend-cpu, whose type leaves out that a complex64 tensor has none.
    return this.#values ?? (whole as Values);
  }

  set values(values: Values) {
    this.#shared?.handOut();
    this.release();
    this.#values = values;
  }

  /** To look at while a kernel runs. */
  peek(): Values | undefined {
    return this.#values ?? this.#shared?.array;
  }

  /** For a tensor that is to lie in the same array. */
  get shared(): SharedArray | undefined {
    return this.#shared;
  }

  /** The array of which this is the whole and that nobody outside holds. */
  get own(): SharedArray | undefined {
    return this.#values === undefined && !this.#shared?.escaped ? this.#shared : undefined;
  }

  /** From now on the tensor is the whole of `shared`, which has the same values. */
  adopt(shared: SharedArray): void {
    shared.retain();
    this.release();
    this.#shared = shared;
  }

  /** The last tensor of this data is gone. */
  release(): void {
    this.#shared?.release();
    this.#shared = undefined;
    this.#values = undefined;
  }
}
