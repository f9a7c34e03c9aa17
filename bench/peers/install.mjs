/**
 * The peers' own packages, installed when missing. Their install scripts stay unused: what those would download is
 * for GPUs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const peers = fileURLToPath(new URL('.', import.meta.url));
const llama = join(peers, 'llama');

/** The packages with llama.cpp for the CPU, by platform and processor. */
const LLAMA_BUILDS = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
};

/** npm's own waits make a minute of a network that is not there. */
const RETRIES = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=3000'];

function npm(folder, args) {
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...RETRIES];
  const { status, error, stderr } = spawnSync('npm', [...args, ...options], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    // npm is a script on Windows, which only a shell starts.
    shell: process.platform === 'win32',
  });
  if (status === 0) return undefined;
  // Of the many lines of npm the code of its error, such as ENOTFOUND without a network.
  const code = error?.code ?? /^npm (?:error|ERR!) code (\S+)/m.exec(stderr)?.[1] ?? `status ${status}`;
  return `npm ${args[0]} failed (${code})`;
}

/** @returns why the peers are not there, or undefined */
export function installPeers() {
  const installed = join(peers, 'node_modules', '.package-lock.json');
  const lock = join(peers, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return undefined;
  console.error('installing the peers into bench/peers/node_modules');
  return npm(peers, ['ci']);
}

/**
 * Only the build for the CPU: with its optional dependencies node-llama-cpp brings hundreds of megabytes for GPUs.
 * There is no lock file, since that would name all of those.
 */
export function installLlama() {
  const build = LLAMA_BUILDS[`${process.platform}-${process.arch}`];
  if (build === undefined) return 'node-llama-cpp has no build for this platform';
  if (existsSync(join(llama, 'node_modules', '@node-llama-cpp', build))) return undefined;
  console.error('installing node-llama-cpp into bench/peers/llama/node_modules');
  const { dependencies } = JSON.parse(readFileSync(join(llama, 'package.json'), 'utf8'));
  const version = dependencies['node-llama-cpp'];
  return npm(llama, ['install', '--no-save', '--omit=optional', `@node-llama-cpp/${build}@${version}`]);
}
