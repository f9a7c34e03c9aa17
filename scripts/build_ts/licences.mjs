// The licences of the packages whose code is in dist, as they ask for.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\.|-|$)/i;

/** Folders of the packages that contribute code, such as node_modules/ajv. */
function packagesOf(metafiles) {
  const folders = new Set();
  for (const { outputs } of metafiles) {
    for (const { inputs } of Object.values(outputs)) {
      for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
        const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
        if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
      }
    }
  }
  return [...folders].sort();
}

/** @throws Error for a package whose licence is not to be found */
function licenceOf(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  if (typeof license !== 'string') throw new Error(`${folder}: its package.json names no licence`);
  if (texts.length === 0) texts.push(withoutText(folder, license, author));
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
}

/** Some packages only name their licence. */
function withoutText(folder, license, author) {
  const readme = ['README.md', 'readme.md', 'Readme.md'].map((file) => join(folder, file)).find(existsSync);
  const text = readme === undefined ? '' : readFileSync(readme, 'utf8');
  const section = /^#+ licen[cs]e\s*\n([\s\S]*)/im.exec(text)?.[1]?.trim();
  const by = typeof author === 'string' ? author : author?.name;
  return [by && `By ${by}.`, section ?? `Licence: ${license}.`].filter(Boolean).join('\n\n');
}

export function licencesOf(metafiles) {
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  const head = 'The files in dist contain code of these packages.';
  return `${[head, ...packagesOf(metafiles).map(licenceOf)].join(rule)}\n`;
}
