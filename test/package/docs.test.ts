/** Names in the documentation are names in the code. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createProgram } from '../../lib/cli/program.js';
import * as api from '../../lib/index.js';
import { OPTIONS, variableOf } from '../../lib/server/options.js';
import { root } from '../support/command.js';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'))
    .filter((n) => n.endsWith('.md'))
    .map((n) => `docs/${n}`),
];
const read = (name: string) => readFileSync(join(root, name), 'utf8');
const manifest = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

function sources(folder: string): string {
  return (readdirSync(join(root, folder), { recursive: true }) as string[])
    .filter((name) => /\.(ts|mjs|cc|h)$/.test(name))
    .map((name) => read(join(folder, name)))
    .join('\n');
}
const code = ['lib', 'native', 'scripts', 'test'].map(sources).join('\n');
/** The server's are made from its table of options. */
const serverVariables = new Set(OPTIONS.map(({ name }) => variableOf(name)));

describe.each(documents)('%s', (name) => {
  const text = read(name);

  it('links to files that exist', () => {
    const links = [...text.matchAll(/\]\(((?!https?:)[^)#]+)\)/g)].map((m) => m[1]!);
    expect(links.filter((link) => !existsSync(join(root, name, '..', link)))).toEqual([]);
  });

  it('names paths that exist', () => {
    const paths = [...text.matchAll(/`((?:native|lib|test|docs|bench|scripts)\/[\w./-]+)`/g)].map(
      (m) => m[1]!,
    );
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('names npm scripts that exist', () => {
    const scripts = [...text.matchAll(/npm run (?:-s )?([\w:]+(?:-\w+)*)/g)].map((m) => m[1]!);
    expect(scripts.filter((script) => !(script in manifest.scripts))).toEqual([]);
  });

  it('names variables that the code reads', () => {
    const variables = [...text.matchAll(/SYNTHETIC_ATTENTION_\w+/g)].map((m) => m[0]);
    expect(
      variables.filter(
        (variable) =>
          !serverVariables.has(variable) &&
          !code.includes(`"${variable}"`) &&
          !code.includes(`env.${variable}`),
      ),
    ).toEqual([]);
  });
});

it('the README shows options that the command has, and exports that the package has', () => {
  const encode = createProgram().commands.find((command) => command.name() === 'encode')!;
  const options = [...read('README.md').matchAll(/synthetic-attention encode ([^\n`]*--[^\n`]*)/g)].flatMap(
    (m) => [...m[1]!.matchAll(/--[\w-]+/g)].map((o) => o[0]),
  );
  expect(options.length).toBeGreaterThan(3);
  expect(options.filter((option) => !encode.options.some((o) => o.long === option))).toEqual([]);
  const imported = [
    ...read('README.md').matchAll(/import \{ ([^}]+) \} from 'synthetic-attention'/g),
  ].flatMap((m) => m[1]!.split(', '));
  expect(imported.length).toBeGreaterThan(3);
  expect(imported.filter((n) => !(n in api))).toEqual([]);
});
