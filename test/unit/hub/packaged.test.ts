/** The model that comes with the package, by its name. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { ModelError } from '../../../lib/errors.js';
import { DEFAULT_MODEL, packagedModel } from '../../../lib/hub/packaged.js';
import { resolveModel } from '../../../lib/hub/resolve.js';
import { packageRoot } from '../../../lib/package_root.js';

const directory = join(packageRoot(), 'models', DEFAULT_MODEL);

it('is found by its name, and needs no cache and no hub', async () => {
  expect(await resolveModel(DEFAULT_MODEL, { cacheDir: '/nowhere', endpoint: 'http://hub.invalid' })).toBe(
    directory,
  );
});

it('a directory of that name is reached by a path', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'models-'));
  const before = process.cwd();
  try {
    mkdirSync(join(folder, DEFAULT_MODEL));
    process.chdir(folder);
    expect(await resolveModel(DEFAULT_MODEL)).toBe(directory);
    expect(await resolveModel(`./${DEFAULT_MODEL}`)).toBe(`./${DEFAULT_MODEL}`);
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
});

it('a package without it says what is missing', async () => {
  await expect(packagedModel(['/nowhere'])).rejects.toThrow(
    new ModelError(
      "model synthesizer-mini: expected models/synthesizer-mini beside the package's package.json, or beside a bundle but received nothing there",
    ),
  );
});
