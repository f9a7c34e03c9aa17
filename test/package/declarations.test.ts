/** Types of every entry, as TypeScript finds them from ES modules and from CommonJS. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureBuilt, root } from '../support/command.js';

let folder: string;

const USE = readFileSync(join(root, 'test/runtimes/types.txt'), 'utf8');

const USE_TENSORFLOW = `
  import { BACKEND_NAME } from 'synthetic-attention/tfjs';
  export const name: string = BACKEND_NAME;
  // @ts-expect-error there is no such name
  import { NOTHING } from 'synthetic-attention/tfjs';
`;

beforeAll(() => {
  ensureBuilt();
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/synthetic-attention'), 'dir');
  for (const name of ['@types', '@tensorflow', 'fastify', 'undici-types']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'dir');
  }
  writeFileSync(join(folder, 'package.json'), '{"private": true}');
  for (const extension of ['mts', 'cts', 'ts']) {
    writeFileSync(join(folder, `use.${extension}`), USE);
    writeFileSync(join(folder, `tensorflow.${extension}`), USE_TENSORFLOW);
  }
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function compile(...args: string[]): [string, number | null] {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const common = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node', '--ignoreConfig'];
  const { stdout, status } = spawnSync(process.execPath, [tsc, ...common, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return [stdout.slice(0, 2000), status];
}

/** Everything is checked, the declarations themselves too. */
const WHOLE = ['--lib', 'es2023,esnext.disposable'];
/** Those of TensorFlow.js are not without errors. */
const OWN = ['--lib', 'es2023,esnext.disposable,dom', '--skipLibCheck'];
const BUNDLER = ['--module', 'esnext', '--moduleResolution', 'bundler'];

describe('the declarations', () => {
  it.each([
    ['an ES module', 'node16', 'mts'],
    ['CommonJS', 'node16', 'cts'],
    ['an ES module', 'nodenext', 'mts'],
    ['CommonJS', 'nodenext', 'cts'],
  ])('are found by %s, module %s', (_, module, extension) => {
    expect(compile('--module', module, ...WHOLE, `use.${extension}`)).toEqual(['', 0]);
    expect(compile('--module', module, ...OWN, `tensorflow.${extension}`)).toEqual(['', 0]);
  });

  it('are found where a bundler resolves, which may take the condition "module"', () => {
    for (const conditions of [[], ['--customConditions', 'module']]) {
      expect(compile(...BUNDLER, ...conditions, ...WHOLE, 'use.ts')).toEqual(['', 0]);
      expect(compile(...BUNDLER, ...conditions, ...OWN, 'tensorflow.ts')).toEqual(['', 0]);
    }
  });
});
