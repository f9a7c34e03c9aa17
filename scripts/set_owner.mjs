// npm run set-owner -- NAME: the account that the repository is published under, in every place that names it.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { linksOf, ownerOf } from './release/owner.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Files with links to the repository, besides package.json. */
const FILES = ['README.md', 'SECURITY.md', 'models/synthesizer-mini/README.md'];

const [owner] = process.argv.slice(2);
// The rules of the host for account names.
if (!/^[a-z\d](-?[a-z\d]){0,38}$/i.test(owner ?? '')) {
  console.error(`set-owner: expected the name of an account but received ${JSON.stringify(owner ?? '')}`);
  process.exit(1);
}
const manifestFile = `${root}/package.json`;
const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
const link = (name) => `github.com/${name}/synthetic-attention`;
const old = link(ownerOf(manifest));
writeFileSync(manifestFile, `${JSON.stringify({ ...manifest, ...linksOf(owner) }, null, 2)}\n`);
for (const file of FILES) {
  const text = readFileSync(`${root}/${file}`, 'utf8');
  writeFileSync(`${root}/${file}`, text.replaceAll(old, link(owner)));
}
console.log(`package.json, ${FILES.join(', ')}: ${link(owner)}`);
