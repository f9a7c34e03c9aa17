/** The table "To add X, touch these files" of CONTRIBUTING.md is true of the tree. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const FOLDERS = ['native', 'lib', 'test', 'scripts', 'docs', 'bench', 'models'];

/** What is added, and the paths that its row names in full. */
const rows = new Map(
  [...read('CONTRIBUTING.md').matchAll(/^\| (an? [^|]+?) *\| (.+) \|$/gm)].map(([, what, text]) => [
    what!,
    {
      text: text!,
      paths: [...text!.matchAll(/`([^`]+)`/g)]
        .map((match) => match[1]!)
        .filter((path) => FOLDERS.some((folder) => path.startsWith(`${folder}/`))),
    },
  ]),
);

/** Files that a path with <placeholders> or a * stands for. */
function matching(path: string): string[] {
  const folder = path.endsWith('/') ? path : dirname(path);
  // A placeholder that names a folder stands for any of them.
  if (folder.includes('<')) {
    const parent = folder.slice(0, folder.indexOf('<'));
    return readdirSync(join(root, parent)).flatMap((name) =>
      matching(path.replaceAll(/<[^>]+>/g, name).replace(`${parent}${name}`, `${parent}${name}`)),
    );
  }
  if (!existsSync(join(root, folder))) return [];
  if (path.endsWith('/')) return [path];
  const name = path.slice(folder.length + 1);
  const pattern = new RegExp(
    `^${name
      .replaceAll('.', '\\.')
      .replaceAll('*', '.*')
      .replaceAll(/<[^>]+>/g, '[a-z0-9_]+')}$`,
  );
  return readdirSync(join(root, folder)).filter((file) => pattern.test(file));
}

describe('the table of CONTRIBUTING.md', () => {
  it('names files that are there', () => {
    const all = [...rows.values()].flatMap(({ paths }) => paths);
    expect(all.length).toBeGreaterThan(40);
    expect(all.filter((path) => matching(path).length === 0)).toEqual([]);
    expect(matching('lib/models/architectures/nothing_<x>.ts')).toEqual([]);
    expect(matching('lib/nowhere/<x>.ts')).toEqual([]);
  });

  it.each([
    ['a model architecture', 2],
    ['an operation of programs', 4],
    ['a score function', 6],
    ['a route', 3],
    ['an instruction-set tier', 6],
  ])('has %s take %i files at most', (what, most) => {
    const { text } = rows.get(what)!;
    const [needed] = text.split('To learn, besides:');
    const paths = [...needed!.matchAll(/`((?:native|lib)\/[^`]+)`/g)].map((match) => match[1]!);
    expect(paths.length).toBeGreaterThanOrEqual(2);
    expect(new Set(paths).size).toBeLessThanOrEqual(most);
  });
});

/** Of a registry: the files that stand beside it, and what each of them has to be named by in it. */
interface Registry {
  what: string;
  registry: string;
  folder: string;
  /** Tells a file of the kind by its text. */
  kind: RegExp;
}

const REGISTRIES: readonly Registry[] = [
  {
    what: 'model architecture',
    registry: 'lib/models/architectures/registry.ts',
    folder: 'lib/models/architectures',
    kind: /export const (\w+): Architecture = /g,
  },
  {
    what: 'score function of layers',
    registry: 'lib/layers/scores/registry.ts',
    folder: 'lib/layers/scores',
    kind: /export const (\w+) = describeScore\(/g,
  },
  {
    what: 'score function that learns',
    registry: 'lib/tfjs/layers/scores/index.ts',
    folder: 'lib/tfjs/layers/scores',
    kind: /export const (\w+): ScoreOperation = /g,
  },
  {
    what: 'score function of models',
    registry: 'native/scores/registry.cc',
    folder: 'native/scores',
    kind: /std::unique_ptr<Score> (new_\w+_score)\(\) \{/g,
  },
  {
    what: 'operation of programs',
    registry: 'native/program/operations.cc',
    folder: 'native/program',
    kind: /std::unique_ptr<Operation> (new_\w+_operation)\(\) \{/g,
  },
  {
    what: 'instruction-set tier',
    registry: 'native/dispatch/dispatch.cc',
    folder: 'native/dispatch',
    kind: /^Tier (\w+_tier)\(\) \{/gm,
  },
  {
    what: 'command',
    registry: 'lib/cli/program.ts',
    folder: 'lib/cli',
    kind: /export function (\w+Command)\(\): Command/g,
  },
];

describe.each(REGISTRIES)('each $what', ({ registry, folder, kind }) => {
  const files = readdirSync(join(root, folder)).filter((file) => join(folder, file) !== registry);
  const made = files.flatMap((file) =>
    [...read(join(folder, file)).matchAll(kind)].map((match) => ({ file, name: match[1]! })),
  );

  it('has a row in its registry', () => {
    const text = read(registry);
    expect(made.length).toBeGreaterThanOrEqual(4);
    const named = (name: string) => new RegExp(`\\b${name}\\b`).test(text);
    expect(made.filter(({ name }) => !named(name))).toEqual([]);
  });
});

it('every C++ file is in native/sources.txt, and no other', () => {
  const files = (readdirSync(join(root, 'native'), { recursive: true }) as string[])
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.cc'));
  expect(read('native/sources.txt').trim().split('\n')).toEqual(files.sort());
});

it('no unit test starts a process', () => {
  const files = (readdirSync(join(root, 'test/unit'), { recursive: true }) as string[]).filter((file) =>
    file.endsWith('.ts'),
  );
  expect(files.length).toBeGreaterThan(60);
  const starts = files.filter((file) =>
    /node:child_process|support\/(run_built|command)\.js'/.test(read(`test/unit/${file}`)),
  );
  const forMoreThanItsRoot = (file: string) =>
    !/import \{ root \} from '[./]+support\/command\.js'/.test(read(`test/unit/${file}`));
  expect(starts.filter(forMoreThanItsRoot)).toEqual([]);
});
