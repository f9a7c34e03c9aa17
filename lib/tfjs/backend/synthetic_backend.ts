/**
 * The TensorFlow.js backend 'synthetic': tensors are typed arrays as in tfjs-backend-cpu, whose kernels it can run, and
 * arrays of disposed tensors are used again.
 */
import { totalmem } from 'node:os';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { type backend_util, type DataType, engine, type TensorInfo } from '@tensorflow/tfjs-core';
import { BufferPool } from './buffer_pool.js';
import { type Recipe, SharedArray } from './shared_array.js';
import { StoredTensor } from './stored_tensor.js';

export const BACKEND_NAME = 'synthetic';

const GIB = 2 ** 30;

/** Enough for the steps of a training that uses most of a machine's memory for something else. */
function poolCapacity(): number {
  return Math.min(GIB, (process.constrainedMemory?.() || totalmem()) / 8, totalmem() / 8);
}

/** What is given to the pool anew, such as a result that was never made a tensor. */
type Values = backend_util.BackendValues;

export interface SyntheticMemory {
  unreliable: boolean;
  reasons: string[];
  /** Bytes of disposed tensors that are kept for tensors to come. */
  numBytesInPool: number;
}

export class SyntheticBackend extends MathBackendCPU {
  readonly #pool = new BufferPool(poolCapacity());

  /** The array is the caller's, who may change it or look at it later: it is never recycled. */
  override write(values: Values, _shape: number[], dtype: DataType): object {
    return this.#store(new StoredTensor(dtype, values, 1));
  }

  override move(dataId: object, values: Values, _shape: number[], dtype: DataType, refCount: number): void {
    this.data.set(dataId, new StoredTensor(dtype, values, refCount));
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const stored = this.stored({ dataId });
    stored.refCount--;
    if (!force && stored.refCount > 0) return false;
    if (stored.complexTensorInfos) {
      this.disposeData(stored.complexTensorInfos.real.dataId, true);
      this.disposeData(stored.complexTensorInfos.imag.dataId, true);
    }
    // By force, tensors that are still there lose their data without a notice to those that read it right now.
    if (stored.refCount <= 0) stored.release();
    this.data.delete(dataId);
    return true;
  }

  override memory(): SyntheticMemory {
    return { ...super.memory(), numBytesInPool: this.#pool.bytes };
  }

  override dispose(): void {
    this.#pool.clear();
    super.dispose();
  }

  stored(info: Pick<TensorInfo, 'dataId'>): StoredTensor {
    return this.data.get(info.dataId) as StoredTensor;
  }

  /** Values to look at while a kernel runs, neither to be kept nor changed. */
  peek(info: TensorInfo): Values | undefined {
    return this.stored(info).peek();
  }

  /** `peek` at a float32 tensor. One that was cast without a copy may hold its integers still. */
  floats(info: TensorInfo): Float32Array {
    const values = this.peek(info);
    return values instanceof Float32Array ? values : Float32Array.from(values as Int32Array);
  }

  /** An array with arbitrary elements, for `wrap` or `recycle`. */
  allocate(size: number): Float32Array {
    return this.#pool.take(size);
  }

  /** Gives an array of `allocate` back; nobody may hold it. */
  recycle(values: Float32Array): void {
    this.#pool.give(values);
  }

  /** A float32 tensor of an array from `allocate`, which is used again when the tensor is gone. */
  wrap(shape: number[], values: Float32Array): TensorInfo {
    const stored = new StoredTensor('float32', undefined, 1, new SharedArray(this.#pool, values));
    return { dataId: this.#store(stored), shape, dtype: 'float32' };
  }

  /** What `own` of a stored tensor is, after a copy where somebody outside holds the values. */
  owned(info: TensorInfo): SharedArray {
    const stored = this.stored(info);
    if (stored.own) return stored.own;
    const values = this.floats(info);
    const copy = this.allocate(values.length);
    copy.set(values);
    const shared = new SharedArray(this.#pool, copy);
    stored.adopt(shared);
    return shared;
  }

  /** A float32 tensor that is computed when somebody looks at it. */
  defer(shape: number[], recipe: Recipe): TensorInfo {
    const stored = new StoredTensor('float32', undefined, 1, new SharedArray(this.#pool, recipe));
    return { dataId: this.#store(stored), shape, dtype: 'float32' };
  }

  /** A tensor that lies in `values`, a part of the array of another. */
  view(of: TensorInfo, shape: number[], values: Values): TensorInfo {
    const dataId = this.#store(new StoredTensor(of.dtype, values, 1, this.stored(of).shared));
    return { dataId, shape, dtype: of.dtype };
  }

  #store(stored: StoredTensor): object {
    const dataId = {};
    this.data.set(dataId, stored);
    return dataId;
  }
}

/** The backend where it is the current one. */
export function syntheticBackend(): SyntheticBackend | undefined {
  const { backend } = engine();
  return backend instanceof SyntheticBackend ? backend : undefined;
}
