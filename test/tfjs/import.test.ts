/** The built package in programs of both module systems, and the README's example. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureBuilt, root } from '../support/command.js';

/** Below the package, so that its own name and TensorFlow.js are found from there. */
let folder: string;

beforeAll(() => {
  ensureBuilt();
  mkdirSync(join(root, 'build'), { recursive: true });
  folder = mkdtempSync(join(root, 'build', 'tfjs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(name: string, program: string): string {
  const file = join(folder, name);
  writeFileSync(file, program);
  const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', file], { encoding: 'utf8' });
  return stdout + stderr;
}

const USE = `
  tf.setBackend('synthetic').then(() => {
    const product = tf.matMul(tf.ones([64, 64]), tf.ones([64, 64]));
    console.log(tf.getBackend(), product.dataSync()[5], Object.keys(tf.memory()).includes('numBytesInPool'));
  });`;

describe('synthetic-attention/tfjs', () => {
  it('is imported by ES modules, TensorFlow.js by its names', () => {
    const program = `import * as tf from '@tensorflow/tfjs-core';\nimport 'synthetic-attention/tfjs';\n${USE}`;
    expect(run('a.mjs', program)).toBe('synthetic 64 true\n');
  });

  it('is imported by ES modules, TensorFlow.js as a whole', () => {
    const program = `import tf from '@tensorflow/tfjs-core';\nimport 'synthetic-attention/tfjs';\n${USE}`;
    expect(run('b.mjs', program)).toBe('synthetic 64 true\n');
  });

  it('is required by CommonJS', () => {
    const program = `const tf = require('@tensorflow/tfjs-core');\nrequire('synthetic-attention/tfjs');\n${USE}`;
    expect(run('c.cjs', program)).toBe('synthetic 64 true\n');
  });

  it('is what TensorFlow.js starts with where nobody sets a backend', () => {
    const program =
      "import * as tf from '@tensorflow/tfjs-core';\nimport 'synthetic-attention/tfjs';\nawait tf.ready();\nconsole.log(tf.getBackend());";
    expect(run('d.mjs', program)).toBe('synthetic\n');
  });

  it('leaves a backend alone that is in use', () => {
    const program = `import * as tf from '@tensorflow/tfjs-core';
      import '@tensorflow/tfjs-backend-cpu';
      tf.env().set('PROD', true);
      tf.zeros([2]);
      await import('synthetic-attention/tfjs');
      tf.zeros([2]);
      console.log(tf.getBackend());`;
    expect(run('e.mjs', program)).toBe('cpu\n');
  });

  it('learns in the README', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const [, example] = /```js\n(import \* as tf [\s\S]*?)```/.exec(readme)!;
    expect(example!.split('\n').length).toBeLessThan(21);
    expect(run('readme.mjs', example!)).toMatch(/^accuracy (1\.00|0\.9\d)\n$/);
  });
});
