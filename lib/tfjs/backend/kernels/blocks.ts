/** Slices, concatenations, paddings and repetitions, copied a run at a time. */
import { slice_util, type TensorInfo, type TypedArray, util } from '@tensorflow/tfjs-core';
import { worthNative } from '../native_size.js';
import type { SyntheticBackend } from '../synthetic_backend.js';
import { copyBlock } from './copy_block.js';
import { axesOf, type Call, type Kernel, sizeOf, stridesOf } from './kernel.js';

/** An element's way through JavaScript's arrays of indices, in additions. */
const COST = 16;

/** Values of a type that is copied as it is. */
function plain(backend: SyntheticBackend, x: TensorInfo): TypedArray | undefined {
  const values = backend.peek(x);
  const right =
    (x.dtype === 'float32' && values instanceof Float32Array) ||
    (x.dtype === 'int32' && values instanceof Int32Array) ||
    (x.dtype === 'bool' && values instanceof Uint8Array);
  return right ? values : undefined;
}

/** A tensor whose elements `write` sets, all of them. */
function make(
  backend: SyntheticBackend,
  shape: number[],
  dtype: TensorInfo['dtype'],
  write: (values: TypedArray) => void,
): TensorInfo {
  const size = sizeOf(shape);
  if (dtype === 'float32') {
    const values = backend.allocate(size);
    write(values);
    return backend.wrap(shape, values);
  }
  const values = dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
  write(values);
  return backend.makeTensorInfo(shape, dtype, values);
}

/** The part of x of `size` from `begin` on; one that lies in x as it is stays there. */
function part(
  backend: SyntheticBackend,
  x: TensorInfo,
  begin: number[],
  size: number[],
  shape = size,
): TensorInfo | undefined {
  const values = plain(backend, x);
  if (values === undefined) return undefined;
  const strides = stridesOf(x.shape);
  const offset = begin.reduce((sum, from, i) => sum + from * strides[i]!, 0);
  if (slice_util.isSliceContinous(x.shape, begin, size)) {
    return backend.view(x, shape, values.subarray(offset, offset + sizeOf(size)));
  }
  return make(backend, shape, x.dtype, (out) =>
    copyBlock(size, { values, offset, strides }, { values: out, offset: 0, strides: stridesOf(size) }),
  );
}

const slice: Kernel = ({ backend, inputs, attrs }) => {
  const x = inputs.x as TensorInfo;
  const [begin, size] = slice_util.parseSliceParams(
    x as never,
    attrs.begin as number[],
    attrs.size as number[],
  ) as [number[], number[]];
  slice_util.assertParamsValid(x as never, begin, size);
  return sizeOf(size) > 0 ? part(backend, x, begin, size) : undefined;
};

/** Parts along an axis, of `sizes`; `shapeOf` gives the shape of one. */
function parts(
  backend: SyntheticBackend,
  x: TensorInfo,
  axis: number,
  sizes: number[],
  shapeOf: (size: number[]) => number[],
): TensorInfo[] | undefined {
  if (sizeOf(x.shape) === 0 || plain(backend, x) === undefined) return undefined;
  const begin = x.shape.map(() => 0);
  return sizes.map((length) => {
    const size = [...x.shape];
    size[axis] = length;
    const result = part(backend, x, begin, size, shapeOf(size))!;
    begin[axis]! += length;
    return result;
  });
}

const unpack: Kernel = ({ backend, inputs, attrs }) => {
  const x = inputs.value as TensorInfo;
  const [axis] = axesOf(attrs.axis, x.shape.length) ?? [];
  if (axis === undefined) return undefined;
  const ones = Array.from({ length: x.shape[axis]! }, () => 1);
  return parts(backend, x, axis, ones, (size) => size.toSpliced(axis, 1));
};

const splitV: Kernel = ({ backend, inputs, attrs }) => {
  const x = inputs.x as TensorInfo;
  const [axis] = util.parseAxisParam(attrs.axis as number, x.shape);
  const sizes = attrs.numOrSizeSplits as number | number[];
  const length = x.shape[axis!]!;
  if (Array.isArray(sizes)) {
    const right = sizes.every((size) => size > 0) && sizes.reduce((a, b) => a + b, 0) === length;
    return right ? parts(backend, x, axis!, sizes, (size) => size) : undefined;
  }
  if (length % sizes !== 0) return undefined;
  const equal = Array.from({ length: sizes }, () => length / sizes);
  return parts(backend, x, axis!, equal, (size) => size);
};

/** Tensors end to end, each [outer, inner of its own]. */
function join(
  backend: SyntheticBackend,
  tensors: TensorInfo[],
  outer: number,
  shape: number[],
): TensorInfo | undefined {
  const { dtype } = tensors[0]!;
  const all = tensors.map((tensor) => (tensor.dtype === dtype ? plain(backend, tensor) : undefined));
  if (all.includes(undefined) || !worthNative(sizeOf(shape))) return undefined;
  return make(backend, shape, dtype, (out) => {
    const width = out.length / outer;
    let offset = 0;
    for (const values of all as TypedArray[]) {
      const inner = values.length / outer;
      const to = { values: out, offset, strides: [width, 1] };
      copyBlock([outer, inner], { values, offset: 0, strides: [inner, 1] }, to);
      offset += inner;
    }
  });
}

const concat: Kernel = ({ backend, inputs, attrs }) => {
  const tensors = Object.values(inputs).filter(({ shape }) => sizeOf(shape) > 0);
  const [first] = tensors;
  const [axis] = first ? (axesOf(attrs.axis, first.shape.length) ?? []) : [];
  if (!first || axis === undefined || tensors.length < 2) return undefined;
  const right = tensors.every(
    ({ shape }) =>
      shape.length === first.shape.length && shape.every((size, i) => i === axis || size === first.shape[i]),
  );
  if (!right) return undefined;
  const shape = [...first.shape];
  shape[axis] = tensors.reduce((sum, tensor) => sum + tensor.shape[axis]!, 0);
  return join(backend, tensors, sizeOf(shape.slice(0, axis)), shape);
};

const pack: Kernel = ({ backend, inputs, attrs }) => {
  const tensors = Object.values(inputs);
  const { shape } = tensors[0]!;
  const same = tensors.every(
    (tensor) => tensor.shape.length === shape.length && tensor.shape.every((size, i) => size === shape[i]),
  );
  const [axis] = axesOf(attrs.axis, shape.length + 1) ?? [];
  if (!same || axis === undefined || tensors.length < 2 || sizeOf(shape) === 0) return undefined;
  return join(backend, tensors, sizeOf(shape.slice(0, axis)), shape.toSpliced(axis, 0, tensors.length));
};

const pad: Kernel = ({ backend, inputs, attrs }) => {
  const x = inputs.x as TensorInfo;
  const values = plain(backend, x);
  const paddings = attrs.paddings as [number, number][];
  const shape = paddings.map(([before, after], i) => before + x.shape[i]! + after);
  const size = sizeOf(shape);
  if (values === undefined || size === 0 || !worthNative(size * COST)) return undefined;
  const strides = stridesOf(shape);
  const offset = paddings.reduce((sum, [before], i) => sum + before * strides[i]!, 0);
  return make(backend, shape, x.dtype, (out) => {
    out.fill(attrs.constantValue as number);
    copyBlock(x.shape, { values, offset: 0, strides: stridesOf(x.shape) }, { values: out, offset, strides });
  });
};

const tile: Kernel = ({ backend, inputs, attrs }: Call) => {
  const x = inputs.x as TensorInfo;
  const values = plain(backend, x);
  const reps = attrs.reps as number[];
  const shape = x.shape.map((size, i) => size * reps[i]!);
  const size = sizeOf(shape);
  if (values === undefined || size === 0 || !worthNative(size * COST)) return undefined;
  // Every axis is two: its repetitions, which stay where they are in x, and itself.
  const [xStrides, strides] = [stridesOf(x.shape), stridesOf(shape)];
  const block = x.shape.flatMap((length, i) => [reps[i]!, length]);
  const from = { values, offset: 0, strides: xStrides.flatMap((stride) => [0, stride]) };
  return make(backend, shape, x.dtype, (out) => {
    const to = strides.flatMap((stride, i) => [stride * x.shape[i]!, stride]);
    copyBlock(block, from, { values: out, offset: 0, strides: to });
  });
};

export const BLOCK_KERNELS: Record<string, Kernel> = {
  Concat: concat,
  Pack: pack,
  PadV2: pad,
  Slice: slice,
  SplitV: splitV,
  Tile: tile,
  Unpack: unpack,
};
