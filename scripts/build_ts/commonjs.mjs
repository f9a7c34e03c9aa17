// The code as CommonJS. esbuild makes shared files for ES modules alone, so it bundles to those first, and each file is
// then converted by itself: entries keep sharing their state, and what is imported late stays in files of its own.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { build, transform } from 'esbuild';
import { compactOptions } from './compact.mjs';
import { DEFINED, PROGRAMS, PUBLIC, SHARED, sourceOf } from './entries.mjs';

/**
 * esbuild puts a getter around each getter of an export, so that every call of a function in another file goes through a
 * lookup by name: a fifth of the time of a small kernel.
 */
function withDirectExports(code) {
  // The first one is the file's own; packages in it may have the same.
  const wrapped = /module\.exports\s*=\s*__toCommonJS\((\w+)\);/;
  return code.replace(wrapped, 'module.exports = __defProp($1, "__esModule", { value: true });');
}

/** @returns esbuild's metafile */
export async function buildCommonJs(outdir) {
  const { outputFiles, metafile } = await build({
    ...SHARED,
    entryPoints: [...PUBLIC, ...PROGRAMS].map(sourceOf),
    outdir,
    outExtension: { '.js': '.cjs' },
    define: { ...DEFINED, 'import.meta.filename': '__filename' },
  });
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, {
      ...compactOptions(path, metafile),
      format: 'cjs',
      platform: 'node',
      target: SHARED.target,
      // `import()` of a file beside it becomes a `require` at that time.
      supported: { 'dynamic-import': false },
      sourcefile: relative(outdir, path),
      logLevel: 'warning',
    });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, withDirectExports(code));
  }
  return metafile;
}
