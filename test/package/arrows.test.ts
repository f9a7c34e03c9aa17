/** Imports go one way (docs/architecture.md). */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Folder (or file at the root) -> what it may import besides itself. */
const LIB: Record<string, readonly string[]> = {
  errors: [],
  chart: [],
  package_root: [],
  variables: [],
  options: ['errors'],
  tensor: ['errors'],
  formats: ['native', 'errors'],
  explain: ['tensor', 'options', 'errors'],
  native: ['package_root', 'variables', 'errors'],
  program: ['native'],
  kernels: ['native', 'tensor', 'options', 'errors'],
  layers: ['kernels', 'native', 'formats', 'explain', 'tensor', 'options', 'errors'],
  hub: ['formats', 'package_root', 'variables', 'options', 'errors'],
  models: [
    'hub',
    'program',
    'layers',
    'kernels',
    'native',
    'formats',
    'explain',
    'tensor',
    'package_root',
    'options',
    'errors',
  ],
  tfjs: ['layers', 'kernels', 'native', 'tensor', 'options', 'errors'],
  transformers: ['models', 'hub', 'kernels', 'formats', 'tensor', 'native', 'options', 'errors'],
  diagnostics: ['native', 'package_root', 'errors'],
  server: [
    'models',
    'hub',
    'explain',
    'diagnostics',
    'formats',
    'tensor',
    'package_root',
    'options',
    'errors',
  ],
  cli: [
    'chart',
    'server',
    'models',
    'hub',
    'diagnostics',
    'formats',
    'package_root',
    'variables',
    'options',
    'errors',
  ],
  index: ['models', 'layers', 'kernels', 'explain', 'diagnostics', 'tensor', 'errors'],
};

const NATIVE: Record<string, readonly string[]> = {
  simd: [],
  runtime: [],
  kernels: ['simd'],
  dispatch: ['kernels', 'simd'],
  schedule: ['dispatch', 'kernels', 'runtime'],
  weights: ['schedule', 'dispatch', 'kernels', 'runtime'],
  scores: ['weights', 'schedule', 'dispatch', 'kernels'],
  program: ['scores', 'weights', 'schedule', 'dispatch', 'kernels', 'runtime'],
  binding: ['program', 'weights', 'schedule', 'dispatch', 'kernels', 'runtime'],
};

interface Import {
  file: string;
  from: string;
  to: string;
}

function files(folder: string, pattern: RegExp): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).filter((name) => pattern.test(name));
}

const room = (path: string): string => path.split(sep)[0]!.replace(/\.[a-z]+$/, '');

function libImports(lib: string): Import[] {
  return files(lib, /\.(?:ts|mjs)$/).flatMap((file) => {
    const text = readFileSync(join(lib, file), 'utf8');
    return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)]
      .map((match) => normalize(join(dirname(file), match[1]!)))
      .filter((path) => !path.startsWith('..'))
      .map((path) => ({ file, from: room(file), to: room(path) }));
  });
}

function nativeImports(native: string): Import[] {
  return files(native, /\.(h|cc)$/).flatMap((file) => {
    const text = readFileSync(join(native, file), 'utf8');
    return [...text.matchAll(/^#include "([^"]+)"/gm)].map((match) => ({
      file,
      from: room(file),
      to: room(match[1]!),
    }));
  });
}

function violations(imports: Import[], allowed: Record<string, readonly string[]>): string[] {
  return imports
    .filter(({ from, to }) => from !== to && !allowed[from]?.includes(to))
    .map(({ file, to }) => `${file} imports ${to}`);
}

/** Files that each file imports, types too; of those that are there. */
function fileImports(lib: string): Map<string, string[]> {
  const all = files(lib, /\.ts$/);
  const known = new Set(all);
  return new Map(
    all.map((file) => {
      const text = readFileSync(join(lib, file), 'utf8');
      const paths = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
        normalize(join(dirname(file), match[1]!)).replace(/\.js$/, '.ts'),
      );
      return [file, paths.filter((path) => known.has(path))];
    }),
  );
}

/** Circles of files, as far as a walk along the imports meets them. */
function circles(imports: Map<string, string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      found.push([...path.slice(at), file].join(' -> '));
    } else if (!done.has(file)) {
      path.push(file);
      for (const next of imports.get(file) ?? []) visit(next);
      path.pop();
      done.add(file);
    }
  };
  for (const file of imports.keys()) visit(file);
  return found;
}

describe('arrows', () => {
  it('in lib go one way', () => {
    const imports = libImports(join(root, 'lib'));
    expect(imports.length).toBeGreaterThan(100);
    expect(violations(imports, LIB)).toEqual([]);
  });

  it('in native go one way', () => {
    const imports = nativeImports(join(root, 'native'));
    expect(imports.length).toBeGreaterThan(50);
    expect(violations(imports, NATIVE)).toEqual([]);
  });

  it('between files of lib make no circle', () => {
    const imports = fileImports(join(root, 'lib'));
    expect([...imports.values()].flat().length).toBeGreaterThan(500);
    expect(circles(imports)).toEqual([]);
    expect(
      circles(
        new Map([
          ['a.ts', ['b.ts']],
          ['b.ts', ['c.ts']],
          ['c.ts', ['b.ts']],
        ]),
      ),
    ).toEqual(['b.ts -> c.ts -> b.ts']);
  });

  it('that point back are seen', () => {
    const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
    try {
      for (const name of ['lib/tensor', 'lib/unknown', 'native/simd'])
        mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(
        join(folder, 'lib/tensor/a.ts'),
        "import { x } from '../layers/b.js';\nconst y = await import('../cli/c.js');\n",
      );
      writeFileSync(join(folder, 'lib/unknown/a.ts'), "export * from '../errors.js';\n");
      writeFileSync(join(folder, 'native/simd/a.h'), '#include "runtime/b.h"\n#include <cmath>\n');
      expect(violations(libImports(join(folder, 'lib')), LIB)).toEqual([
        join('tensor', 'a.ts imports layers'),
        join('tensor', 'a.ts imports cli'),
        join('unknown', 'a.ts imports errors'),
      ]);
      expect(violations(nativeImports(join(folder, 'native')), NATIVE)).toEqual([
        join('simd', 'a.h imports runtime'),
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
