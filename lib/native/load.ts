import { createRequire } from 'node:module';
import type { NativeAddon } from './addon.js';

let loaded: NativeAddon | undefined;

/** The addon, loaded at first use. */
export function addon(): NativeAddon {
  loaded ??= createRequire(import.meta.url)('../../build/Release/synthetic_attention.node') as NativeAddon;
  return loaded;
}

/** Where the addon in use was loaded from. */
export function addonPath(): string {
  addon();
  return createRequire(import.meta.url).resolve('../../build/Release/synthetic_attention.node');
}
