/** Nothing is exported that nobody imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
const DECLARATION =
  /^export (?:async |abstract |declare )*(?:const|let|class|function\*?|enum)\s+([A-Za-z_$][\w$]*)/gm;

function sources(folder: string): Map<string, string> {
  const names = (readdirSync(join(root, folder), { recursive: true }) as string[]).filter((name) =>
    /\.(ts|mts|mjs)$/.test(name),
  );
  return new Map(names.map((name) => [join(folder, name), readFileSync(join(root, folder, name), 'utf8')]));
}

/** Names in the lists of imports and of exports from elsewhere, and what is read of a module taken as a whole. */
function namesTaken(text: string): string[] {
  const lists = [...text.matchAll(/(?:import|export)\s+(?:type\s+)?(?:[\w$]+\s*,\s*)?\{([^}]*)\}\s*from/g)];
  const awaited = [...text.matchAll(/\{([^{}]*)\}\s*=\s*(?:await\s+import|require)\(/g)];
  const listed = [...lists, ...awaited].flatMap((match) =>
    match[1]!.split(',').map((name) =>
      name
        .trim()
        .replace(/^type\s+/, '')
        .split(/\s+as\s+|:/)[0]!
        .trim(),
    ),
  );
  const whole = /import \* as|export \*|await import\(/.test(text)
    ? [...text.matchAll(/\.([A-Za-z_$][\w$]*)/g)]
    : [];
  return [...listed, ...whole.map((match) => match[1]!)];
}

function unused(lib: Map<string, string>, others: Map<string, string>): string[] {
  const taken = new Map<string, Set<string>>();
  for (const [file, text] of [...lib, ...others]) {
    for (const name of namesTaken(text)) taken.set(name, (taken.get(name) ?? new Set()).add(file));
  }
  // An index is what the package shows.
  const inner = [...lib].filter(([file]) => !file.endsWith('index.ts'));
  return inner.flatMap(([file, text]) =>
    [...text.matchAll(DECLARATION)]
      .map((match) => match[1]!)
      .filter((name) => ![...(taken.get(name) ?? [])].some((user) => user !== file))
      .map((name) => `${file}: ${name}`),
  );
}

it('every value that a file of lib exports is imported somewhere', () => {
  const others = ['test', 'bench', 'scripts', 'docs'].flatMap((folder) => [...sources(folder)]);
  expect(unused(sources('lib'), new Map(others))).toEqual([]);
});

it('one that is not is seen', () => {
  const lib = new Map([
    ['a.ts', 'export const one = 1;\nexport function* two() {}\nexport class Three {}'],
    ['b.ts', "import { one, type Three as T } from './a.js';"],
  ]);
  expect(unused(lib, new Map())).toEqual(['a.ts: two']);
});
