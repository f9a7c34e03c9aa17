/** Finds and loads the native addon. The only place that knows a .node file. */
import { join, resolve } from 'node:path';
import { ADDON, platformTag, REMEDIES } from '../../scripts/platform.mjs';
import { expectation, NativeLoadError } from '../errors.js';
import { bundleFolders, installedRoot } from '../package_root.js';
import type { NativeAddon } from './addon.js';
import { withTypedErrors } from './native_errors.js';

let loaded: { addon: NativeAddon; path: string } | undefined;

/** One by one: to find out the platform takes milliseconds. */
function* candidates(): Generator<string> {
  const given = process.env.SYNTHETIC_ATTENTION_ADDON;
  if (given) return yield given;
  for (const folder of bundleFolders()) yield join(folder, ADDON);
  const root = installedRoot();
  if (root !== undefined) yield join(root, `build/Release/${ADDON}`);
  const roots = [...bundleFolders(), ...(root === undefined ? [] : [root])];
  for (const folder of roots) yield join(folder, `prebuilds/${platformTag()}/${ADDON}`);
}

const EXTERNAL = [
  'mark synthetic-attention as external and install it beside the bundle: --external:synthetic-attention (esbuild), ' +
    'externals (webpack), serverExternalPackages (Next.js), build.rollupOptions.external (Vite)',
  `or copy ${ADDON} into the folder of the bundle, or set SYNTHETIC_ATTENTION_ADDON to its path`,
];

/** Node's own require, which bundlers do not analyse; it has one addon for all copies of this code in a process. */
function open(path: string): NativeAddon {
  const file = resolve(path);
  return process.getBuiltinModule('node:module').createRequire(file)(file) as NativeAddon;
}

function load(): { addon: NativeAddon; path: string } {
  const reasons: string[] = [];
  let cause: unknown;
  for (const path of candidates()) {
    try {
      return { addon: open(path), path };
    } catch (error) {
      cause ??= error;
      reasons.push(`${path} (${(error as Error).message.split('\n')[0]})`);
    }
  }
  const received = `none: ${reasons.join('; ')}`;
  const remedies = (bundleFolders().length > 0 ? EXTERNAL : REMEDIES)
    .map((remedy) => `  - ${remedy}`)
    .join('\n');
  throw new NativeLoadError(
    `${expectation('native addon', 'one that loads', received)}\nRemedies:\n${remedies}`,
    { cause },
  );
}

function ensure(): { addon: NativeAddon; path: string } {
  if (loaded) return loaded;
  const found = load();
  try {
    // Chooses the instruction set, and says why it cannot.
    found.addon.info();
  } catch (cause) {
    throw new NativeLoadError((cause as Error).message, { cause });
  }
  loaded = { addon: withTypedErrors(found.addon), path: found.path };
  return loaded;
}

/** The addon, loaded at first use. @throws NativeLoadError */
export function addon(): NativeAddon {
  return ensure().addon;
}

/** Where the addon in use was loaded from. */
export function addonPath(): string {
  return ensure().path;
}
