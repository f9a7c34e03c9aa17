/** The built command as a child process. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockFile } from '../../lib/formats/file_lock.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const main = join(root, 'dist/cli/main.cjs');

function newest(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((time, entry) => Math.max(time, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);
}

/** A lock between test workers, which the kernel releases when one is killed; its file stays. */
function lockBuild(): number {
  mkdirSync(join(root, 'build'), { recursive: true });
  // Not removed on release: whoever waits has it open.
  const fd = openSync(join(root, 'build', 'dist.flock'), 'a');
  for (const start = Date.now(); lockFile(fd) === 'busy'; ) {
    if (Date.now() - start > 120_000) throw new Error('another process has built dist for two minutes');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
  return fd;
}

/** Builds dist when a source, or a part of the build, is newer. */
export function ensureBuilt(): void {
  const lock = lockBuild();
  try {
    const changed = Math.max(...['lib', 'scripts/build_ts'].map((folder) => newest(join(root, folder))));
    if (existsSync(main) && statSync(main).mtimeMs >= changed) return;
    const script = join(root, 'scripts/build_ts.mjs');
    const built = spawnSync(process.execPath, [script], { cwd: root, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(built.stdout + built.stderr);
  } finally {
    closeSync(lock);
  }
}

export interface Finished {
  status: number | null;
  stdout: string;
  stderr: string;
}

export function start(args: string[], env: Record<string, string> = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [main, ...args], { cwd: root, env: { ...process.env, ...env } });
}

export function finish(child: ChildProcessWithoutNullStreams): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const out = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (out.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (out.stderr += text));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...out }));
  });
}

export async function run(args: string[], input?: string, env?: Record<string, string>): Promise<Finished> {
  const child = start(args, env);
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  return finish(child);
}
