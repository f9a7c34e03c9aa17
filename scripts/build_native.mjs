// Compiles the native addon into build/Release: for a clone, and as `synthetic-attention build` for an installed package
// on a platform that has no prebuilt addon. It is in the tarball, so it imports nothing but Node.
//   --if-needed      only when a source is newer than the addon, or the addon does not load; prints nothing otherwise
//   --with TOOL      with cmake-js or node-gyp only; by default cmake-js, then node-gyp
//   --verbose        show what the compiler prints
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { copyGypFile } from './gyp_file.mjs';

const ADDON = 'synthetic_attention.node';
const SOURCES = ['native', 'CMakeLists.txt'];
const TAIL_LINES = 12;
const BINDINGS = 'node-addon-api';
const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'build', 'Release', ADDON);

const say = (line) => process.stderr.write(`synthetic-attention: ${line}\n`);

/** The file of a module that a build tool brings: seen from the package, else from the folder the user is in. */
function find(request) {
  for (const folder of [root, process.cwd()]) {
    try {
      return createRequire(join(folder, 'package.json')).resolve(request);
    } catch {
      // Looked for in the other folder.
    }
  }
  return undefined;
}

/** In a process of its own: an addon for another system may crash the one that loads it. */
function loads(file) {
  if (!existsSync(file)) return false;
  const env = { ...process.env };
  for (const name of ['ISA', 'THREADS', 'NICE']) delete env[`SYNTHETIC_ATTENTION_${name}`];
  const check = `require(${JSON.stringify(file)}).info().isa`;
  return spawnSync(process.execPath, ['-e', check], { stdio: 'ignore', env }).status === 0;
}

/** Time of the last change of a file, or of the last file of a folder. */
function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function upToDate() {
  if (!existsSync(target)) return false;
  const changed = Math.max(...SOURCES.map((name) => newest(join(root, name))));
  return statSync(target).mtimeMs > changed && loads(target);
}

/** Undefined on success, else the last lines of what was printed. */
function execute(command, args, folder, verbose) {
  const bindings = find(`${BINDINGS}/package.json`);
  if (bindings === undefined) return `${BINDINGS} is not installed`;
  const result = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: verbose ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      CMAKE_BUILD_PARALLEL_LEVEL: String(availableParallelism()),
      // Both builds ask `node` for the folder of node-addon-api, which need not be above the package.
      NODE_PATH: [dirname(dirname(bindings)), process.env.NODE_PATH].filter(Boolean).join(delimiter),
      PATH: [dirname(process.execPath), process.env.PATH].filter(Boolean).join(delimiter),
    },
  });
  if (result.status === 0) return undefined;
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? result.error.message : ''}`;
  const tail = output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  return tail || `it ended with ${result.status ?? result.signal}`;
}

function buildWithCmake(verbose) {
  const script = find('cmake-js/bin/cmake-js');
  if (script === undefined) return 'cmake-js is not installed';
  const args = [script, 'compile', '--parallel', String(availableParallelism())];
  return execute(process.execPath, args, root, verbose);
}

function buildWithGyp(verbose) {
  const script = process.env.npm_config_node_gyp ?? find('node-gyp/bin/node-gyp.js');
  if (script === undefined) return 'node-gyp is not installed';
  // Not beside package.json, where node-gyp would empty the build folder of cmake-js.
  const folder = join(root, 'native');
  copyGypFile(root);
  const args = [script, 'rebuild', '-j', String(availableParallelism())];
  // The headers of the running Node, where they are beside it: nothing needs to be downloaded then.
  const prefix = dirname(dirname(process.execPath));
  const local = existsSync(join(prefix, 'include', 'node', 'node_api.h'));
  const build = (more) => execute(process.execPath, [...args, ...more], folder, verbose);
  const failure = local ? build([`--nodedir=${prefix}`]) : build([]);
  if (failure !== undefined) return failure;
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(folder, 'build', 'Release', ADDON), target);
  rmSync(join(folder, 'build'), { recursive: true });
  return undefined;
}

const TOOLS = { 'cmake-js': buildWithCmake, 'node-gyp': buildWithGyp };

const NEEDS = `A build from source needs
  - a C++17 compiler with make, and cmake 3.15 or later
      Debian:  apt-get install g++ make cmake      Alpine:  apk add g++ make cmake
      macOS:   xcode-select --install, cmake       Windows: Visual Studio Build Tools with C++, cmake
  - the npm packages cmake-js and ${BINDINGS}, in this project or beside the package:
      npm install --no-save cmake-js ${BINDINGS}
and then "npx synthetic-attention build". Where there is no cmake, node-gyp in place of cmake-js needs Python 3.`;

/** @returns the exit status */
function main(args) {
  const { values } = parseArgs({
    args,
    options: { 'if-needed': { type: 'boolean' }, with: { type: 'string' }, verbose: { type: 'boolean' } },
  });
  if (values.with !== undefined && !(values.with in TOOLS)) {
    say(`--with: expected ${Object.keys(TOOLS).join(' or ')} but received "${values.with}"`);
    return 1;
  }
  if (values['if-needed'] && upToDate()) return 0;
  const sources = readFileSync(join(root, 'native', 'sources.txt'), 'utf8')
    .trim()
    .split('\n').length;
  const failures = [];
  for (const tool of values.with ? [values.with] : Object.keys(TOOLS)) {
    say(`compiling ${sources} C++ files with ${tool}; this takes one to three minutes on two cores`);
    const start = performance.now();
    const failure =
      TOOLS[tool](values.verbose) ?? (loads(target) ? undefined : `${target} was built and does not load`);
    if (failure === undefined) {
      say(`${target} is in place after ${Math.round((performance.now() - start) / 1000)} s`);
      return 0;
    }
    failures.push(`--- ${tool}:\n${failure}`);
  }
  say(`the native addon was not built.\n${NEEDS}\n${failures.join('\n')}`);
  return 1;
}

process.exitCode = main(process.argv.slice(2));
