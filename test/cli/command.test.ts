/** The lock between test workers that build dist. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { ensureBuilt, main, root } from '../support/command.js';
import { holdLock, kill } from '../support/lock_holder.js';

it('does not outlive a worker that is killed', async () => {
  mkdirSync(join(root, 'build'), { recursive: true });
  // Another worker may be building.
  ensureBuilt();
  const lock = join(root, 'build', 'dist.flock');
  expect(existsSync(lock)).toBe(true);
  await kill(await holdLock(lock));
  ensureBuilt();
  expect(existsSync(main)).toBe(true);
}, 240_000);
