/** The built command as a child process. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const main = join(root, 'dist/cli/main.js');

function newest(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((time, entry) => Math.max(time, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);
}

/** Builds dist when a source is newer; a folder serves as the lock between test workers. */
export function ensureBuilt(): void {
  const lock = join(root, 'build', 'dist.lock');
  mkdirSync(join(root, 'build'), { recursive: true });
  for (const start = Date.now(); ; ) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (Date.now() - start > 60_000) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
  try {
    if (existsSync(main) && statSync(main).mtimeMs >= newest(join(root, 'lib'))) return;
    const script = join(root, 'scripts/build_ts.mjs');
    const built = spawnSync(process.execPath, [script], { cwd: root, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(built.stdout + built.stderr);
  } finally {
    rmdirSync(lock);
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
