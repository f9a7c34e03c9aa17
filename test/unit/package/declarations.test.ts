/** Types of every entry, as TypeScript finds them from ES modules and from CommonJS. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureBuilt, root } from '../cli/command.js';

let folder: string;

const USE = `
  import type { Tensor as Type } from 'synthetic-attention';
  import { ArgumentError, Encoder, kernels, MultiHeadAttention } from 'synthetic-attention';
  import embeddingsServer, { type EmbeddingsServerOptions } from 'synthetic-attention/server';
  import { BACKEND_NAME } from 'synthetic-attention/tfjs';
  import { pipeline, Tensor } from 'synthetic-attention/transformers';
  const options: EmbeddingsServerOptions = { models: { a: 'b' } };
  export const y: Type = kernels.softmax({ data: new Float32Array(2), shape: [1, 2] });
  export const z: Promise<Type> = Encoder.load('x').then((encoder) => encoder.encode(['a']));
  export const all = [ArgumentError, MultiHeadAttention, embeddingsServer, options, BACKEND_NAME, pipeline, Tensor];
  // @ts-expect-error a shape is a list
  kernels.softmax({ data: y.data, shape: 3 });
  // @ts-expect-error models are named
  export const wrong: EmbeddingsServerOptions = { models: ['a'] };
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
  for (const name of ['use.mts', 'use.cts', 'use.ts']) writeFileSync(join(folder, name), USE);
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function compile(...args: string[]): [string, number | null] {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const common = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node', '--ignoreConfig'];
  const { stdout, status } = spawnSync(process.execPath, [tsc, ...common, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return [stdout, status];
}

describe('the declarations', () => {
  it.each([
    ['an ES module', 'node16', 'use.mts'],
    ['CommonJS', 'node16', 'use.cts'],
    ['an ES module', 'nodenext', 'use.mts'],
    ['CommonJS', 'nodenext', 'use.cts'],
  ])('are found by %s, module %s', (_, module, file) => {
    expect(compile('--module', module, file)).toEqual(['', 0]);
  });

  it('are found where a bundler resolves, which may take the condition "module"', () => {
    const args = ['--module', 'esnext', '--moduleResolution', 'bundler', 'use.ts'];
    expect(compile(...args)).toEqual(['', 0]);
    expect(compile('--customConditions', 'module', ...args)).toEqual(['', 0]);
  });
});
