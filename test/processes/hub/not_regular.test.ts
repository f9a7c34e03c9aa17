/** Pipes where the cache of the hub should have files: an answer, not a wait for somebody who writes. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { FileError, ModelError } from '../../../lib/errors.js';
import { readText } from '../../../lib/hub/cache_error.js';
import { readToken } from '../../../lib/hub/options.js';
import { resolveModel } from '../../../lib/hub/resolve.js';

const COMMIT = '0123456789'.repeat(4);

let cacheDir: string;
let repository: string;
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  repository = join(cacheDir, 'models--org--name');
  mkdirSync(join(repository, 'refs'), { recursive: true });
  mkdirSync(join(repository, 'snapshots', COMMIT), { recursive: true });
});
afterEach(() => rmSync(cacheDir, { recursive: true }));

const pipe = (...path: string[]) => execFileSync('mkfifo', [join(repository, ...path)]);
const resolve = () => resolveModel('org/name', { cacheDir, localFilesOnly: true });

it('a ref', async () => {
  pipe('refs', 'main');
  await expect(resolve()).rejects.toThrow(ModelError);
});

it('a file of a snapshot', async () => {
  writeFileSync(join(repository, 'refs', 'main'), COMMIT);
  for (const name of ['modules.json', 'config.json', 'model.safetensors']) {
    pipe('snapshots', COMMIT, name);
    await expect(resolve()).rejects.toThrow(ModelError);
  }
  await expect(readText(join(repository, 'snapshots', COMMIT, 'config.json'))).rejects.toThrow(FileError);
});

it('a file with a token', async () => {
  pipe('token');
  expect(await readToken({}, { HF_TOKEN_PATH: join(repository, 'token') })).toBeUndefined();
  writeFileSync(join(repository, 'real'), 'hf_x\n');
  expect(await readToken({}, { HF_TOKEN_PATH: join(repository, 'real') })).toBe('hf_x');
});
