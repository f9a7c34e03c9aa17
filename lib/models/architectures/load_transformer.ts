/** A transformer of the references that were found in the headers of weights files. */
import { expectation, FileError, ModelError } from '../../errors.js';
import type { FileState } from '../../formats/input_file.js';
import { quoteName } from '../../formats/quote_name.js';
import { addon } from '../../native/load.js';
import type { NativeProgram } from '../../native/program.js';
import type { WeightsFiles } from '../directory/weights_files.js';
import type { TransformerParts } from './transformer_parts.js';
import { transformerProgram } from './transformer_program.js';

/**
 * Packs the weights on threads of their own.
 * @param int8 keep 8 bits a weight and multiply 8-bit numbers
 * @throws FileError if a file was changed since its header was read; ModelError if a weight is not finite
 */
export async function loadTransformer(
  files: Pick<WeightsFiles, 'paths' | 'states' | 'entries'>,
  parts: TransformerParts,
  int8: boolean,
): Promise<NativeProgram> {
  const loaded = await addon().loadProgramAsync({
    ...transformerProgram(parts, int8),
    paths: files.paths,
    states: numbersOf(files.states),
  });
  if ('dispose' in loaded) return loaded;
  const { problem, notFinite } = loaded;
  if (problem !== undefined) throw new FileError(problem);
  const { file, begin } = notFinite!;
  // A reference may begin inside of a tensor.
  const tensor = [...files.entries.values()].find(
    (entry) => entry.file === file && entry.begin <= begin && begin < entry.end,
  );
  const subject = `${files.paths[file]}: ${tensor === undefined ? `byte ${begin}` : quoteName(tensor.name)}`;
  throw new ModelError(expectation(subject, 'finite weights', 'NaN or an infinity'));
}

/** Deno cuts times off at a millisecond or a second, so that native code cannot compare them with those it reads. */
const TIMES_ARE_EXACT = !('deno' in process.versions);

function numbersOf(states: readonly FileState[]): BigInt64Array {
  return BigInt64Array.from(
    states.flatMap(({ device, inode, size, modified, changed }) => {
      const times = TIMES_ARE_EXACT ? [modified, changed] : [0n, 0n];
      return [device, inode, size, ...times].map((number) => BigInt.asIntN(64, number));
    }),
  );
}
