/** CMakeLists.txt and binding.gyp build the same thing. */

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cmake = readFileSync(join(root, 'CMakeLists.txt'), 'utf8');

interface Target {
  target_name: string;
  sources: string[];
  defines: string[];
  cflags_cc: string[];
}

// The gyp file keeps to JSON with # comments and Python's single quotes inside of strings only.
const gyp = JSON.parse(readFileSync(join(root, 'binding.gyp'), 'utf8').replace(/^#.*$/gm, '')) as {
  targets: Target[];
};
const target = gyp.targets[0]!;

/** Words of the first call of a CMake command that matches. */
function cmakeWords(pattern: RegExp): string[] {
  const match = pattern.exec(cmake);
  return match ? match[1]!.trim().split(/\s+/) : [];
}

const listed = readFileSync(join(root, 'native/sources.txt'), 'utf8').trim().split('\n');

describe('the two build files', () => {
  it('build one target under one name', () => {
    expect(gyp.targets).toHaveLength(1);
    expect(cmake).toContain(`project(${target.target_name} CXX)`);
  });

  it('read native/sources.txt, which lists every source once', () => {
    const found = (readdirSync(join(root, 'native'), { recursive: true }) as string[]).filter((name) =>
      name.endsWith('.cc'),
    );
    expect([...listed].sort()).toEqual(found.sort());
    const command = /^<!@\((.*)\)$/.exec(target.sources[0]!)![1]!;
    const folder = join(root, 'native');
    const sources = execFileSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' }).trim().split(' ');
    expect(sources).toEqual(listed);
    expect(target.sources).toHaveLength(1);
    expect(cmake).toContain('file(STRINGS native/sources.txt SOURCES');
    expect(cmake).not.toMatch(/\w\.cc\b(?!\$)/);
  });

  it('define the same', () => {
    expect(cmakeWords(/target_compile_definitions\(\$\{PROJECT_NAME\} PRIVATE ([^)]*)\)/)).toEqual(
      target.defines,
    );
  });

  it('compile with the same flags', () => {
    const own = cmakeWords(/else\(\)\s+target_compile_options\(\$\{PROJECT_NAME\} PRIVATE ([^)]*)\)/);
    expect(own.length).toBeGreaterThan(3);
    // What CMake says by properties: CMAKE_CXX_STANDARD 17 and the two about visibility.
    const properties = ['-std=c++17', '-fvisibility=hidden', '-fvisibility-inlines-hidden'];
    expect(cmake).toMatch(
      /CMAKE_CXX_STANDARD 17[\s\S]*CXX_VISIBILITY_PRESET hidden[\s\S]*VISIBILITY_INLINES_HIDDEN ON/,
    );
    expect([...own, ...properties].sort()).toEqual([...target.cflags_cc].sort());
  });
});

const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');

/** A hash of all that the build reads, the version of Node's headers included. */
function inputsOfBuild(names: readonly string[]): string {
  const hash = createHash('sha256').update(process.version).update(process.arch);
  for (const name of names) {
    const path = join(root, name);
    const files = statSync(path).isDirectory() ? (readdirSync(path, { recursive: true }) as string[]) : [''];
    for (const file of files.map((entry) => join(path, entry)).sort()) {
      if (statSync(file).isFile()) hash.update(file).update(readFileSync(file));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** Unoptimised: the test is about what the build contains, not how fast it is. */
function buildWithGyp(folder: string): void {
  for (const name of ['native', 'binding.gyp'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
  const env = { ...process.env, CXXFLAGS: '-O0' };
  const args = [nodeGyp, 'rebuild', '-j', String(availableParallelism()), ...headers];
  const built = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env });
  expect([built.status, built.status === 0 ? '' : built.stderr.slice(-2000)]).toEqual([0, '']);
}

it('binding.gyp really builds an addon that works', () => {
  // The suite runs once for every instruction set: the later runs test the addon that the first one built.
  const kept = join(
    root,
    'build',
    'gyp',
    inputsOfBuild(['package.json', 'native', 'binding.gyp']),
    'synthetic_attention.node',
  );
  if (!existsSync(kept)) {
    const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
    try {
      buildWithGyp(folder);
      rmSync(join(root, 'build', 'gyp'), { recursive: true, force: true });
      cpSync(join(folder, 'build/Release/synthetic_attention.node'), kept);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const code = `const { isa, tiers } = require(${JSON.stringify(kept)}).info(); console.log(isa, tiers.length)`;
  expect(execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' })).toMatch(
    /^(avx512|avx2|neon|scalar) 4\n$/,
  );
}, 180_000);
