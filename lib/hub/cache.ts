/**
 * One model in the cache of huggingface_hub, which Python and this package share:
 *
 *     models--org--name/blobs/<checksum>                  contents
 *                       snapshots/<commit>/<file>         symbolic links to them
 *                       refs/<revision>                   the commit of a branch or tag
 *                       .no_exist/<commit>/<file>         empty: what the hub was asked for and does not have
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, rename, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { asCacheError, readText } from './cache_error.js';
import type { Checksum } from './checksum.js';
import { isCommit } from './names.js';

export class CachedRepository {
  /** Its folder. */
  readonly path: string;
  readonly #symlinks: boolean;

  constructor(cacheDir: string, repository: string, symlinks: boolean) {
    this.path = join(cacheDir, `models--${repository.replace('/', '--')}`);
    this.#symlinks = symlinks;
  }

  snapshot(commit: string): string {
    return join(this.path, 'snapshots', commit);
  }

  blob(checksum: Checksum): string {
    return join(this.path, 'blobs', checksum);
  }

  /** The commit that a revision was when it was last fetched. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision;
    const text = await readText(join(this.path, 'refs', revision)).catch(() => '');
    return isCommit(text.trim()) ? text.trim() : undefined;
  }

  /** @param size undefined if any will do */
  has(commit: string, file: string, size?: number): Promise<boolean> {
    return hasFile(join(this.snapshot(commit), file), size);
  }

  hasBlob(checksum: Checksum, size: number | undefined): Promise<boolean> {
    return hasFile(this.blob(checksum), size);
  }

  /** Whether the hub is known not to have the file. */
  isAbsent(commit: string, file: string): Promise<boolean> {
    return hasFile(join(this.path, '.no_exist', commit, file), undefined);
  }

  /** @throws FileError, as all that follow */
  async prepare(): Promise<void> {
    await writing(join(this.path, 'blobs'), (path) => mkdir(path, { recursive: true }));
  }

  async markAbsent(commit: string, file: string): Promise<void> {
    await writing(join(this.path, '.no_exist', commit, file), async (path) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, '');
    });
  }

  /** Makes a blob a file of the snapshot. */
  async link(commit: string, file: string, checksum: Checksum): Promise<void> {
    await replacing(join(this.snapshot(commit), file), async (temporary, path) => {
      const blob = this.blob(checksum);
      // Relative, so that the cache can be moved.
      const linked =
        this.#symlinks &&
        (await symlink(relative(dirname(path), blob), temporary, 'file').then(
          () => true,
          // Windows without the right to, and file systems that have none.
          () => false,
        ));
      if (!linked) await copyFile(blob, temporary, constants.COPYFILE_FICLONE);
    });
  }

  async writeRef(revision: string, commit: string): Promise<void> {
    if (isCommit(revision) || (await this.commitOf(revision)) === commit) return;
    await replacing(join(this.path, 'refs', revision), (temporary) => writeFile(temporary, commit));
  }
}

/** Follows links: one without its blob is no file. */
function hasFile(path: string, size: number | undefined): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile() && (size === undefined || found.size === size),
    () => false,
  );
}

async function writing(path: string, action: (path: string) => Promise<unknown>): Promise<void> {
  try {
    await action(path);
  } catch (error) {
    throw asCacheError(path, error);
  }
}

/** A link that is older was left by a killed process: one is renamed as soon as it is made. */
const ABANDONED_LINK_MS = 10_000;
/** A copy that was not written to for this long was left by a killed process. */
const ABANDONED_COPY_MS = 600_000;

/**
 * Removes what killed processes left of `replacing` the same path. By age and not by a lock, since a symbolic link
 * cannot be locked.
 */
async function removeAbandoned(path: string): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    if (!/^\.[0-9a-f]{12}\.tmp$/.test(name.slice(basename(path).length))) continue;
    const temporary = join(dirname(path), name);
    const stats = await lstat(temporary).catch(() => undefined);
    if (stats === undefined) continue;
    const limit = stats.isSymbolicLink() ? ABANDONED_LINK_MS : ABANDONED_COPY_MS;
    if (Date.now() - stats.mtimeMs > limit) await unlink(temporary).catch(() => {});
  }
}

/** The path has what was there or what `make` makes, and never nothing. */
async function replacing(
  path: string,
  make: (temporary: string, path: string) => Promise<unknown>,
): Promise<void> {
  await writing(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    await removeAbandoned(path);
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      await make(temporary, path);
      await rename(temporary, path);
    } catch (error) {
      await unlink(temporary).catch(() => {});
      throw error;
    }
  });
}
