/** A model directory anew, its large weights in 8 bits (or in float32 again). */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { ArgumentError, describe, expectation, FileError } from '../../errors.js';
import { streamSafetensors, type TensorToStream } from '../../formats/safetensors_writer.js';
import { MODEL_FILES } from '../../hub/model_files.js';
import type { TensorReference } from '../../native/program.js';
import { checkOptions, optionNames, readSignal } from '../../options.js';
import { largeTensors, scoreTables } from '../architectures/large_tensors.js';
import { architectureOf } from '../architectures/registry.js';
import { attempt, copyDirectory, isWithin } from '../directory/copy_directory.js';
import { readModelDirectory } from '../directory/model_directory.js';
import { Weights } from '../directory/weights.js';
import type { WeightsFiles } from '../directory/weights_files.js';
import { writeDirectory } from '../directory/whole_directory.js';
import { ENCODER_DTYPES, type EncoderDType } from '../types.js';
import { convertedTensors, type Entry } from './convert_weights.js';

export interface ConvertOptions {
  dtype: EncoderDType;
  /** Aborting rejects with the signal's reason. */
  signal?: AbortSignal;
}

const OPTIONS = optionNames<keyof ConvertOptions>()('dtype', 'signal');

export interface Converted {
  /** Tensors whose type has changed. */
  tensors: number;
  /** Bytes of weights before and after. */
  before: number;
  after: number;
}

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

/** The path without links, as far as it is there. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(await realPath(folder), basename(path));
  }
}

export async function checkOutput(directory: string, output: string): Promise<void> {
  const [from, to] = await Promise.all([realPath(resolve(directory)), realPath(resolve(output))]);
  if (isWithin(from, to)) {
    throw new ArgumentError(expectation('output', 'a path outside of the model directory', output));
  }
  const taken = await stat(to).catch(() => undefined);
  if (taken === undefined) return;
  const empty =
    taken.isDirectory() &&
    (await attempt(`output ${output}`, 'a readable directory', () => readdir(to))).length === 0;
  if (!empty) throw new FileError(expectation(`output ${output}`, 'a new directory', 'one that is there'));
}

/** Whether a path within the model directory is copied as it is; the weights are written anew. */
export function isCopied(path: string, transformer: string, weights: ReadonlySet<string>): boolean {
  const name = basename(path);
  const replaced = dirname(path) === transformer && /^model.*\.safetensors(\.index\.json)?$/.test(name);
  const other = OTHER_WEIGHTS.has(extname(name.replace(/\.index\.json$/, '')));
  return !(name.startsWith('.') || replaced || other || weights.has(path));
}

export function checkPath(subject: string, path: unknown): void {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new ArgumentError(expectation(subject, 'a path', describe(path)));
  }
}

/** Ends between two tensors when `signal` is aborted. */
function abortable(tensors: readonly TensorToStream[], signal: AbortSignal | undefined): TensorToStream[] {
  return tensors.map((tensor) => ({
    ...tensor,
    bytes() {
      signal?.throwIfAborted();
      return tensor.bytes();
    },
  }));
}

/**
 * Writes `output`, a copy of a model directory whose words, linear layers and tables of scores have 8 bits a weight and a
 * scale a row ("name" and "name_scale"), or float32 again. `Encoder.load` reads both.
 * @throws ModelError, FormatError, FileError, ArgumentError; nothing is left of the output then
 */
export async function convertModel(
  directory: string,
  output: string,
  options: ConvertOptions,
): Promise<Converted> {
  checkOptions('convertModel', OPTIONS, options ?? null);
  const { dtype } = options;
  const signal = readSignal(options.signal);
  if (!ENCODER_DTYPES.includes(dtype)) {
    const expected = [...ENCODER_DTYPES].reverse().join(' or ');
    throw new ArgumentError(expectation('dtype', expected, describe(dtype), 'range'));
  }
  checkPath('directory', directory);
  checkPath('output', output);
  signal?.throwIfAborted();
  const found = await readModelDirectory(directory);
  const architecture = architectureOf(found.config);
  const weights = await Weights.open(found.transformer, architecture.prefixes, architecture.probe);
  const { files } = weights;
  const parts = await architecture.read(found.config, weights);
  const large = entriesOf([...largeTensors(parts), ...scoreTables(parts)], files);
  await checkOutput(directory, output);

  const inTransformer = relative(directory, found.transformer);
  const old = new Set(files.paths.map((path) => relative(directory, path)));
  const wanted = (path: string) => isCopied(path, inTransformer === '' ? '.' : inTransformer, old);
  let after = 0;
  try {
    await writeDirectory(output, async (folder) => {
      await copyDirectory(directory, folder, { wanted, signal });
      const path = join(folder, inTransformer, MODEL_FILES.weights);
      const tensors = abortable(convertedTensors(files, large, dtype), signal);
      await streamSafetensors(path, tensors, { format: 'pt' });
      after = (await stat(path)).size;
    });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
  const stored = [...files.entries.values()].reduce((sum, entry) => sum + entry.end - entry.begin, 0);
  const changed = [...large].filter((entry) => (entry.dtype === 'I8') !== (dtype === 'int8'));
  return { tensors: changed.length, before: stored, after };
}
