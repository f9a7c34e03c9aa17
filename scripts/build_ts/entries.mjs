// What the builds start from, and what they leave outside.
import { readFileSync } from 'node:fs';
import { inlinePlugin } from './inline.mjs';

const { exports, version } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Names without extension of everything that package.json lets users import, such as `server/index`. */
export const PUBLIC = Object.values(exports)
  .filter((entry) => entry.require !== undefined)
  .map((entry) => entry.require.default.replace(/^\.\/dist\/(.*)\.cjs$/, '$1'));

/** Files that are run: the command, and what a thread runs. */
export const PROGRAMS = ['cli/main', 'models/feed/worker'];

export const sourceOf = (name) => `lib/${name}.ts`;

/** Options of esbuild that all builds have. */
export const SHARED = {
  outbase: 'lib',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // The program's own copy, so that tensors and registered classes are shared with it. Nothing else is installed.
  external: ['@tensorflow/*'],
  // What few packages have beside CommonJS, and of which unused parts are left out.
  mainFields: ['module', 'main'],
  plugins: [inlinePlugin],
  metafile: true,
  write: false,
  logLevel: 'warning',
};

/** Names that the builds replace. */
export const DEFINED = {
  PACKAGE_VERSION: JSON.stringify(version),
  // Read by a package of the logger for threads that are never started; Deno would ask for a permission.
  'process.env.NODE_V8_COVERAGE': 'undefined',
};
