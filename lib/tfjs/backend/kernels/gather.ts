/** Rows of a matrix by their indices, and back: what embeddings and their gradients are made of. */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { addon } from '../../../native/load.js';
import { worthNative } from '../native_size.js';
import { isFloat, type Kernel, sizeOf } from './kernel.js';

const gather: Kernel = ({ backend, inputs, attrs }) => {
  const { x, indices } = inputs as { x: TensorInfo; indices: TensorInfo };
  const ids = backend.peek(indices);
  if (!isFloat(x) || indices.dtype !== 'int32' || !(ids instanceof Int32Array)) return undefined;
  const [axis] = util.parseAxisParam(attrs.axis as number, x.shape);
  const batchDims = (attrs.batchDims as number | undefined) ?? 0;
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } =
    backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, axis!, batchDims);
  const size = sizeOf(outputShape);
  if (batchSize !== 1 || outerSize !== 1 || size === 0 || !worthNative(size)) return undefined;
  if (!ids.every((id) => id >= 0 && id < dimSize)) return undefined;
  const y = backend.allocate(size);
  const tables = [{ table: backend.floats(x), rows: dimSize, ids }];
  addon().embedding({ rows: ids.length, columns: sliceSize, y, tables });
  return backend.wrap(outputShape, y);
};

/** The inherited kernel looks at all of x for every segment. */
const unsortedSegmentSum: Kernel = ({ backend, inputs, attrs }) => {
  const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
  const indices = backend.peek(segmentIds);
  const outRows = attrs.numSegments as number;
  const rows = x.shape[0] ?? 0;
  const size = sizeOf(x.shape);
  const right = isFloat(x) && indices instanceof Int32Array && segmentIds.shape.length === 1;
  if (!right || indices.length !== rows || size === 0 || outRows < 1 || !worthNative(size)) return undefined;
  const width = size / rows;
  const out = backend.allocate(outRows * width).fill(0);
  addon().scatterAddRows({ x: backend.floats(x), indices, out, rows, width, outRows });
  return backend.wrap([outRows, ...x.shape.slice(1)], out);
};

export const GATHER_KERNELS: Record<string, Kernel> = {
  GatherV2: gather,
  UnsortedSegmentSum: unsortedSegmentSum,
};
