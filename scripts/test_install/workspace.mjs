// Empty folders outside of the checkout, so that no tool finds anything of it above them.
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Workspace {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'synthetic-attention-install-')));

  /** @param name of a new empty folder */
  make(name) {
    const folder = join(this.folder, name.replaceAll(/[^\w.]+/g, '-'));
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
