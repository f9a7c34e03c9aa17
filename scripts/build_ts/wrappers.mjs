// What `import` gives in Node: the names of a CommonJS module, and no code.
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { PUBLIC } from './entries.mjs';

function wrapper(file, exported) {
  const named = exported.filter((name) => name !== 'default');
  const lines = [`import { load } from '${file}';`, 'const entry = load();'];
  lines.push('export const {', ...named.map((name) => `  ${name},`), '} = entry;');
  if (exported.includes('default')) lines.push('export default entry.default;');
  return `${lines.join('\n')}\n`;
}

/** @param metafile of the CommonJS files */
export function writeWrappers(outdir, { outputs }) {
  for (const name of PUBLIC) {
    const { exports } = outputs[`${outdir}/${name}.cjs`];
    // Node reads a CommonJS module that is imported for its names, which takes 30 ms for a whole entry; of this file it
    // reads one line. Runtimes also differ in what the default of a CommonJS module is. A function, since Node 20 ends
    // when a CommonJS module that is imported throws, for a peer dependency that is missing, and the program catches that.
    const between = `${basename(name)}.entry.cjs`;
    writeFileSync(
      `${outdir}/${name}.entry.cjs`,
      `exports.load = () => require('./${basename(name)}.cjs');\n`,
    );
    writeFileSync(`${outdir}/${name}.js`, wrapper(`./${between}`, exports));
  }
}
