// From the sources to the addon of one target. Objects that did not change come out of zig's cache, which knows the
// contents of every header and each flag.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { inParallel, must, root } from './process.mjs';
import { ADDON, COMPILE_FLAGS, DEFINES, EXPORTS } from './targets.mjs';
import { hostFunctions, hostPointers } from './windows_host.mjs';

const require = createRequire(import.meta.url);

function sources() {
  return readFileSync(join(root, 'native/sources.txt'), 'utf8').split('\n').filter(Boolean);
}

/** Relative to the checkout, so that no path of this machine gets into an object. */
function flags(target) {
  const { include_dir: api } = require('node-addon-api');
  const { include_dir: headers } = require('node-api-headers');
  const windows = target.rules.format === 'pe';
  return [
    '-target',
    target.zig,
    ...COMPILE_FLAGS,
    ...(target.compile ?? []),
    // Zig adds checks for undefined behaviour and symbols for debuggers, unless it is told not to.
    '-fno-sanitize=all',
    '-g0',
    ...(windows ? [] : ['-fPIC']),
    `-ffile-prefix-map=${root}=`,
    '-Inative',
    ...[headers, api].flatMap((folder) => ['-isystem', relative(root, folder)]),
    ...DEFINES.map((define) => `-D${define}`),
    ...(windows ? ['-DNAPI_EXTERN=__declspec(dllimport)'] : []),
  ];
}

async function compile(zig, target, folder, jobs) {
  const common = flags(target);
  return inParallel(sources(), jobs, async (source) => {
    const object = join(folder, source.replaceAll('/', '_').replace(/\.cc$/, '.o'));
    const args = ['c++', ...common, '-c', join('native', source), '-o', object];
    await must(`prebuild: ${target.tag}, native/${source}`, zig.command, args, { env: zig.env });
    return object;
  });
}

/** The generated file that takes the place of an import of node.exe. */
async function compileHostPointers(zig, target, folder, objects) {
  const source = join(folder, 'host_pointers.c');
  const object = join(folder, 'host_pointers.o');
  const functions = hostFunctions(objects);
  if (functions.length === 0) {
    throw new Error(`prebuild: ${target.tag}: expected objects that use Node-API but received none`);
  }
  writeFileSync(source, hostPointers(functions));
  const args = ['cc', '-target', target.zig, '-O2', '-Wall', '-Wextra', '-Werror', '-fno-sanitize=all'];
  await must(
    `prebuild: ${target.tag}, ${relative(root, source)}`,
    zig.command,
    [...args, '-c', source, '-o', object],
    {
      env: zig.env,
    },
  );
  return object;
}

function versionScript(folder) {
  const file = join(folder, 'exports.map');
  writeFileSync(file, `{ global: ${EXPORTS.map((name) => `${name};`).join(' ')} local: *; };\n`);
  return `-Wl,--version-script=${file}`;
}

/**
 * Links the objects of an addon, in `folder`.
 * @param {'cc' | 'c++'} language of the objects: the one that needs no C++ library links without one
 * @returns {Promise<string>} the addon
 */
export async function linkAddon(zig, target, folder, objects, language = 'c++') {
  const addon = join(folder, ADDON);
  const inputs = [...objects];
  const link = [language, '-target', target.zig, '-shared', ...target.link];
  const { format } = target.rules;
  if (format === 'pe') inputs.push(await compileHostPointers(zig, target, folder, objects));
  if (format === 'elf') link.push(versionScript(folder), '-pthread', '-ldl');
  await must(`prebuild: ${target.tag}, link`, zig.command, [...link, ...inputs, '-o', addon], {
    env: zig.env,
  });
  return addon;
}

/**
 * Compiles and links. @param zig of zig() @param target of targets.mjs @param {number} jobs compilers at a time
 * @returns {Promise<string>} the addon, in build/
 */
export async function buildAddon(zig, target, jobs) {
  const folder = join(root, 'build', 'prebuild', target.tag);
  mkdirSync(folder, { recursive: true });
  return linkAddon(zig, target, folder, await compile(zig, target, folder, jobs));
}
