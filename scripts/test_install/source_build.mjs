// `synthetic-attention build` in an installed package without a prebuilt addon: first without what it needs, then with it.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Skip } from '../runtimes/outcome.mjs';
import { execute } from './execute.mjs';
import { npm } from './tools.mjs';

const PACKAGE = 'node_modules/synthetic-attention';

/** This row compiles, so its PATH is that of this machine. */
function requireCompiler() {
  for (const command of ['c++', 'cmake', 'make']) {
    try {
      execute(command, ['--version'], { env: process.env });
    } catch {
      throw new Skip(`${command} is not installed`);
    }
  }
}

function fails(args, options) {
  try {
    execute('node', args, options);
  } catch (error) {
    return error.message;
  }
  throw new Error(`${args.join(' ')}: expected to fail but succeeded`);
}

function install(options, ...specifiers) {
  const args = [npm().file, 'install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  execute(process.execPath, [...args, ...specifiers], options);
}

async function run({ tarball, workspace }) {
  const cwd = workspace.make('build from source');
  const options = { cwd, env: process.env, seconds: 1800 };
  try {
    requireCompiler();
    writeFileSync(join(cwd, 'package.json'), '{"name": "project", "version": "1.0.0", "private": true}\n');
    install(options, tarball);
    rmSync(join(cwd, PACKAGE, 'prebuilds'), { recursive: true });
    const command = [npm('npx-cli.js').file, 'synthetic-attention'];
    const unloaded = fails([...command, 'info'], options);
    assert.match(unloaded, /no native addon loads on .*npx synthetic-attention build/s);
    assert.match(fails([...command, 'build'], options), /npm install --no-save cmake-js node-addon-api/);
    // npm removes what is not in package.json, so the tarball is named again.
    install(options, tarball, 'cmake-js', 'node-addon-api');
    rmSync(join(cwd, PACKAGE, 'prebuilds'), { recursive: true });
    const start = performance.now();
    execute('node', [...command, 'build'], options);
    const seconds = (performance.now() - start) / 1000;
    const { stdout } = execute('node', [...command, 'info', '--json'], options);
    assert.match(JSON.parse(stdout).addonPath, /build.Release.synthetic_attention\.node$/);
    return { version: 'cmake-js', seconds, outcome: 'passed' };
  } catch (error) {
    return { outcome: error instanceof Skip ? `skipped: ${error.message}` : error.message };
  }
}

export const sourceBuild = { name: 'build from source', run };
