// Declarations for `import` (.d.ts) and for `require` (.d.cts): the same text, but that a file which is required names
// others that are. Only those which users can reach are kept.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { PUBLIC } from './entries.mjs';

const compiler = createRequire(import.meta.url).resolve('typescript/package.json');
/** A relative path in `from '...'`, `import('...')` or `import '...'`. */
const RELATIVE = /(\b(?:from|import)\s*\(?\s*)(['"])(\.{1,2}\/[^'"]*)\.js\2/g;

function reachable(outdir) {
  const files = new Set();
  const visit = (file) => {
    if (files.has(file)) return;
    files.add(file);
    for (const [, , , path] of readFileSync(join(outdir, file), 'utf8').matchAll(RELATIVE)) {
      visit(normalize(join(dirname(file), `${path}.d.ts`)));
    }
  };
  for (const name of PUBLIC) visit(normalize(`${name}.d.ts`));
  return files;
}

/** @returns whether the sources have no errors */
export function buildDeclarations(outdir) {
  const tsc = join(dirname(compiler), 'bin/tsc');
  const args = [tsc, '-p', 'tsconfig.build.json', '--outDir', outdir];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  const kept = reachable(outdir);
  for (const file of readdirSync(outdir, { recursive: true })) {
    if (file.endsWith('.d.ts') && !kept.has(file)) rmSync(join(outdir, file));
  }
  // Folders come before what is in them.
  for (const entry of readdirSync(outdir, { recursive: true, withFileTypes: true }).reverse()) {
    const folder = join(entry.parentPath, entry.name);
    if (entry.isDirectory() && readdirSync(folder).length === 0) rmdirSync(folder);
  }
  for (const file of kept) {
    const text = readFileSync(join(outdir, file), 'utf8').replace(RELATIVE, '$1$2$3.cjs$2');
    writeFileSync(join(outdir, file.replace(/ts$/, 'cts')), text);
  }
  return status === 0;
}
