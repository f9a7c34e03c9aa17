/** The install step's choice of route, on stand-ins for the tools. */

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { info } from '../../../lib/diagnostics.js';
import { platformTag } from '../../../scripts/platform.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  mkdirSync(join(folder, 'scripts'));
  mkdirSync(join(folder, 'native'));
  for (const name of ['scripts/install.mjs', 'scripts/platform.mjs', 'CMakeLists.txt', 'binding.gyp']) {
    cpSync(join(root, name), join(folder, name));
  }
  writeFileSync(join(folder, 'package.json'), '{"name": "synthetic-attention", "type": "module"}');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const built = () => join(folder, 'build/Release/synthetic_attention.node');

function place(path: string, content?: string): void {
  mkdirSync(dirname(path), { recursive: true });
  if (content === undefined) cpSync(info().addonPath, path);
  else writeFileSync(path, content);
}

/** A tool that copies a working addon to where a build would put it, or fails. */
function tool(path: string, works: boolean): void {
  const success = `import { cpSync, mkdirSync } from 'node:fs';
    mkdirSync('build/Release', { recursive: true });
    cpSync(${JSON.stringify(info().addonPath)}, 'build/Release/synthetic_attention.node');`;
  place(
    path,
    works ? success : `console.error(${JSON.stringify(`${path.split('/').at(-1)} broke`)}); process.exit(3);`,
  );
  chmodSync(path, 0o755);
}
const cmakeJs = (works: boolean) => {
  place(join(folder, 'node_modules/cmake-js/package.json'), '{"name": "cmake-js", "type": "module"}');
  tool(join(folder, 'node_modules/cmake-js/bin/cmake-js'), works);
};
const nodeGyp = (works: boolean) => {
  tool(join(folder, 'gyp.mjs'), works);
  return join(folder, 'gyp.mjs');
};

function install(env: Record<string, string> = {}, ...args: string[]) {
  const result = spawnSync(process.execPath, [join(folder, 'scripts/install.mjs'), ...args], {
    encoding: 'utf8',
    cwd: folder,
    env: { PATH: folder, npm_config_node_gyp: join(folder, 'none.js'), ...env },
  });
  return { status: result.status, stdout: result.stdout.trim(), stderr: result.stderr };
}

const prebuilt = () => join(folder, 'prebuilds', platformTag(), 'synthetic_attention.node');

describe('the install step', () => {
  it('takes a prebuilt addon that loads', () => {
    place(prebuilt());
    expect(install()).toEqual({
      status: 0,
      stdout: 'synthetic-attention: addon in place (prebuilt addon)',
      stderr: '',
    });
    expect(existsSync(built())).toBe(true);
    expect(install().stdout).toBe('synthetic-attention: the addon is up to date');
  });

  it('passes over a prebuilt addon that does not load', () => {
    place(prebuilt(), 'not an addon');
    cmakeJs(true);
    expect(install().stdout).toBe('synthetic-attention: addon in place (cmake-js)');
  });

  it('builds with node-gyp when cmake-js fails', () => {
    cmakeJs(false);
    expect(install({ npm_config_node_gyp: nodeGyp(true) }).stdout).toBe(
      'synthetic-attention: addon in place (node-gyp)',
    );
  });

  it('builds from source when asked, whatever is there', () => {
    place(prebuilt());
    cmakeJs(true);
    expect(install({}, '--from-source').stdout).toBe('synthetic-attention: addon in place (cmake-js)');
  });

  it('takes only the way that is forced', () => {
    cmakeJs(true);
    expect(
      install({ SYNTHETIC_ATTENTION_BUILD: 'gyp', npm_config_node_gyp: nodeGyp(true) }).stdout,
    ).toContain('(node-gyp)');
    const wrong = install({ SYNTHETIC_ATTENTION_BUILD: 'make' });
    expect([wrong.status, wrong.stderr]).toEqual([
      1,
      'SYNTHETIC_ATTENTION_BUILD: expected cmake or gyp but received "make"\n',
    ]);
  });

  it('fails with one message that lists the remedies and what each way said', () => {
    place(prebuilt(), 'not an addon');
    cmakeJs(false);
    const { status, stdout, stderr } = install({ npm_config_node_gyp: nodeGyp(false) });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(
      'expected to get a native addon by prebuilt addon, cmake-js, node-gyp but received none. Remedies:',
    );
    expect(stderr).toContain('install a C++17 compiler and cmake');
    expect(stderr).toContain('cmake-js broke');
    expect(stderr).toContain('gyp.mjs broke');
    expect(existsSync(built())).toBe(false);
  });
});

describe('the loader', () => {
  const load = (env: Record<string, string>) => {
    return spawnSync(process.execPath, [join(root, 'dist/cli/main.cjs'), 'info'], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
  };

  it('names what it tried and the remedies', () => {
    const { status, stderr } = load({ SYNTHETIC_ATTENTION_ADDON: join(folder, 'nowhere.node') });
    expect(status).toBe(1);
    expect(stderr).toContain('native addon: expected one that loads but received none:');
    expect(stderr).toContain('nowhere.node');
    expect(stderr).toContain('  - install a C++17 compiler and cmake');
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('loads the addon it is given', () => {
    place(join(folder, 'own.node'));
    const { status, stdout } = load({ SYNTHETIC_ATTENTION_ADDON: join(folder, 'own.node') });
    expect(status).toBe(0);
    expect(stdout).toContain(join(folder, 'own.node'));
  });
});
