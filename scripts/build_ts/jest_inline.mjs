// The transformer of Jest for the files that lib/ imports with `?inline`.
import { inlined, keyOfInlined } from './inline.mjs';

export default {
  getCacheKey: (_, file) => keyOfInlined(file),
  process: (_, file) => ({ code: `export default ${JSON.stringify(inlined(file))};\n` }),
};
