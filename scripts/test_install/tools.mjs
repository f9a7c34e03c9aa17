// Package managers and releases of Node, all of them npm packages. They are kept in build/install_tools.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute } from './execute.mjs';

const TOOLS = fileURLToPath(new URL('../../build/install_tools', import.meta.url));

/** A tool that this machine cannot have: a row is skipped for it, and never counts as passed. */
export class Unavailable extends Error {}

/**
 * The file of a package, which is installed without its scripts.
 * @param {string} specifier such as pnpm@10
 * @param {string} path inside of the package
 * @throws Unavailable
 */
export function tool(specifier, path) {
  const name = specifier.replace(/(?<=.)@.*/, '');
  const folder = join(TOOLS, specifier.replaceAll(/[^\w.]+/g, '-').replace(/^-/, ''));
  const file = join(folder, 'node_modules', name, path);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private": true}');
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--force', specifier];
    try {
      execute('npm', args, { cwd: folder, env: process.env });
    } catch (error) {
      throw new Unavailable(`${specifier} cannot be fetched: ${error.message.split('\n')[0]}`);
    }
  }
  if (!existsSync(file)) throw new Unavailable(`${specifier} has no ${path}`);
  return { file, version: versionOf(join(folder, 'node_modules', name, 'package.json')) };
}

function versionOf(manifest) {
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

/** The npm that runs this. */
export function npm(program = 'npm-cli.js') {
  const prefix = execute('npm', ['root', '--global'], { env: process.env }).stdout.trim();
  const folder = join(prefix, 'npm');
  return { file: join(folder, 'bin', program), version: versionOf(join(folder, 'package.json')) };
}
