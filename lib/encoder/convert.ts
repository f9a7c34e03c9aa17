/** A model directory anew, its large weights in 8 bits (or in float32 again). */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { ArgumentError, expectation, FileError } from '../errors.js';
import { decodeFloat32, type SafetensorsEntry } from '../formats/safetensors.js';
import { readTensorBytes } from '../formats/safetensors_reader.js';
import { streamSafetensors, type TensorToStream } from '../formats/safetensors_writer.js';
import type { TensorReference } from '../native/addon.js';
import { architectureOf } from './architecture.js';
import { largeTensors } from './large_tensors.js';
import { readModelDirectory } from './model_directory.js';
import type { EncoderDType } from './types.js';
import { Weights } from './weights.js';
import { openWeightsFiles, SCALES_SUFFIX, type WeightsFiles } from './weights_files.js';

export interface ConvertOptions {
  dtype: EncoderDType;
}

export interface Converted {
  /** Tensors that are stored in 8 bits, or were. */
  tensors: number;
  /** Bytes of weights before and after. */
  before: number;
  after: number;
}

type Entry = SafetensorsEntry & { file: number };

/** Weights in formats of other frameworks stay behind. */
const OTHER_WEIGHTS = new Set([
  '.bin',
  '.onnx',
  '.pt',
  '.pth',
  '.h5',
  '.ot',
  '.msgpack',
  '.gguf',
  '.pb',
  '.onnx_data',
]);

/** Stored tensors that the references point into: a reference may be a part of one. */
function entriesOf(references: readonly TensorReference[], files: WeightsFiles): Set<Entry> {
  const found = new Set<Entry>();
  for (const entry of files.entries.values()) {
    const inside = (r: TensorReference) =>
      (r.file ?? 0) === entry.file && r.begin >= entry.begin && r.begin < entry.end;
    if (references.some(inside)) found.add(entry);
  }
  return found;
}

/** [rows, columns] to codes and a scale a row: scale = largest magnitude / 127. */
function quantizeRowsTo8Bits(values: Float32Array, rows: number) {
  const columns = values.length / rows;
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(rows);
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * columns, (r + 1) * columns);
    let largest = 0;
    for (const x of row) largest = Math.max(largest, Math.abs(x));
    scales[r] = largest / 127;
    const inverse = scales[r]! > 0 ? 1 / scales[r]! : 0;
    for (let j = 0; j < columns; j++) {
      codes[r * columns + j] = Math.max(-127, Math.min(127, Math.round(row[j]! * inverse)));
    }
  }
  return { codes, scales };
}

const bytesOf = (array: Int8Array | Float32Array) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Tensors of the new file. One stored tensor is in memory at a time, its scales until they are written. */
function plan(files: WeightsFiles, large: ReadonlySet<Entry>, dtype: EncoderDType): TensorToStream[] {
  const read = (entry: Entry) => readTensorBytes(files.paths[entry.file]!, entry);
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
          return bytesOf(Float32Array.from(codes, (q, i) => q * scales[Math.floor(i / columns)]!));
        },
      });
    } else {
      out.push({ name, dtype: entry.dtype, shape, bytes: () => read(entry) });
    }
  }
  return out;
}

/** Fresh files and folders: a read-only original makes no read-only copy. `wanted` sees paths within the folder. */
async function copyFolder(
  from: string,
  to: string,
  wanted: (path: string) => boolean,
  inside = '',
): Promise<void> {
  await mkdir(join(to, inside), { recursive: true });
  for (const entry of await readdir(join(from, inside), { withFileTypes: true })) {
    const path = join(inside, entry.name);
    if (!wanted(path)) continue;
    const isFolder = entry.isSymbolicLink()
      ? (await stat(join(from, path))).isDirectory()
      : entry.isDirectory();
    if (isFolder) await copyFolder(from, to, wanted, path);
    else await writeFile(join(to, path), await readFile(join(from, path)));
  }
}

async function checkOutput(directory: string, output: string): Promise<void> {
  const [from, to] = [resolve(directory), resolve(output)];
  if (to === from || !relative(from, to).startsWith('..')) {
    throw new ArgumentError(expectation('output', 'a path outside of the model directory', output));
  }
  const taken = await stat(to).catch(() => undefined);
  if (taken === undefined) return;
  const empty = taken.isDirectory() && (await readdir(to)).length === 0;
  if (!empty) throw new FileError(expectation(`output ${output}`, 'a new directory', 'one that is there'));
}

/**
 * Writes `output`, a copy of a model directory whose words and linear layers have 8 bits a weight and a scale a row
 * ("name" and "name_scale"), or float32 again. `Encoder.load` reads both.
 * @throws ModelError, FormatError, FileError, ArgumentError; nothing is left of the output then
 */
export async function convertModel(
  directory: string,
  output: string,
  { dtype }: ConvertOptions,
): Promise<Converted> {
  if (dtype !== 'int8' && dtype !== 'float32') {
    throw new ArgumentError(expectation('dtype', 'int8 or float32', JSON.stringify(dtype)));
  }
  const found = await readModelDirectory(directory);
  const architecture = architectureOf(found.config);
  const weights = await Weights.open(found.transformer, architecture.prefixes, architecture.probe);
  const files = await openWeightsFiles(found.transformer);
  const parts = await architecture.read(found.config, weights);
  const large = entriesOf(largeTensors(parts), files);
  await checkOutput(directory, output);

  const partial = join(dirname(resolve(output)), `.${basename(output)}.${process.pid}.partial`);
  const inTransformer = relative(directory, found.transformer);
  try {
    await mkdir(dirname(partial), { recursive: true });
    await copyFolder(directory, partial, (path) => {
      const here = dirname(path) === (inTransformer === '' ? '.' : inTransformer);
      const replaced = here && /^model.*\.safetensors(\.index\.json)?$/.test(basename(path));
      return !(basename(path).startsWith('.') || replaced || OTHER_WEIGHTS.has(extname(path)));
    });
    const path = join(partial, inTransformer, 'model.safetensors');
    await streamSafetensors(path, plan(files, large, dtype), { format: 'pt' });
    await rename(partial, resolve(output));
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
  const stored = [...files.entries.values()].reduce((sum, entry) => sum + entry.end - entry.begin, 0);
  const { size } = await stat(join(output, inTransformer, 'model.safetensors'));
  const changed = [...large].filter((entry) => (entry.dtype === 'I8') !== (dtype === 'int8'));
  return { tensors: changed.length, before: stored, after: size };
}
