/** Finds and loads the native addon. The only place that knows a .node file. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { NativeLoadError } from '../errors.js';
import { packageRoot } from '../package_root.js';
import type { NativeAddon } from './addon.js';
import { type Attempt, loadFailure } from './load_failure.js';
import { withTypedErrors } from './native_errors.js';
import { ADDON, platformTag } from './platform.js';

let loaded: { addon: NativeAddon; path: string } | undefined;

/** One by one, since most processes need no more than the first. A build of one's own precedes the prebuilt addon. */
function* candidates(given: string | undefined): Generator<string> {
  if (given !== undefined) return yield given;
  const at = (path: string) => join(packageRoot(), path);
  yield at(`build/Release/${ADDON}`);
  yield at(`prebuilds/${platformTag()}/${ADDON}`);
}

function load(): { addon: NativeAddon; path: string } {
  const require = createRequire(import.meta.url);
  const given = process.env.SYNTHETIC_ATTENTION_ADDON || undefined;
  const attempts: Attempt[] = [];
  for (const path of candidates(given)) {
    try {
      const addon = require(path) as Partial<NativeAddon>;
      if (typeof addon.info === 'function') return { addon: addon as NativeAddon, path };
      attempts.push({ path, error: new Error('it is a module, but not the addon of synthetic-attention') });
    } catch (error) {
      attempts.push({ path, error });
    }
  }
  throw loadFailure(attempts, given === undefined ? 'package' : 'variable');
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
