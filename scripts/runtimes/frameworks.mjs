// Test frameworks: Jest in its CommonJS mode, which is its default, and Vitest.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectMatch, run } from './outcome.mjs';
import { folderOf, project, tools } from './project.mjs';

const CHECKS = `
  test('the package works', async () => {
    const a = new Tensor(Float32Array.of(1, 2), [1, 2]);
    expect(kernels.matmul(a, new Tensor(Float32Array.of(3, 4), [2, 1])).data[0]).toBe(11);
    expect(() => kernels.matmul(a, a)).toThrow(ShapeError);
    const encoder = await Encoder.load('synthesizer-mini');
    expect((await encoder.encode(['a', 'b'])).shape).toEqual([2, 384]);
    expect(typeof embeddingsServer).toBe('function');
    encoder.dispose();
  });
`;
const NAMES = '{ Encoder, kernels, ShapeError, Tensor }';

const jest = (version) => async () => {
  const folder = await tools(`jest-${version}`, `jest@${version}`);
  const tests = join(project, 'jest');
  mkdirSync(tests, { recursive: true });
  writeFileSync(
    join(tests, 'use.test.js'),
    `const ${NAMES} = require('synthetic-attention');
    const { embeddingsServer } = require('synthetic-attention/server');${CHECKS}`,
  );
  const config = JSON.stringify({ rootDir: tests, testEnvironment: 'node' });
  const bin = join(folderOf(folder, 'jest'), 'bin/jest.js');
  const { stderr } = await run(process.execPath, [bin, '--config', config], { cwd: project });
  expectMatch('jest', stderr, /Tests:\s+1 passed, 1 total/);
};

async function vitest() {
  const folder = await tools('vitest', 'vitest@4');
  const tests = join(project, 'vitest');
  mkdirSync(tests, { recursive: true });
  writeFileSync(
    join(tests, 'use.test.js'),
    `import ${NAMES} from 'synthetic-attention';
    import embeddingsServer from 'synthetic-attention/server';${CHECKS}`,
  );
  const bin = join(folderOf(folder, 'vitest'), 'vitest.mjs');
  const { stdout, stderr } = await run(process.execPath, [bin, 'run', '--root', tests, '--globals'], {
    cwd: project,
  });
  expectMatch('vitest', stdout + stderr, /Tests\s+1 passed \(1\)/);
}

export const frameworkCases = { 'jest 29': jest(29), 'jest 30': jest(30), vitest };
