// Compiles a native benchmark program; only what is older than its source or any header is compiled again.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail } from './options.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const native = join(root, 'native');
const folder = join(root, 'build', 'bench');
const FLAGS = ['-std=c++17', '-O3', '-fno-exceptions', '-fno-rtti', '-fno-math-errno', '-fvisibility=hidden'];
/** As many compilers as an ordinary machine has cores to spare. */
const COMPILERS = 2;

function modified(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

/** Every file under a folder whose name ends so. */
function filesUnder(path, ending) {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** @returns [expected, received] when it fails */
function execute(command, args, what) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit' });
    child.on('error', (error) => resolve(['a C++ compiler (CXX)', `${command}: ${error.message}`]));
    child.on('close', (status, signal) => {
      resolve(status === 0 ? undefined : [`${command} to make ${what}`, signal ?? `status ${status}`]);
    });
  });
}

/** Kernels without the addon: no Node headers are needed. bench/native holds one program a *_main.cc. */
function sourcesOf(main) {
  const kernels = readFileSync(join(native, 'sources.txt'), 'utf8')
    .split('\n')
    .filter((line) => /^(dispatch|schedule|runtime)\/.*\.cc$/.test(line))
    .map((line) => join(native, line));
  const own = filesUnder(join(root, 'bench', 'native'), '.cc').filter(
    (file) => file.endsWith(`/${main}`) || !file.endsWith('_main.cc'),
  );
  return [...kernels, ...own];
}

/**
 * @param main file of bench/native with the program's main, such as kernels_main.cc
 * @param refuse (expected, received) when there is no compiler or it fails; ends the process by default
 * @returns the program's path
 */
export async function buildNativeProgram(main, refuse = (...what) => fail(...what, 1)) {
  mkdirSync(folder, { recursive: true });
  const compiler = process.env.CXX ?? 'c++';
  const flags = [...FLAGS, `-I${native}`, `-I${join(root, 'bench', 'native')}`];
  const name = main.replace(/_main\.cc$/, '');
  const program = join(folder, name);
  const stamp = join(folder, `${name}.flags`);
  const command = [compiler, ...flags].join('\n');
  const sameCommand = existsSync(stamp) && readFileSync(stamp, 'utf8') === command;
  const headers = [native, join(root, 'bench', 'native')].flatMap((path) => filesUnder(path, '.h'));
  const newestHeader = Math.max(...headers.map(modified));
  const objects = [];
  const outdated = [];
  for (const source of sourcesOf(main)) {
    const object = join(folder, `${name}-${relative(root, source).replaceAll(/[/\\]/g, '_')}.o`);
    objects.push(object);
    const fresh = sameCommand && modified(object) > Math.max(modified(source), newestHeader);
    if (!fresh) outdated.push([source, object]);
  }
  if (outdated.length > 0) console.error(`compiling ${outdated.length} of ${objects.length} files`);
  const work = async () => {
    for (let job = outdated.shift(); job; job = outdated.shift()) {
      const [source, object] = job;
      const compile = [...flags, '-c', source, '-o', object];
      const failure = await execute(compiler, compile, relative(root, object));
      if (failure) refuse(...failure);
    }
  };
  await Promise.all(Array.from({ length: COMPILERS }, work));
  if (!sameCommand || modified(program) <= Math.max(...objects.map(modified))) {
    const link = [...objects, '-pthread', '-ldl', '-o', program];
    const failure = await execute(compiler, link, relative(root, program));
    if (failure) refuse(...failure);
    writeFileSync(stamp, command);
  }
  return program;
}
