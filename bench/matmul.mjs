// Builds bench/native/matmul_main.cc beside the kernels and runs it.
//   npm run bench:matmul              one thread
//   npm run bench:matmul -- 2         two threads
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'build', 'bench');
mkdirSync(folder, { recursive: true });
const sources = readFileSync(join(root, 'native/sources.txt'), 'utf8')
  .trim()
  .split('\n')
  .filter((line) => line.startsWith('dispatch/') || line.startsWith('runtime/'))
  .map((line) => join(root, 'native', line));
const program = join(folder, 'matmul');
const built = spawnSync(
  process.env.CXX ?? 'c++',
  [
    '-std=c++17',
    '-O3',
    '-fno-exceptions',
    '-fno-rtti',
    '-fno-math-errno',
    '-fvisibility=hidden',
    `-I${join(root, 'native')}`,
  ].concat(join(root, 'bench/native/matmul_main.cc'), sources, ['-pthread', '-ldl', '-o', program]),
  { stdio: 'inherit' },
);
if (built.status !== 0) process.exit(1);
const env = { ...process.env, SYNTHETIC_ATTENTION_THREADS: process.argv[2] ?? '1' };
process.exitCode = spawnSync(program, { stdio: 'inherit', env }).status ?? 1;
