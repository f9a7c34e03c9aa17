// What a case ends with: nothing, a Skip with its reason, or an Error.
import { spawn } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';

/** A case that cannot run on this machine. */
export class Skip extends Error {}

export function expectEqual(what, received, expected) {
  if (isDeepStrictEqual(received, expected)) return;
  throw new Error(`${what}: expected ${JSON.stringify(expected)} but received ${JSON.stringify(received)}`);
}

export function expectMatch(what, text, pattern) {
  if (!pattern.test(text))
    throw new Error(`${what}: expected ${pattern} but received ${JSON.stringify(text.slice(-2000))}`);
}

/** Without npm's settings, which it hands down to scripts, and without those of the package itself. */
export const environment = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_|SYNTHETIC_|NODE_OPTIONS|NODE_PATH|FORCE_COLOR)/i.test(name),
    ),
  ),
  NO_COLOR: '1',
};

/** @returns {Promise<{status: number | null, stdout: string, stderr: string}>} */
export function run(command, args, { cwd, env = {}, timeout = 300_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, stdout, stderr });
    });
  });
}

/** @returns what it prints. @throws Error where it fails */
export async function succeed(command, args, options) {
  const { status, stdout, stderr } = await run(command, args, options);
  if (status === 0) return stdout;
  throw new Error(
    `${[command, ...args].join(' ')} ended with ${status}: ${(stdout + stderr).trim().slice(-3000)}`,
  );
}
