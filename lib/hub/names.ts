/** Names of repositories, revisions and files: what is taken, and what could lead out of the cache. */
import { ArgumentError, describe, expectation, ModelError } from '../errors.js';
import { quoteName } from '../formats/quote_name.js';

/** Where sentence-transformers looks for models that are named without an organisation. */
const DEFAULT_ORGANISATION = 'sentence-transformers';

const COMMIT = /^[0-9a-f]{40}$/;

/** The hub's own grammar: one or two parts; `--` stands for the slash in the cache. */
function isRepository(name: string): boolean {
  const parts = name.split('/');
  return (
    parts.length <= 2 &&
    parts.every((part) => part.length <= 96 && /^[A-Za-z0-9_](?:[\w.-]*[A-Za-z0-9_])?$/.test(part)) &&
    !/--|\.\.|\.git$/.test(name)
  );
}

/**
 * What a name that is no directory may stand for, most likely first.
 * @throws ModelError for what cannot be a name
 */
export function repositoriesOf(name: string, received: string): readonly string[] {
  if (!isRepository(name)) {
    throw new ModelError(
      expectation(`model ${quoteName(name)}`, 'a directory, or a name such as org/model,', received),
    );
  }
  return name.includes('/') ? [name] : [name, `${DEFAULT_ORGANISATION}/${name}`];
}

export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/** It becomes a path below refs/. */
export function checkRevision(revision: string): string {
  if (!/^\w[\w.+@/-]{0,254}$/.test(revision) || /\.\.|\/\/|\/\.|[/.]$/.test(revision)) {
    throw new ArgumentError(
      expectation('revision', 'the name of a branch, tag or commit', describe(revision), 'range'),
    );
  }
  return revision;
}

/** Whether a path out of the hub stays below the directory, on every system, and can be shown as it is. */
function isInside(path: string): boolean {
  return (
    path.length <= 1024 &&
    !/[\p{C}\\:]/u.test(path) &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

/** @throws ModelError for a name that leaves the directory */
export function checkFileName(subject: string, name: unknown): string {
  if (typeof name !== 'string' || !isInside(name)) {
    const received = typeof name === 'string' ? quoteName(name) : describe(name);
    throw new ModelError(expectation(subject, 'names of files inside of the model', received));
  }
  return name;
}
