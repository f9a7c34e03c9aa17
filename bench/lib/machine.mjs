// What the figures of a report depend on.
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The commit that was measured, with a + when the work tree differs from it; undefined outside of a clone. */
function commit() {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const git = spawnSync('git', ['describe', '--always', '--dirty=+', '--exclude=*'], {
    cwd: root,
    encoding: 'utf8',
  });
  return git.status === 0 ? git.stdout.trim() : undefined;
}

/** @param known what the caller knows better, such as {cpu, isa, threads} of info() */
export function describeMachine(known = {}) {
  return {
    cpu: cpus()[0]?.model ?? process.arch,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    ...known,
  };
}
