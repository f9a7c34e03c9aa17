// dist/: declarations by the compiler, JavaScript in a few files by esbuild. Node spends longer on finding and linking a
// hundred small modules than on running them, and a server's first embedding waits for that.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

/** Everything that package.json lets users import or run, and files that start as threads of their own. */
function entryPoints() {
  const { exports, bin } = JSON.parse(readFileSync('package.json', 'utf8'));
  const files = [...Object.values(exports).map((entry) => entry.default), ...Object.values(bin)];
  const entries = files
    .filter((file) => file?.endsWith('.js'))
    .map((file) => file.replace(/^(\.\/)?dist\//, ''));
  return [...entries, 'encoder/token_worker.js']
    .map((file) => `lib/${file.replace(/js$/, 'ts')}`)
    .filter(existsSync);
}

const compiler = createRequire(import.meta.url).resolve('typescript/package.json');
// Built beside dist and then put in its place: what runs from dist meanwhile finds the old one whole.
const fresh = `dist.${process.pid}`;
const old = `${fresh}.old`;
const { status } = spawnSync(
  process.execPath,
  [fileURLToPath(new URL('bin/tsc', `file://${compiler}`)), '-p', 'tsconfig.build.json', '--outDir', fresh],
  { stdio: 'inherit' },
);
await build({
  entryPoints: entryPoints(),
  outbase: 'lib',
  outdir: fresh,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
});
if (existsSync('dist')) renameSync('dist', old);
renameSync(fresh, 'dist');
rmSync(old, { recursive: true, force: true });
process.exitCode = status ?? 1;
