// How much an installation brings: packages and megabytes of node_modules.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const BLOCK = 4096;

/** A file counts as whole blocks, as `du` counts, and once under all of its links. */
export function measure(folder) {
  const seen = new Set();
  const total = { packages: 0, bytes: 0 };
  const visit = (path) => {
    const stats = lstatSync(path);
    if (stats.isSymbolicLink()) return;
    if (stats.nlink > 1 && !stats.isDirectory()) {
      if (seen.has(stats.ino)) return;
      seen.add(stats.ino);
    }
    total.bytes += Math.ceil(stats.size / BLOCK) * BLOCK;
    if (!stats.isDirectory()) return;
    const names = readdirSync(path);
    if (names.includes('package.json') && /node_modules(\/@[^/]+)?\/[^/]+$/.test(path)) total.packages += 1;
    for (const name of names) visit(join(path, name));
  };
  visit(folder);
  return { packages: total.packages, megabytes: total.bytes / 2 ** 20 };
}
