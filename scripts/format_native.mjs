// clang-format over the C++ files: writes, or with --check names the files that differ and fails.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const clangFormat = join(dirname(require.resolve('clang-format-node')), 'cli.js');
const check = process.argv.includes('--check');

const files = ['native', 'test/native', 'bench/native'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => /\.(h|cc)$/.test(name))
    .map((name) => join(root, folder, name)),
);
if (files.length === 0) throw new Error('no C++ files found');
const different = [];
for (const file of files) {
  const result = spawnSync(process.execPath, [clangFormat, file], { encoding: 'utf8', cwd: root });
  if (result.status !== 0) throw new Error(`clang-format ${file}: ${result.stderr ?? result.error}`);
  if (result.stdout === readFileSync(file, 'utf8')) continue;
  different.push(file);
  if (!check) writeFileSync(file, result.stdout);
}
for (const file of different) console.log(`${check ? 'not formatted' : 'formatted'}: ${file}`);
process.exitCode = check && different.length > 0 ? 1 : 0;
