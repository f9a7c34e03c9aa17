// prebuilds/SHA256SUMS, in the format of sha256sum.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const SUMS = 'SHA256SUMS';

const sum = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** @param {string[]} names of files below `folder` that exist */
export function writeSums(folder, names) {
  const lines = [...names].sort().map((name) => `${sum(join(folder, name))}  ${name}\n`);
  writeFileSync(join(folder, SUMS), lines.join(''));
}

/** @returns {string[]} a sentence for each of `names` that is absent, without a sum or of another sum, and for lines of files that are not `known` */
export function wrongSums(folder, names, known = names) {
  const list = join(folder, SUMS);
  const lines = existsSync(list) ? readFileSync(list, 'utf8').split('\n').filter(Boolean) : [];
  const sums = new Map(lines.map((line) => line.split('  ').reverse()));
  const wrong = [];
  for (const name of names) {
    const file = join(folder, name);
    const expected = sums.get(name);
    if (!existsSync(file)) wrong.push(`${name}: expected a file but received none`);
    else if (expected === undefined) wrong.push(`${name}: expected a line in ${SUMS} but received none`);
    else if (sum(file) !== expected)
      wrong.push(`${name}: expected the sum ${expected} but received ${sum(file)}`);
  }
  for (const name of sums.keys()) {
    if (!known.includes(name))
      wrong.push(`${name}: expected a target's addon in ${SUMS} but received this line`);
  }
  return wrong;
}
