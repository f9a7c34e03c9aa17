// What `import` gives in Node: the names of a CommonJS module, and no code.
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { PUBLIC } from './entries.mjs';

function wrapper(file, exported) {
  const named = exported.filter((name) => name !== 'default');
  const lines = ['export {', ...named.map((name) => `  ${name},`), `} from '${file}';`];
  // The default of a CommonJS module is all that it exports.
  if (exported.includes('default')) {
    lines.push(`import entry from '${file}';`, 'export default entry.default;');
  }
  return `${lines.join('\n')}\n`;
}

/** @param metafile of the CommonJS files */
export function writeWrappers(outdir, { outputs }) {
  for (const name of PUBLIC) {
    const { exports } = outputs[`${outdir}/${name}.cjs`];
    writeFileSync(`${outdir}/${name}.js`, wrapper(`./${basename(name)}.cjs`, exports));
  }
}
