// The compiler of the prebuilt addons: zig's clang with the C libraries of all targets, as PyPI packs it.
import { join } from 'node:path';
import { must, root } from './process.mjs';
import { unpackWheel } from './python.mjs';

/** One version for everybody: it decides the code that is published. */
export const ZIG_VERSION = '0.17.1';

/**
 * Installs zig into build/ where it is not there yet. @throws Error without Python or without the package
 * @returns {Promise<{ command: string, env: object }>} its caches lie in build/ too
 */
export async function zig() {
  const cache = join(root, 'build', 'zig-cache');
  const env = { ...process.env, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache };
  const folder = join(root, 'build', `zig-${ZIG_VERSION}`);
  await unpackWheel(`ziglang==${ZIG_VERSION}`, folder);
  const command = join(folder, 'ziglang', 'zig');
  const version = (await must('prebuild: zig', command, ['version'], { env })).trim();
  if (version === ZIG_VERSION) return { command, env };
  throw new Error(`prebuild: expected zig ${ZIG_VERSION} in ${folder} but received ${version}`);
}
