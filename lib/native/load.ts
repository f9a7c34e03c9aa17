/** Finds and loads the native addon. The only place that knows a .node file. */
import { join, resolve } from 'node:path';
import { NativeLoadError } from '../errors.js';
import { bundleFolders, installedRoot } from '../package_root.js';
import { variables } from '../variables.js';
import type { NativeAddon } from './addon.js';
import { type Attempt, loadFailure } from './load_failure.js';
import { withTypedErrors } from './native_errors.js';
import { ADDON, platformTag } from './platform.js';

let loaded: { addon: NativeAddon; path: string } | undefined;

/** One by one, since most processes need no more than the first. A build of one's own precedes the prebuilt addon. */
function* candidates(given: string | undefined): Generator<string> {
  if (given !== undefined) return yield given;
  for (const folder of bundleFolders()) yield join(folder, ADDON);
  const root = installedRoot();
  if (root !== undefined) yield join(root, `build/Release/${ADDON}`);
  const roots = [...bundleFolders(), ...(root === undefined ? [] : [root])];
  for (const folder of roots) yield join(folder, `prebuilds/${platformTag()}/${ADDON}`);
}

/** Node's own require, which bundlers do not analyse; it has one addon for all copies of this code in a process. */
function open(path: string): Partial<NativeAddon> {
  const file = resolve(path);
  return process.getBuiltinModule('node:module').createRequire(file)(file);
}

function load(): { addon: NativeAddon; path: string } {
  const given = variables.SYNTHETIC_ATTENTION_ADDON || undefined;
  const attempts: Attempt[] = [];
  for (const path of candidates(given)) {
    try {
      const addon = open(path);
      if (typeof addon.info === 'function') return { addon: addon as NativeAddon, path };
      attempts.push({ path, error: new Error('it is a module, but not the addon of synthetic-attention') });
    } catch (error) {
      attempts.push({ path, error });
    }
  }
  const place = given !== undefined ? 'variable' : bundleFolders().length > 0 ? 'bundle' : 'package';
  throw loadFailure(attempts, place);
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
