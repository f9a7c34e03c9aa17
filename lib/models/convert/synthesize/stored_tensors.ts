/** Stored tensors on their way into another file, as they are or with their heads in another order. */
import { decodeFloat32 } from '../../../formats/decode_float32.js';
import { readBytes } from '../../../formats/safetensors_reader.js';
import type { TensorToStream } from '../../../formats/safetensors_writer.js';
import { DTypeCode, type TensorReference } from '../../../native/program.js';
import type { LinearReference, NormReference } from '../../architectures/transformer_parts.js';
import { SCALES_SUFFIX, type WeightsFiles } from '../../directory/weights_files.js';

type StoredDType = keyof typeof DTypeCode;

const NAMES = new Map<number, StoredDType>(
  Object.entries(DTypeCode).map(([name, code]) => [code, name as StoredDType]),
);
const BYTES: Readonly<Record<StoredDType, number>> = { F32: 4, F16: 2, BF16: 2, I8: 1 };

/** Blocks of a tensor's elements, in the order in which they are to stand. */
export interface Blocks {
  /** Elements of a block. */
  elements: number;
  order: readonly number[];
}

/** Heads of rows [heads * size, columns]. */
export interface HeadRows {
  heads: readonly number[];
  size: number;
}

function gather(bytes: Uint8Array, block: number, order: readonly number[]): Uint8Array {
  const out = new Uint8Array(block * order.length);
  order.forEach((from, to) => {
    out.set(bytes.subarray(from * block, (from + 1) * block), to * block);
  });
  return out;
}

/** Tensors to be written, which are read when their turn comes. */
export class StoredTensors {
  readonly list: TensorToStream[] = [];

  constructor(private readonly files: Pick<WeightsFiles, 'paths' | 'states'>) {}

  /** @param shape of the tensor that is written */
  tensor(name: string, shape: readonly number[], from: TensorReference, blocks?: Blocks): void {
    const dtype = NAMES.get(from.dtype)!;
    const whole = from.count * BYTES[dtype];
    const pick = (bytes: Uint8Array) =>
      blocks === undefined ? bytes : gather(bytes, blocks.elements * BYTES[dtype], blocks.order);
    this.list.push({ name, dtype, shape, bytes: async () => pick(await this.read(from, from.begin, whole)) });
  }

  /** Scales of an 8-bit tensor `name` [rows, ...]. */
  private scales(
    name: string,
    from: TensorReference,
    rows: readonly number[] | undefined,
    count: number,
  ): void {
    if (from.scalesBegin === undefined) return;
    const begin = from.scalesBegin;
    const shape = [rows?.length ?? count];
    this.list.push({
      name: name + SCALES_SUFFIX,
      dtype: 'F32',
      shape,
      bytes: async () => {
        const bytes = await this.read(from, begin, 4 * count);
        return rows === undefined ? bytes : gather(bytes, 4, rows);
      },
    });
  }

  /** A table [rows, columns]. */
  table(name: string, [rows, columns]: readonly [number, number], from: TensorReference): void {
    this.tensor(name, [rows, columns], { ...from, count: rows * columns });
    this.scales(name, from, undefined, rows);
  }

  /** A vector, which has one scale in 8 bits. */
  vector(name: string, size: number, from: TensorReference, blocks?: Blocks): void {
    this.tensor(name, [size], from, blocks);
    if (from.scalesBegin === undefined) return;
    const begin = from.scalesBegin;
    this.list.push({
      name: name + SCALES_SUFFIX,
      dtype: 'F32',
      shape: [],
      bytes: () => this.read(from, begin, 4),
    });
  }

  /** A linear layer [out, columns], or those of its rows that belong to some heads. */
  linear(name: string, out: number, columns: number, from: LinearReference, picked?: HeadRows): void {
    const { weight, bias } = from;
    const rows = picked?.heads.flatMap((h) =>
      Array.from({ length: picked.size }, (_, r) => h * picked.size + r),
    );
    const kept = rows?.length ?? out;
    const heads = picked === undefined ? undefined : { elements: picked.size, order: picked.heads };
    this.tensor(
      `${name}.weight`,
      [kept, columns],
      weight,
      heads && { elements: picked!.size * columns, order: picked!.heads },
    );
    this.scales(`${name}.weight`, weight, rows, out);
    if (bias !== undefined) this.vector(`${name}.bias`, kept, bias, heads);
  }

  /** A linear layer [out, heads * size] whose inputs get another order. */
  inputs(name: string, out: number, from: LinearReference, { heads, size }: HeadRows): void {
    const { weight, bias } = from;
    const order = Array.from({ length: out }, (_, row) => heads.map((h) => row * heads.length + h)).flat();
    this.tensor(`${name}.weight`, [out, heads.length * size], weight, { elements: size, order });
    this.scales(`${name}.weight`, weight, undefined, out);
    if (bias !== undefined) this.vector(`${name}.bias`, out, bias);
  }

  norm(name: string, columns: number, from: NormReference): void {
    this.vector(`${name}.weight`, columns, from.gamma);
    if (from.beta !== undefined) this.vector(`${name}.bias`, columns, from.beta);
  }

  /** A norm whose bias is moved. */
  movedNorm(name: string, columns: number, { gamma, beta }: NormReference, by: Float32Array): void {
    this.vector(`${name}.weight`, columns, gamma);
    this.list.push({
      name: `${name}.bias`,
      dtype: 'F32',
      shape: [columns],
      bytes: async () => {
        const bias = await this.float32(beta!);
        return new Uint8Array(bias.map((b, i) => b + by[i]!).buffer);
      },
    });
  }

  /** Float32 numbers that were made here. */
  numbers(name: string, shape: readonly number[], data: () => Float32Array): void {
    this.list.push({
      name,
      dtype: 'F32',
      shape,
      bytes() {
        const { buffer, byteOffset, byteLength } = data();
        return new Uint8Array(buffer, byteOffset, byteLength);
      },
    });
  }

  /** The numbers of a vector. */
  private async float32(from: TensorReference): Promise<Float32Array> {
    const numbers = async (dtype: StoredDType, begin: number, count: number) => {
      const end = begin + count * BYTES[dtype];
      const bytes = await this.read(from, begin, end - begin);
      return dtype === 'I8'
        ? Float32Array.from(new Int8Array(bytes.buffer))
        : decodeFloat32({ name: 'bias', dtype, shape: [count], begin, end }, bytes);
    };
    const own = await numbers(NAMES.get(from.dtype)!, from.begin, from.count);
    if (from.scalesBegin === undefined) return own;
    const [scale] = await numbers('F32', from.scalesBegin, 1);
    return own.map((code) => code * scale!);
  }

  private read(
    { file = 0 }: TensorReference,
    begin: number,
    bytes: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return readBytes(this.files.paths[file]!, begin, bytes, this.files.states[file]!);
  }
}
