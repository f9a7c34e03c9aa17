/** Functions on tensors that embedding programs import beside `pipeline`. */
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { matmulAsync } from '../kernels/index.js';
import { checkOptions, optionNames } from '../options.js';
import { allocateBytes, allocateFloats } from '../tensor/allocate.js';
import { checkFiniteNumber, checkPositiveInteger, shapeText, sizeOf } from '../tensor/shape.js';
import { Tensor } from './tensor.js';
import { indexWithin } from './tensor_axes.js';
import { checkPresent, type DataType, emptyData, isBig } from './tensor_types.js';

export type BinaryPrecision = 'binary' | 'ubinary';

function checkTensor(name: string, tensor: unknown): asserts tensor is Tensor {
  if (!(tensor instanceof Tensor)) throw new ArgumentError(expectation(name, 'a Tensor', describe(tensor)));
  checkPresent(name, tensor.data, tensor.dims);
}

function checkAxes(name: string, tensor: Tensor, axes: string[]): void {
  checkTensor(name, tensor);
  if (tensor.dims.length !== axes.length) {
    throw new ShapeError(expectation(name, `dims [${axes.join(', ')}]`, shapeText(tensor.dims)));
  }
}

/**
 * The mean of the states of real tokens.
 * @param states [batch, tokens, hidden]
 * @param mask [batch, tokens], 0 for padding
 * @returns [batch, hidden]
 */
export function mean_pooling(states: Tensor, mask: Tensor): Tensor {
  checkAxes('mean_pooling: last_hidden_state', states, ['batch', 'tokens', 'hidden']);
  checkAxes('mean_pooling: attention_mask', mask, ['batch', 'tokens']);
  const [batch, tokens, hidden] = states.dims as [number, number, number];
  if (mask.dims[0] !== batch || mask.dims[1] !== tokens) {
    throw new ShapeError(
      expectation('mean_pooling: attention_mask', `dims [${batch}, ${tokens}]`, shapeText(mask.dims)),
    );
  }
  const out = allocateFloats([batch, hidden], 'embeddings');
  // Texts without tokens are zeros; without elements there may be any number of them.
  if (states.data.length === 0) return new Tensor('float32', out, [batch, hidden]);
  const sums = new Float64Array(hidden);
  for (let b = 0; b < batch; b++) {
    sums.fill(0);
    let count = 0;
    for (let t = 0; t < tokens; t++) {
      const weight = Number(mask.data[b * tokens + t]);
      if (weight === 0) continue;
      count += weight;
      const from = (b * tokens + t) * hidden;
      for (let h = 0; h < hidden; h++) sums[h]! += weight * Number(states.data[from + h]);
    }
    for (let h = 0; h < hidden; h++) out[b * hidden + h] = count === 0 ? 0 : sums[h]! / count;
  }
  return new Tensor('float32', out, [batch, hidden]);
}

const LAYER_NORM = optionNames<'eps'>()('eps');

/** (x - mean) / (deviation + eps) of each row, where torch's divides by sqrt(variance + eps): transformers.js' form. */
export function layer_norm(input: Tensor, shape: readonly number[], options: { eps?: number } = {}): Tensor {
  checkOptions('layer_norm', LAYER_NORM, options);
  const eps = checkFiniteNumber('eps', options.eps ?? 1e-5);
  checkAxes('layer_norm', input, ['batch', 'features']);
  const [rows, columns] = input.dims as [number, number];
  if (!Array.isArray(shape) || shape.length !== 1 || shape[0] !== columns) {
    throw new ShapeError(expectation('layer_norm: normalized_shape', `[${columns}]`, describe(shape)));
  }
  if (isBig(input.type)) throw new ArgumentError(expectation('layer_norm', 'a tensor of floats', input.type));
  const out = allocateFloats([rows, columns]);
  for (let r = 0; r < (columns === 0 ? 0 : rows); r++) {
    const row = (input.data as Float32Array).subarray(r * columns, (r + 1) * columns);
    const mean = row.reduce((sum, x) => sum + x, 0) / columns;
    const deviation = Math.sqrt(row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / columns);
    for (let c = 0; c < columns; c++) out[r * columns + c] = (row[c]! - mean) / (deviation + eps);
  }
  return new Tensor('float32', out, input.dims);
}

/** One bit a number, 1 where it is positive, the first one highest; `binary` is that minus 128. */
export function quantize_embeddings(tensor: Tensor, precision: BinaryPrecision): Tensor {
  if (precision !== 'binary' && precision !== 'ubinary') {
    throw new ArgumentError(expectation('precision', '"binary" or "ubinary"', describe(precision)));
  }
  checkAxes('quantize_embeddings', tensor, ['batch', 'dimensions']);
  const [rows, columns] = tensor.dims as [number, number];
  if (columns % 8 !== 0) {
    throw new ShapeError(expectation('quantize_embeddings', 'dimensions in eights', String(columns)));
  }
  const signed = precision === 'binary';
  const bytes = allocateBytes([rows, columns / 8], 'quantized embeddings');
  for (let i = 0; i < tensor.data.length; i++) if (tensor.data[i]! > 0) bytes[i >> 3]! |= 0x80 >> (i & 7);
  // Less 128, in place.
  if (signed) for (let i = 0; i < bytes.length; i++) bytes[i]! ^= 0x80;
  const data = signed ? new Int8Array(bytes.buffer) : bytes;
  return new Tensor(signed ? 'int8' : 'uint8', data, [rows, columns / 8]);
}

export function cat(tensors: readonly Tensor[], axis = 0): Tensor {
  if (!Array.isArray(tensors) || tensors.length === 0) {
    throw new ArgumentError(expectation('cat', 'at least one tensor', describe(tensors)));
  }
  for (const [i, tensor] of tensors.entries()) checkTensor(`cat: tensors[${i}]`, tensor);
  const first = tensors[0] as Tensor;
  const at = indexWithin('cat: dim', axis, first.dims.length);
  for (const { dims, type } of tensors as Tensor[]) {
    const fits = dims.length === first.dims.length && dims.every((n, i) => i === at || n === first.dims[i]);
    if (!fits || type !== first.type) {
      throw new ShapeError(
        expectation(
          'cat',
          `tensors of ${first.type} that differ from ${shapeText(first.dims)} in axis ${at} alone`,
          `${type} ${shapeText(dims)}`,
        ),
      );
    }
  }
  const dims = first.dims.with(
    at,
    tensors.reduce((sum, t) => sum + t.dims[at]!, 0),
  );
  const out = emptyData(first.type, dims) as Float32Array;
  const outer = out.length === 0 ? 0 : sizeOf(dims.slice(0, at));
  for (let o = 0, to = 0; o < outer; o++) {
    for (const { data, dims: own } of tensors) {
      const length = sizeOf(own.slice(at));
      out.set((data as Float32Array).subarray(o * length, (o + 1) * length), to);
      to += length;
    }
  }
  return new Tensor(first.type, out, dims);
}

export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  if (!Array.isArray(tensors) || tensors.length === 0) {
    throw new ArgumentError(expectation('stack', 'at least one tensor', describe(tensors)));
  }
  for (const [i, tensor] of tensors.entries()) checkTensor(`stack: tensors[${i}]`, tensor);
  return cat(
    tensors.map((tensor) => tensor.unsqueeze(axis)),
    axis,
  );
}

/** Matrix product on the pool; leading axes broadcast. */
export async function matmul(a: Tensor, b: Tensor): Promise<Tensor> {
  checkTensor('matmul: a', a);
  checkTensor('matmul: b', b);
  const operand = (tensor: Tensor) => ({ data: tensor.data as Float32Array, shape: tensor.dims });
  const { data, shape } = await matmulAsync(operand(a), operand(b));
  return new Tensor('float32', data, shape);
}

/** Positions of the `k` largest values, largest first; of equal ones the first. */
export function largestOf(values: ArrayLike<number>, k: number): number[] {
  if (k > values.length / 8) {
    const order = Array.from({ length: values.length }, (_, i) => i);
    return order
      .sort((a, b) => Number(values[b]! > values[a]!) - Number(values[b]! < values[a]!) || a - b)
      .slice(0, k);
  }
  // A few of a vocabulary: nearly every value ends at the comparison with the least of the best.
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (best.length === k && !(k > 0 && values[i]! > values[best[k - 1]!]!)) continue;
    let at = best.length;
    while (at > 0 && values[i]! > values[best[at - 1]!]!) at--;
    best.splice(at, 0, i);
    if (best.length > k) best.pop();
  }
  return best;
}

/** The `k` largest numbers of every row, and where they stand. */
export async function topk(x: Tensor, k: number | null = null): Promise<[Tensor, Tensor]> {
  checkTensor('topk', x);
  if (k !== null) checkPositiveInteger('topk: k', k);
  const columns = x.dims.at(-1) ?? 1;
  const count = Math.min(k ?? columns, columns);
  const rows = columns === 0 ? 0 : x.data.length / columns;
  const picked = Array.from({ length: rows }, (_, r) => {
    const row = (x.data as Float32Array).subarray(r * columns, (r + 1) * columns);
    return largestOf(row, count).map((at) => ({ at, value: row[at]! }));
  }).flat();
  const dims = x.dims.length === 0 ? [] : x.dims.with(-1, count);
  const tensor = (type: DataType, data: (number | bigint)[]): Tensor => new Tensor(type, data, dims);
  return [
    tensor(
      x.type,
      picked.map(({ value }) => value),
    ),
    tensor(
      'int64',
      picked.map(({ at }) => BigInt(at)),
    ),
  ];
}
