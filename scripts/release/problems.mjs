// What keeps a working tree from being published.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linksOf, OWNER, ownerOf } from './owner.mjs';
import { ADDON, TAGS } from './tags.mjs';

/** Sums by path below prebuilds/, as `sha256sum` prints them. */
function readSums(file) {
  if (!existsSync(file)) return new Map();
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return new Map(lines.map((line) => line.split(/\s+\*?/)).map(([sum, path]) => [path, sum]));
}

function problemsOfAddons(folder) {
  const file = join(folder, 'SHA256SUMS');
  const sums = readSums(file);
  const problems = sums.size === 0 ? [`${file} is missing or empty; run npm run prebuild -- --all`] : [];
  for (const tag of TAGS) {
    const path = `${tag}/${ADDON}`;
    if (!existsSync(join(folder, path))) problems.push(`prebuilds/${path} is missing`);
    else if (sums.size > 0) {
      const sum = createHash('sha256')
        .update(readFileSync(join(folder, path)))
        .digest('hex');
      if (sums.get(path) !== sum)
        problems.push(`prebuilds/${path} has the sum ${sum}, SHA256SUMS says ${sums.get(path) ?? 'nothing'}`);
    }
  }
  return problems;
}

/** @returns one sentence for each problem */
export function problemsOfRelease(root, manifest) {
  const problems = problemsOfAddons(join(root, 'prebuilds'));
  const owner = ownerOf(manifest);
  if (owner === OWNER) problems.push('package.json names no owner; run npm run set-owner -- NAME');
  const expected = linksOf(owner);
  for (const [name, value] of Object.entries(expected)) {
    if (JSON.stringify(manifest[name]) !== JSON.stringify(value))
      problems.push(
        `package.json: expected ${name} ${JSON.stringify(value)}; run npm run set-owner -- ${owner}`,
      );
  }
  return problems;
}
