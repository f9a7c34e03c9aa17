/** The model that comes with the package. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expectation, ModelError } from '../errors.js';
import { bundleFolders, installedRoot } from '../package_root.js';

/** What is loaded where no model is named. The name means this model everywhere; a directory so called is ./NAME. */
export const DEFAULT_MODEL = 'synthesizer-mini';

/** Folders that may hold `models`. */
function folders(): string[] {
  const root = installedRoot();
  return [...bundleFolders(), ...(root === undefined ? [] : [root])];
}

/** @throws ModelError where the package has been taken apart, by a bundler for example */
export async function packagedModel(roots: readonly string[] = folders()): Promise<string> {
  for (const root of roots) {
    const directory = join(root, 'models', DEFAULT_MODEL);
    const there = await stat(directory).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    if (there) return directory;
  }
  throw new ModelError(
    expectation(
      `model ${DEFAULT_MODEL}`,
      `models/${DEFAULT_MODEL} beside the package's package.json, or beside a bundle`,
      'nothing there',
    ),
  );
}
