/** The model that comes with the package. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expectation, ModelError } from '../errors.js';
import { packageRoot } from '../package_root.js';

/** What is loaded where no model is named. The name means this model everywhere; a directory so called is ./NAME. */
export const DEFAULT_MODEL = 'synthesizer-mini';

/** @throws ModelError where the package has been taken apart, by a bundler for example */
export async function packagedModel(root: string = packageRoot()): Promise<string> {
  const directory = join(root, 'models', DEFAULT_MODEL);
  const there = await stat(directory).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (there) return directory;
  throw new ModelError(
    expectation(
      `model ${DEFAULT_MODEL}`,
      `models/${DEFAULT_MODEL} beside the package's package.json`,
      'nothing there',
    ),
  );
}
