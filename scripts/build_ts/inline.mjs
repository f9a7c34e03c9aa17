// Pages as text: `import TEXT from './start.ts?inline'` gives the bundle of that file, a script or a style, as one string.
// What runs in a browser lies in the folders below; the builds of lib/ and the tests both come here for it.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, version } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Relative to the root. A bundle consists of files in these, so that a key for a cache can be made from them. */
const FOLDERS = ['lib/explain/browser', 'lib/server/page/browser'];

const OPTIONS = {
  bundle: true,
  // One script of its own: nothing in it becomes a global variable.
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  charset: 'utf8',
  // A page is sent and saved whole, with its script and style inside.
  minify: true,
  legalComments: 'none',
  tsconfigRaw: { compilerOptions: { strict: true } },
};

/**
 * @param file absolute
 * @returns its bundle
 * @throws Error if it is made of anything outside of the browser's folders
 */
export function inlined(file) {
  const { outputFiles, metafile } = buildSync({
    ...OPTIONS,
    absWorkingDir: root,
    entryPoints: [file],
    metafile: true,
    write: false,
    outdir: 'build',
    logLevel: 'warning',
  });
  const foreign = Object.keys(metafile.inputs).find((input) => !FOLDERS.includes(dirname(input)));
  if (foreign !== undefined) {
    throw new Error(`${file}: a page must not contain ${foreign}, which is outside of ${FOLDERS.join(', ')}`);
  }
  return outputFiles[0].text.trim();
}

/** A key that changes with whatever `inlined` depends on. */
export function keyOfInlined(file) {
  const hash = createHash('sha256').update(`${version}\0${relative(root, file)}\0`);
  const sources = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name)),
  );
  for (const source of ['scripts/build_ts/inline.mjs', ...sources.sort()]) {
    hash
      .update(`${source}\0`)
      .update(readFileSync(join(root, source)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** For esbuild. */
export const inlinePlugin = {
  name: 'inline',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\?inline$/ }, ({ path, resolveDir }) => ({
      // Relative, since the name stands in a comment of the output.
      path: relative(root, join(resolveDir, path.replace(/\?inline$/, ''))).replaceAll('\\', '/'),
      namespace: 'inline',
    }));
    onLoad({ filter: /.*/, namespace: 'inline' }, ({ path }) => ({
      contents: inlined(join(root, path)),
      loader: 'text',
    }));
  },
};
