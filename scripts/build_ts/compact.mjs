// Spaces and comments are left out of files that are mostly code of other packages: that is a megabyte of an
// installation. Files of our own stay as they are, for those who read a stack trace.
import { relative } from 'node:path';

const FOREIGN = /node_modules\//;

/**
 * Options of esbuild's `transform` for an output.
 * @param path of the output
 * @param metafile that lists it
 */
export function compactOptions(path, { outputs }) {
  const inputs = Object.entries(outputs[relative(process.cwd(), path).replaceAll('\\', '/')].inputs);
  const bytes = (of) => of.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
  const foreign = bytes(inputs.filter(([file]) => FOREIGN.test(file)));
  // THIRD_PARTY_LICENSES has what the comments say of licences.
  return foreign * 2 > bytes(inputs) ? { minifyWhitespace: true, legalComments: 'none' } : {};
}
