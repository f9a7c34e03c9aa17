// How like the embeddings of one contender are to those of another.
import { readFileSync } from 'node:fs';
import { fail } from '../../lib/options.mjs';

/** A result below this is of something else than the model. */
const WRONG = 0.8;

/** @returns {lowest, mean} cosine of the `rows` that both have, NaN for rows that are not numbers */
export function likeness(actual, expected, dimensions) {
  const rows = Math.floor(Math.min(actual.length, expected.length) / dimensions);
  let [lowest, sum] = [1, 0];
  for (let r = 0; r < rows; r++) {
    let [dot, a, b] = [0, 0, 0];
    for (let i = r * dimensions; i < (r + 1) * dimensions; i++) {
      dot += actual[i] * expected[i];
      a += actual[i] ** 2;
      b += expected[i] ** 2;
    }
    const cosine = dot / Math.sqrt(a * b);
    // Written so that NaN is the lowest of all, and stays it.
    if (!(cosine >= lowest) && !Number.isNaN(lowest)) lowest = cosine;
    sum += cosine;
  }
  return { lowest, mean: sum / rows, rows };
}

/** What is wrong with a contender's embeddings, or undefined. */
export function wrongness(actual, expected, { lowest }) {
  if (actual.length !== expected.length) return `wrong: ${actual.length} numbers for ${expected.length}`;
  return lowest >= WRONG ? undefined : `wrong: lowest cosine ${lowest.toFixed(3)}`;
}

/** Rows of a .npy file of little-endian float32. */
export function readNpyRows(file, dimensions) {
  let bytes;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    fail('embeddings in a .npy file', `${file} (${error.code})`);
  }
  const wide = bytes[6] >= 2;
  const begin = (wide ? 12 : 10) + (wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8));
  const header = bytes.toString('latin1', wide ? 12 : 10, begin);
  const known = bytes.toString('latin1', 1, 6) === 'NUMPY' && /'descr': *'<f4'/.test(header);
  const columns = Number(/'shape': *\(\d+, *(\d+),?\)/.exec(header)?.[1]);
  if (!known || columns !== dimensions || /'fortran_order': *True/.test(header)) {
    fail(`rows of ${dimensions} float32 in a .npy file`, known ? `${file} with ${header.trim()}` : file);
  }
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + begin, bytes.byteOffset + bytes.length));
}
