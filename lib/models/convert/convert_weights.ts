/** Stored tensors as a converted file has them: codes of 8 bits with a scale a row, or float32 again. */
import { expectation, ModelError } from '../../errors.js';
import { quoteName } from '../../formats/quote_name.js';
import { decodeFloat32, type SafetensorsEntry } from '../../formats/safetensors.js';
import type { TensorToStream } from '../../formats/safetensors_writer.js';
import { addon } from '../../native/load.js';
import { readEntry, SCALES_SUFFIX, type WeightsFiles } from '../directory/weights_files.js';
import type { EncoderDType } from '../types.js';

const { floor } = Math;

export type Entry = SafetensorsEntry & { file: number };

/**
 * [rows, columns] to codes and a scale a row: scale = largest magnitude / 127. It is what the encoder does with the words
 * of a float32 model, so a converted one has the same codes. A row that is not finite has the scale NaN; one with a step
 * below 1e-30 counts as zero.
 */
export function quantizeRowsTo8Bits(values: Float32Array, rows: number) {
  const scales = new Float32Array(rows);
  const room = new Float32Array(Math.ceil(values.length / 4));
  addon().quantizeRows({ x: values, rows, columns: values.length / rows, codes: room, steps: scales });
  return { codes: new Int8Array(room.buffer, 0, values.length), scales };
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
