/** Finds and loads the native addon. The only place that knows a .node file. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ADDON, platformTag, REMEDIES } from '../../scripts/platform.mjs';
import { expectation, NativeLoadError } from '../errors.js';
import { packageRoot } from '../package_root.js';
import type { NativeAddon } from './addon.js';
import { withTypedErrors } from './native_errors.js';

let loaded: { addon: NativeAddon; path: string } | undefined;

/** One by one: to find out the platform takes milliseconds. */
function* candidates(): Generator<string> {
  const given = process.env.SYNTHETIC_ATTENTION_ADDON;
  if (given) return yield given;
  const at = (path: string) => join(packageRoot(), path);
  yield at(`build/Release/${ADDON}`);
  yield at(`prebuilds/${platformTag()}/${ADDON}`);
}

function load(): { addon: NativeAddon; path: string } {
  const require = createRequire(import.meta.url);
  const reasons: string[] = [];
  let cause: unknown;
  for (const path of candidates()) {
    try {
      return { addon: require(path) as NativeAddon, path };
    } catch (error) {
      cause ??= error;
      reasons.push(`${path} (${(error as Error).message.split('\n')[0]})`);
    }
  }
  const received = `none: ${reasons.join('; ')}`;
  const remedies = REMEDIES.map((remedy) => `  - ${remedy}`).join('\n');
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
