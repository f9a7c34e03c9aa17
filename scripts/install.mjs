// The install step: a prebuilt addon for this platform, else cmake-js, else node-gyp, else one clear error.
//   --from-source                               build, whatever is there already
//   SYNTHETIC_ATTENTION_BUILD=cmake|gyp         only this way of building
//   SYNTHETIC_ATTENTION_BUILD_VERBOSE=1         show what the build prints
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADDON, platformTag, REMEDIES } from './platform.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(join(root, 'package.json'));
const target = join(root, 'build', 'Release', ADDON);
const prebuilt = join(root, 'prebuilds', platformTag(), ADDON);
const verbose = process.env.SYNTHETIC_ATTENTION_BUILD_VERBOSE === '1';
const TAIL_LINES = 12;

/** In a process of its own: an addon for another system may crash the one that loads it. */
function loads(file) {
  if (!existsSync(file)) return false;
  const {
    SYNTHETIC_ATTENTION_ISA: _isa,
    SYNTHETIC_ATTENTION_THREADS: _threads,
    SYNTHETIC_ATTENTION_NICE: _nice,
    ...env
  } = process.env;
  const check = `require(${JSON.stringify(file)}).info().isa`;
  return spawnSync(process.execPath, ['-e', check], { stdio: 'ignore', env }).status === 0;
}

function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function upToDate() {
  if (!existsSync(target)) return false;
  const sources = ['native', 'CMakeLists.txt', 'binding.gyp'].map((name) => newest(join(root, name)));
  return statSync(target).mtimeMs > Math.max(...sources) && loads(target);
}

function resolveOwn(request) {
  try {
    return require.resolve(request);
  } catch {
    return undefined;
  }
}

/** Undefined on success, else the last lines of what was printed. */
function attempt(command, args) {
  const env = { ...process.env, CMAKE_BUILD_PARALLEL_LEVEL: String(availableParallelism()) };
  const result = spawnSync(command, args, { cwd: root, env, encoding: 'utf8', maxBuffer: 1 << 26 });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? `${result.error.message}\n` : ''}`;
  if (verbose) process.stderr.write(output);
  if (result.status === 0 && loads(target)) return undefined;
  return (
    output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n') ||
    `ended with ${result.status ?? result.signal}`
  );
}

function buildWithCmake() {
  const cmakeJs = resolveOwn('cmake-js/bin/cmake-js');
  if (cmakeJs === undefined) return 'cmake-js is not installed';
  return attempt(process.execPath, [cmakeJs, 'compile', '--parallel', String(availableParallelism())]);
}

function buildWithGyp() {
  const script = process.env.npm_config_node_gyp ?? resolveOwn('node-gyp/bin/node-gyp.js');
  const [command, ...first] = script === undefined ? ['node-gyp'] : [process.execPath, script];
  const args = [...first, 'rebuild', '-j', String(availableParallelism())];
  // The headers of the running Node, where they stand beside it: nothing needs to be downloaded then.
  const prefix = dirname(dirname(process.execPath));
  const local = existsSync(join(prefix, 'include', 'node', 'node_api.h'));
  const failure = attempt(command, local ? [...args, `--nodedir=${prefix}`] : args);
  return failure !== undefined && local ? attempt(command, args) : failure;
}

function usePrebuilt() {
  if (!existsSync(prebuilt)) return `there is none for ${platformTag()}`;
  if (!loads(prebuilt)) return `the one for ${platformTag()} does not load here`;
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(prebuilt, target);
  return undefined;
}

const ROUTES = { prebuilt: usePrebuilt, cmake: buildWithCmake, gyp: buildWithGyp };
const NAMES = { prebuilt: 'prebuilt addon', cmake: 'cmake-js', gyp: 'node-gyp' };

function main() {
  const fromSource = process.argv.includes('--from-source');
  const forced = process.env.SYNTHETIC_ATTENTION_BUILD;
  if (forced !== undefined && forced !== 'cmake' && forced !== 'gyp') {
    console.error(`SYNTHETIC_ATTENTION_BUILD: expected cmake or gyp but received "${forced}"`);
    return 1;
  }
  if (!fromSource && forced === undefined && upToDate()) {
    console.log('synthetic-attention: the addon is up to date');
    return 0;
  }
  const routes = forced ? [forced] : fromSource ? ['cmake', 'gyp'] : ['prebuilt', 'cmake', 'gyp'];
  const failures = [];
  for (const route of routes) {
    const failure = ROUTES[route]();
    if (failure === undefined) {
      console.log(`synthetic-attention: addon in place (${NAMES[route]})`);
      return 0;
    }
    failures.push(`--- ${NAMES[route]}:\n${failure}`);
  }
  const tried = routes.map((route) => NAMES[route]).join(', ');
  console.error(
    `synthetic-attention: expected to get a native addon by ${tried} but received none. Remedies:`,
  );
  for (const remedy of REMEDIES) console.error(`  - ${remedy}`);
  console.error(failures.join('\n'));
  return 1;
}

process.exitCode = main();
