/** Stored tensors as a converted file has them: codes of 8 bits with a scale a row, or float32 again. */
import { expectation, ModelError } from '../errors.js';
import { quoteName } from '../formats/quote_name.js';
import { decodeFloat32, type SafetensorsEntry } from '../formats/safetensors.js';
import type { TensorToStream } from '../formats/safetensors_writer.js';
import type { EncoderDType } from './types.js';
import { readEntry, SCALES_SUFFIX, type WeightsFiles } from './weights_files.js';

const { abs, floor, fround } = Math;

export type Entry = SafetensorsEntry & { file: number };

/** 1.5 * 2^23: added in float32, it pushes the fraction out of the significand and rounds to the nearest even. */
const NO_FRACTION = 12582912;

/**
 * [rows, columns] to codes and a scale a row: scale = largest magnitude / 127.
 *
 * Every step is rounded to float32, as where the encoder makes 8-bit weights of a float32 model (native/kernels/int8,
 * native/encoder/embeddings.cc): a converted model has the same codes. A row that is not finite has the scale NaN; one
 * with a step below 1e-30 counts as zero.
 */
export function quantizeRowsTo8Bits(values: Float32Array, rows: number) {
  const columns = values.length / rows;
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * columns, (r + 1) * columns);
    let [largest, finite] = [0, 0];
    for (const x of row) {
      const magnitude = abs(x);
      if (magnitude > largest) largest = magnitude;
      finite += magnitude * 0;
    }
    const scale = fround(largest / 127) + finite;
    scales[r] = scale;
    if (!(scale > 1e-30)) continue;
    const inverse = fround(1 / scale);
    for (let j = 0; j < columns; j++) {
      codes[r * columns + j] = fround(fround(row[j]! * inverse) + NO_FRACTION) - NO_FRACTION;
    }
  }
  return { codes, scales };
}

const bytesOf = (array: Int8Array | Float32Array) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function checkScalesName(files: WeightsFiles, name: string): void {
  const taken = name + SCALES_SUFFIX;
  if (!files.entries.has(taken)) return;
  throw new ModelError(expectation(files.source, `no tensor ${quoteName(taken)} beside a float one`, 'one'));
}

/**
 * Tensors of the new file. One stored tensor is in memory at a time, its scales until they are written.
 * @param large the tensors whose type changes
 */
export function convertedTensors(
  files: WeightsFiles,
  large: ReadonlySet<Entry>,
  dtype: EncoderDType,
): TensorToStream[] {
  const read = (entry: Entry) => readEntry(files, entry);
  const out: TensorToStream[] = [];
  const scalesOf = (entry: Entry) => files.entries.get(entry.name + SCALES_SUFFIX)!;
  const dropped = new Set<string>();
  for (const entry of files.entries.values()) {
    if (entry.dtype === 'I8' && large.has(entry)) dropped.add(entry.name + SCALES_SUFFIX);
  }
  for (const entry of files.entries.values()) {
    const { name, shape } = entry;
    if (dropped.has(name) && dtype === 'float32') continue;
    const rows = shape.slice(0, -1);
    if (large.has(entry) && entry.dtype !== 'I8' && dtype === 'int8') {
      checkScalesName(files, name);
      let scales = new Float32Array(0);
      const count = rows.reduce((a, b) => a * b, 1);
      out.push({
        name,
        dtype: 'I8',
        shape,
        async bytes() {
          const quantized = quantizeRowsTo8Bits(decodeFloat32(entry, await read(entry)), count);
          scales = quantized.scales;
          return bytesOf(quantized.codes);
        },
      });
      out.push({ name: name + SCALES_SUFFIX, dtype: 'F32', shape: rows, bytes: () => bytesOf(scales) });
    } else if (large.has(entry) && entry.dtype === 'I8' && dtype === 'float32') {
      out.push({
        name,
        dtype: 'F32',
        shape,
        async bytes() {
          const codes = new Int8Array((await read(entry)).buffer);
          const scales = decodeFloat32(scalesOf(entry), await read(scalesOf(entry)));
          const columns = codes.length / scales.length;
          return bytesOf(Float32Array.from(codes, (q, i) => q * scales[floor(i / columns)]!));
        },
      });
    } else {
      out.push({ name, dtype: entry.dtype, shape, bytes: () => read(entry) });
    }
  }
  return out;
}
