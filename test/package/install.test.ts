/** The build from source, on stand-ins for the tools: an addon that was built elsewhere is copied, or the tool fails. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { info } from '../../lib/diagnostics.js';
import { ensureBuilt, root, run } from '../support/command.js';

let folder: string;
let project: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  project = join(folder, 'node_modules/synthetic-attention');
  for (const name of [
    'scripts/build_native.mjs',
    'CMakeLists.txt',
    'scripts/gyp_file.mjs',
    'binding.gyp',
    'native/sources.txt',
  ]) {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    cpSync(join(root, name), join(project, name));
  }
  writeFileSync(join(project, 'package.json'), '{"name": "synthetic-attention", "type": "module"}');
  writeFileSync(join(folder, 'package.json'), '{"name": "project"}');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const built = () => join(project, 'build/Release/synthetic_attention.node');

function place(path: string, content?: string): void {
  mkdirSync(dirname(path), { recursive: true });
  if (content === undefined) cpSync(info().addonPath, path);
  else writeFileSync(path, content);
}

/** A program that puts a working addon where a build would, below its working directory, or fails. */
function tool(path: string, works: boolean): void {
  const success = `import { cpSync, mkdirSync } from 'node:fs';
    import { createRequire } from 'node:module';
    mkdirSync('build/Release', { recursive: true });
    cpSync(${JSON.stringify(info().addonPath)}, 'build/Release/synthetic_attention.node');`;
  place(
    path,
    works ? success : `console.error(${JSON.stringify(`${path.split('/').at(-1)} broke`)}); process.exit(3);`,
  );
  chmodSync(path, 0o755);
}

/** What a user installs for the build, in the project. */
const bindings = () =>
  place(join(folder, 'node_modules/node-addon-api/package.json'), '{"name": "node-addon-api"}');
const cmakeJs = (works: boolean) => {
  place(join(folder, 'node_modules/cmake-js/package.json'), '{"name": "cmake-js", "type": "module"}');
  tool(join(folder, 'node_modules/cmake-js/bin/cmake-js'), works);
};
const nodeGyp = (works: boolean) => {
  place(join(folder, 'node_modules/node-gyp/package.json'), '{"name": "node-gyp", "type": "module"}');
  tool(join(folder, 'node_modules/node-gyp/bin/node-gyp.js'), works);
};

function build(...args: string[]) {
  const script = join(project, 'scripts/build_native.mjs');
  const env = { PATH: folder };
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', cwd: folder, env });
}

describe('the build from source', () => {
  beforeEach(bindings);

  it('says that it takes time, takes cmake-js first, and ends with the place of an addon that loads', () => {
    cmakeJs(true);
    nodeGyp(true);
    const { status, stderr } = build();
    expect(stderr).toMatch(
      /^synthetic-attention: compiling \d+ C\+\+ files with cmake-js; this takes [^\n]* minutes[^\n]*\n[^\n]*\/build\/Release\/synthetic_attention\.node is in place after \d+ s\n$/,
    );
    expect([status, existsSync(built())]).toEqual([0, true]);
  });

  it('takes node-gyp when cmake-js fails, and leaves nothing in the sources', () => {
    cmakeJs(false);
    nodeGyp(true);
    const { status, stderr } = build();
    expect(stderr).toMatch(/with cmake-js;.*\n.*with node-gyp;.*\n.* is in place after/);
    expect([status, existsSync(built()), existsSync(join(project, 'native/build'))]).toEqual([
      0,
      true,
      false,
    ]);
  });

  it('takes only the tool that is named', () => {
    cmakeJs(true);
    nodeGyp(true);
    const { stderr } = build('--with', 'node-gyp');
    expect(stderr).not.toContain('cmake-js');
    const wrong = build('--with', 'make');
    expect([wrong.status, wrong.stderr]).toEqual([
      1,
      'synthetic-attention: --with: expected cmake-js or node-gyp but received "make"\n',
    ]);
  });

  it('refuses an addon that does not load', () => {
    place(join(folder, 'node_modules/cmake-js/package.json'), '{"name": "cmake-js", "type": "module"}');
    place(
      join(folder, 'node_modules/cmake-js/bin/cmake-js'),
      `import { mkdirSync, writeFileSync } from 'node:fs';
      mkdirSync('build/Release', { recursive: true });
      writeFileSync('build/Release/synthetic_attention.node', 'not an addon');`,
    );
    const { status, stderr } = build('--with', 'cmake-js');
    expect(status).toBe(1);
    expect(stderr).toContain('was built and does not load');
  });

  it('fails with what it needs and what each tool said', () => {
    cmakeJs(false);
    nodeGyp(false);
    const { status, stderr } = build();
    expect(status).toBe(1);
    for (const part of [
      'the native addon was not built.',
      'a C++17 compiler with make, and cmake 3.15 or later',
      'npm install --no-save cmake-js node-addon-api',
      '--- cmake-js:\ncmake-js broke',
      '--- node-gyp:\nnode-gyp.js broke',
    ]) {
      expect(stderr).toContain(part);
    }
    expect(existsSync(built())).toBe(false);
  });

  it('is silent and builds nothing when no source is newer, if that is asked for', () => {
    cmakeJs(true);
    place(built());
    expect(build('--if-needed')).toMatchObject({ status: 0, stdout: '', stderr: '' });
    utimesSync(join(project, 'native/sources.txt'), new Date(), new Date(Date.now() + 60_000));
    expect(build('--if-needed').stderr).toContain('compiling');
  });
});

it('a build without the packages that it needs names them', () => {
  const { status, stderr } = build();
  expect(status).toBe(1);
  expect(stderr).toContain('--- cmake-js:\ncmake-js is not installed');
  cmakeJs(true);
  expect(build('--with', 'cmake-js').stderr).toContain('--- cmake-js:\nnode-addon-api is not installed');
});

it('the command runs the build and ends with its status', async () => {
  ensureBuilt();
  const help = await run(['build', '--help']);
  expect(help.stdout).toMatch(/C\+\+17\s+compiler, cmake, and the npm packages cmake-js and node-addon-api/);
  const wrong = await run(['build', '--with', 'make']);
  expect([wrong.status, wrong.stderr]).toEqual([
    1,
    "synthetic-attention: option '--with <tool>' argument 'make' is invalid. Allowed choices are cmake-js, node-gyp.\n",
  ]);
});
