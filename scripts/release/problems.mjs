// What keeps a working tree from being published.
import { join } from 'node:path';
import { wrongSums } from '../prebuild/sums.mjs';
import { ADDON, TAGS } from '../prebuild/targets.mjs';
import { linksOf, OWNER, ownerOf } from './owner.mjs';

const ADDONS = TAGS.map((tag) => `${tag}/${ADDON}`);

/** @returns one sentence for each problem */
export function problemsOfRelease(root, manifest) {
  const problems = wrongSums(join(root, 'prebuilds'), ADDONS).map((problem) => `prebuilds/${problem}`);
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
