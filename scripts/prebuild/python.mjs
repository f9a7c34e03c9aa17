// Python with pip, which brings tools that npm does not have. Nothing is installed outside of build/.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { execute, must } from './process.mjs';

async function python(what) {
  for (const command of [process.env.PYTHON, 'python3', 'python'].filter(Boolean)) {
    if ((await execute(command, ['-m', 'pip', '--version'])).status === 0) return command;
  }
  throw new Error(
    `${what}: expected Python 3 with pip but received none. ` +
      'Install both (Debian: python3, python3-pip), or name another one by PYTHON',
  );
}

/**
 * Unpacks a wheel without its dependencies, once.
 * @param {string} requirement such as ziglang==0.17.1
 * @param {string} folder that gets its files
 * @param {string[]} platform arguments of pip, for wheels of another platform
 * @throws Error that says what is missing
 */
export async function unpackWheel(requirement, folder, platform = []) {
  if (existsSync(folder)) return;
  const command = await python(requirement);
  console.error(`${requirement}: downloading`);
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary', ':all:', ...platform];
  await must(requirement, command, [...args, '--target', partial, requirement]);
  renameSync(partial, folder);
}
