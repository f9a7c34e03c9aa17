// ES modules for bundlers. A bundler moves the code, so that nothing in it may depend on where it stands: there is no
// import.meta and no createRequire, which bundlers evaluate.
import { mkdirSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { compactOptions } from './compact.mjs';
import { DEFINED, PUBLIC, SHARED, sourceOf } from './entries.mjs';

const BUILTINS = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

/** CommonJS packages require Node's modules, and an ES module has no `require`. */
const requiredBuiltins = {
  name: 'required builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[\w:/]+$/ }, ({ path, kind }) =>
      kind === 'require-call' && BUILTINS.has(path) ? { path, namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/** @returns esbuild's metafile */
export async function buildModules(outdir) {
  const { outputFiles, metafile } = await build({
    ...SHARED,
    entryPoints: PUBLIC.map(sourceOf),
    outdir,
    define: { ...DEFINED, 'import.meta.filename': 'bundleFile' },
    inject: [fileURLToPath(new URL('bundle_file.mjs', import.meta.url))],
    plugins: [...SHARED.plugins, requiredBuiltins],
    // Errors are told apart by their names in logs, and bundlers rename classes.
    keepNames: true,
  });
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    const options = compactOptions(path, metafile);
    const compact = Object.keys(options).length > 0;
    writeFileSync(path, compact ? (await transform(text, { ...options, target: SHARED.target })).code : text);
  }
  return metafile;
}
