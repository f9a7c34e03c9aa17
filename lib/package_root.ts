/** Where the files stand that are loaded by their paths: the native addon, the model, what threads run. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const NAME = 'synthetic-attention';

/** Set by the builds, see scripts/build_ts. */
declare const PACKAGE_VERSION: string | undefined;

interface Places {
  /** The package's folder. */
  root: string | undefined;
  /** Whether this code lies outside of the package, as in a bundle. */
  bundled: boolean;
}

let found: Places | undefined;

/** The file of this code; undefined in an ES module that a bundler has made. The builds put other names in its place. */
function ownFile(): string | undefined {
  return import.meta.filename;
}

/** The script that runs. With `node -e` there is none, and Node resolves packages from the working directory. */
function mainScript(): string {
  return resolve(process.argv[1] ?? 'script.js');
}

interface Manifest {
  name?: unknown;
  version: string;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Sources, and built files of whatever depth, lie below the package's folder. */
function folderAbove(file: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) {
      return readManifest(folder).name === NAME ? folder : undefined;
    }
    if (folder === dirname(folder)) return undefined;
  }
}

/** A bundle may have the package installed beside it, whose addon fits this code only when both have one version. */
function installedFolder(): string | undefined {
  try {
    // Bundlers evaluate calls of an imported `createRequire`; this is left as it is.
    const { createRequire } = process.getBuiltinModule('node:module');
    const folder = dirname(createRequire(mainScript()).resolve(`${NAME}/package.json`));
    return readManifest(folder).version === version() ? folder : undefined;
  } catch {
    return undefined;
  }
}

function places(): Places {
  if (found === undefined) {
    const file = ownFile();
    const root = file === undefined ? undefined : folderAbove(file);
    found = root === undefined ? { root: installedFolder(), bundled: true } : { root, bundled: false };
  }
  return found;
}

/** Folder of this package's package.json; undefined where the code is in a bundle and no package is installed beside it. */
export function installedRoot(): string | undefined {
  return places().root;
}

/** The same where it must be there. @throws Error */
export function packageRoot(): string {
  const folder = installedRoot();
  if (folder === undefined) throw new Error(`the folder of the package ${NAME} is not known`);
  return folder;
}

/** Folders of a bundled program in which the addon and the model may lie: the bundle's, and that of the script that runs. */
export function bundleFolders(): readonly string[] {
  if (!places().bundled) return [];
  const files = [ownFile(), mainScript()].filter((file) => file !== undefined);
  return [...new Set(files.map((file) => dirname(file)))];
}

/** The package's version. */
export function version(): string {
  if (typeof PACKAGE_VERSION === 'string') return PACKAGE_VERSION;
  return readManifest(packageRoot()).version;
}
