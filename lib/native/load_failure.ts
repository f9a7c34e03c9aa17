/** The error about an addon that does not load: what was looked for, what is wrong with each file, and what to do. */
import { existsSync } from 'node:fs';
import { type AddonAttempt, NativeLoadError } from '../errors.js';
import { readAddonFile } from './addon_file.js';
import { ADDON, platformTag } from './platform.js';

/** A file that was tried, and what Node said about it. */
export interface Attempt {
  path: string;
  error: unknown;
}

/** Where an addon was looked for: as the variable says, in the installed package, or beside a bundle of its code. */
export type AddonPlace = 'variable' | 'package' | 'bundle';

export function loadFailure(attempts: readonly Attempt[], place: AddonPlace): NativeLoadError {
  const platform = platformTag();
  const tried = attempts.map(explain);
  const files = tried.map(({ path, message }) => `  ${path}: ${message}`);
  const remedies = REMEDIES[place](platform).map((remedy) => `  - ${remedy}`);
  const message = [
    `no native addon loads on ${platform} (${runtime()}). Looked for:`,
    ...files,
    'What to do:',
    ...remedies,
  ].join('\n');
  return new NativeLoadError(message, { cause: attempts[0]?.error, platform, tried });
}

const BUILD = 'build one from source: npx synthetic-attention build (it says what it needs)';

const REMEDIES: Record<AddonPlace, (platform: string) => string[]> = {
  variable: (platform) => [
    `set SYNTHETIC_ATTENTION_ADDON to an addon for ${platform}, or unset it to use the one in the package`,
    `or unset it and ${BUILD}`,
  ],
  package: (platform) => [
    'install the package again on this machine: a node_modules folder copied from another one may lack files',
    `or ${BUILD}`,
    `or set SYNTHETIC_ATTENTION_ADDON to an addon that was built elsewhere for ${platform}`,
  ],
  bundle: (platform) => [
    'mark synthetic-attention as external and install it beside the bundle: --external:synthetic-attention (esbuild), ' +
      'externals (webpack), serverExternalPackages (Next.js), build.rollupOptions.external (Vite)',
    `or copy prebuilds/${platform}/${ADDON} of the package into the folder of the bundle`,
    'or set SYNTHETIC_ATTENTION_ADDON to its path',
  ],
};

function runtime(): string {
  const { bun, deno, electron } = process.versions as Record<string, string | undefined>;
  if (bun) return `Bun ${bun}`;
  if (deno) return `Deno ${deno}`;
  if (electron) return `Electron ${electron}`;
  return `Node ${process.versions.node}`;
}

function explain({ path, error }: Attempt): AddonAttempt {
  if (!existsSync(path)) return { path, reason: 'missing', message: 'there is no such file' };
  const file = readAddonFile(path);
  const here = platformTag();
  const built = (name: string): string => `it is built for ${name}, and this process is ${here}`;
  if (file) {
    const base = `${file.system}-${file.arch ?? 'another processor'}`;
    const name = file.libc ? `${base}-${file.libc}` : base;
    if (file.system !== process.platform) return { path, reason: 'system', message: built(name) };
    if (file.arch !== process.arch) return { path, reason: 'architecture', message: built(name) };
    if (file.libc && !here.endsWith(file.libc)) return { path, reason: 'libc', message: built(name) };
  }
  return { path, reason: 'unloadable', message: firstLine(error) };
}

function firstLine(error: unknown): string {
  return String((error as Error | undefined)?.message ?? error).split('\n')[0]!;
}
