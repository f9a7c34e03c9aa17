// dist/: declarations by the compiler, JavaScript by esbuild in a few files. Node spends longer on finding and linking a
// hundred small modules than on running them, and a server's first embedding waits for that.
//   dist/*.cjs         the code, as CommonJS: what `require` gives, what the command and the threads run
//   dist/*.js          what `import` gives: the names of the CommonJS modules, so that state is one in a process
//   dist/module/*.js   ES modules for bundlers (the condition "module")
//   dist/*.d.ts, *.d.cts
//   THIRD_PARTY_LICENSES of the packages that are in these files
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildCommonJs } from './build_ts/commonjs.mjs';
import { buildDeclarations } from './build_ts/declarations.mjs';
import { licencesOf } from './build_ts/licences.mjs';
import { buildModules } from './build_ts/modules.mjs';
import { writeWrappers } from './build_ts/wrappers.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

// Built beside dist and then put in its place: what runs from dist meanwhile finds the old one whole.
const fresh = `dist.${process.pid}`;
const old = `${fresh}.old`;
try {
  const typed = buildDeclarations(fresh);
  const code = await buildCommonJs(fresh);
  writeWrappers(fresh, code);
  const modules = await buildModules(`${fresh}/module`);
  writeFileSync('THIRD_PARTY_LICENSES', licencesOf([code, modules]));
  if (existsSync('dist')) renameSync('dist', old);
  renameSync(fresh, 'dist');
  process.exitCode = typed ? 0 : 1;
} finally {
  for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
}
