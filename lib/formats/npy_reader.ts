import { expectation, FileError, FormatError } from '../errors.js';
import { type InputFile, withInputFile } from './input_file.js';
import { NPY_MAGIC, NPY_PREFIX, parseNpyDictionary } from './npy_header.js';

/** `data` is row-major; its length is the product of `shape`, and 1 for the shape []. */
export interface NpyArray {
  shape: number[];
  data: Float32Array;
}

/**
 * Reads a whole .npy file of version 1.0 with little-endian float32 data in C order, of any rank.
 * @param checkShape throws for a shape that the caller has no use for, before memory for its numbers is taken
 * @throws FileError if the file is missing, unreadable or too large for memory
 * @throws FormatError if it breaks a rule of the format or holds other data
 */
export function readNpy(
  path: string,
  checkShape: (shape: readonly number[]) => void = () => {},
): Promise<NpyArray> {
  return withInputFile(path, async (file) => {
    const { shape, dataBegin } = await readHeader(file);
    const length = elementCount(shape);
    const expected = length === undefined ? undefined : dataBegin + 4 * length;
    if (length === undefined || expected !== file.size) {
      const received = `a shape with ${shape.length} axes, which takes ${expected ?? 'more than 2^53'}`;
      throw new FormatError(expectation(path, `a shape that fills ${file.size} bytes`, received));
    }
    checkShape(shape);
    const data = allocate(length, path);
    await file.read(new Uint8Array(data.buffer), dataBegin);
    return { shape, data };
  });
}

async function readHeader(file: InputFile): Promise<{ shape: number[]; dataBegin: number }> {
  const { path, size } = file;
  if (size < NPY_PREFIX) {
    throw new FormatError(expectation(path, `an npy file of at least ${NPY_PREFIX} bytes`, `${size} bytes`));
  }
  const prefix = new Uint8Array(NPY_PREFIX);
  await file.read(prefix, 0);
  if (NPY_MAGIC.some((byte, i) => prefix[i] !== byte)) {
    throw new FormatError(
      expectation(path, 'the first bytes of npy version 1.0', `[${prefix.slice(0, NPY_MAGIC.length)}]`),
    );
  }
  const headerLength = new DataView(prefix.buffer).getUint16(NPY_MAGIC.length, true);
  const dataBegin = NPY_PREFIX + headerLength;
  if (dataBegin > size) {
    throw new FormatError(
      expectation(`${path}, npy header length`, `at most ${size - NPY_PREFIX}`, String(headerLength)),
    );
  }
  const header = new Uint8Array(headerLength);
  await file.read(header, NPY_PREFIX);
  const { descr, fortranOrder, shape } = parseNpyDictionary(new TextDecoder('latin1').decode(header), path);
  if (descr !== '<f4') throw new FormatError(expectation(`${path}, descr`, "'<f4'", `'${descr}'`));
  if (fortranOrder) throw new FormatError(expectation(path, 'C order', 'Fortran order'));
  return { shape, dataBegin };
}

/** Product of the sizes, or undefined if a partial product passes 2^53 - 1, or a quarter of it at the end. */
function elementCount(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return Number.isSafeInteger(4 * count) ? count : undefined;
}

function allocate(length: number, path: string): Float32Array {
  try {
    return new Float32Array(length);
  } catch (error) {
    throw new FileError(expectation(`input ${path}`, 'an array that fits into memory', `${length} numbers`), {
      cause: error,
    });
  }
}
