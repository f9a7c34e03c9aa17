// A PATH like that of a slim container image: Node, a shell, coreutils, no compiler.
import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What shims in node_modules/.bin and package managers call. */
const PROGRAMS =
  'sh env basename cat chmod cp dirname expr head id ln ls mkdir mv pwd readlink realpath rm sed sort tail tr true uname wc'.split(
    ' ',
  );

const FOLDERS = ['/bin', '/usr/bin'];

/** @returns {(node: string) => string} the PATH for a Node executable */
export function barePath(workspace) {
  let count = 0;
  return (node) => {
    count += 1;
    const folder = workspace.make(`path ${count}`);
    for (const name of PROGRAMS) {
      const found = FOLDERS.map((parent) => join(parent, name)).find(existsSync);
      if (found) symlinkSync(realpathSync(found), join(folder, name));
    }
    symlinkSync(node, join(folder, 'node'));
    for (const compiler of ['cc', 'c++', 'gcc', 'g++', 'clang', 'make', 'cmake', 'python3']) {
      const seen = execFileSync(join(folder, 'sh'), ['-c', `command -v ${compiler} || true`], {
        env: { PATH: folder },
        encoding: 'utf8',
      });
      if (seen.trim() !== '') throw new Error(`PATH has a compiler: ${seen.trim()}`);
    }
    return folder;
  };
}
