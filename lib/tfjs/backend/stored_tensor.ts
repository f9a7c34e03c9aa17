/**
 * What the backend holds of a tensor, in the shape that the kernels of tfjs-backend-cpu expect. `values` is how they, and
 * everything that reads for users, get at the numbers: whoever looks there may keep the array, so it is never recycled
 * after that. Kernels of this package look through `peek`, and keep nothing.
 */
import type { backend_util, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { BufferPool } from './buffer_pool.js';

type Values = backend_util.BackendValues;

/** An array of the pool and how many tensors lie in it. */
export class SharedArray {
  readonly array: Float32Array;
  users = 0;
  /** Somebody outside may hold it. */
  escaped = false;

  constructor(array: Float32Array) {
    this.array = array;
  }
}

export class StoredTensor {
  readonly dtype: DataType;
  /** Tensors that have this data; written by the kernels of tfjs-backend-cpu. */
  refCount: number;
  /** Parts of a complex64 tensor, which has no values of its own. */
  declare complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  #values: Values | undefined;
  /** Absent where the values are not the pool's, such as an array that the user made a tensor of. */
  #shared: SharedArray | undefined;

  constructor(dtype: DataType, values: Values | undefined, refCount: number, shared?: SharedArray) {
    this.dtype = dtype;
    this.#values = values;
    this.refCount = refCount;
    this.#shared = shared;
    if (shared) shared.users++;
  }

  get values(): Values {
    if (this.#shared) this.#shared.escaped = true;
    // As in tfjs-backend-cpu, whose type leaves out that a complex64 tensor has none.
    return this.#values as Values;
  }

  set values(values: Values) {
    if (this.#shared) this.#shared.escaped = true;
    this.#shared = undefined;
    this.#values = values;
  }

  /** To look at while a kernel runs. */
  peek(): Values | undefined {
    return this.#values;
  }

  /** For a tensor that is to lie in the same array. */
  get shared(): SharedArray | undefined {
    return this.#shared;
  }

  /** The last tensor of this data is gone. */
  release(pool: BufferPool): void {
    const shared = this.#shared;
    this.#shared = undefined;
    this.#values = undefined;
    if (shared && --shared.users === 0 && !shared.escaped) pool.give(shared.array);
  }
}
