// Package managers and releases of Node, all of them npm packages, which are fetched once (scripts/runtimes/project.mjs).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Skip } from '../runtimes/outcome.mjs';
import { tools } from '../runtimes/project.mjs';
import { execute } from './execute.mjs';

const versionOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;

/**
 * A program that a package of npm brings, and its version.
 * @param {string} name of the folder that keeps it
 * @param {string} specifier such as pnpm@10
 * @param {string} path inside of the package
 * @throws Skip when it cannot be had
 */
export async function tool(name, specifier, path) {
  const folder = join(await tools(name, specifier), 'node_modules', specifier.replace(/(?<=.)@.*/, ''));
  const file = join(folder, path);
  if (!existsSync(file)) throw new Skip(`${specifier} has no ${path}`);
  return { file, version: versionOf(folder) };
}

/** A program of a package that is for Linux on x64 alone. @throws Skip elsewhere */
export function linuxTool(...args) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Skip(`${args[1]} is for linux-x64 alone`);
  return tool(...args);
}

/** The npm that runs this. */
export function npm(program = 'npm-cli.js') {
  const folder = join(execute('npm', ['root', '--global'], { env: process.env }).stdout.trim(), 'npm');
  return { file: join(folder, 'bin', program), version: versionOf(folder) };
}
