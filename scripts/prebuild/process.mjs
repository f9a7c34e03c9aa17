// Commands that the scripts for prebuilt addons start.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** @returns {Promise<{ status: number | null, output: string, stdout: string }>} never rejects; status is null when it cannot be started */
export function execute(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let stdout = '';
    let output = '';
    child.stdout?.on('data', (data) => {
      stdout += data;
      output += data;
    });
    child.stderr?.on('data', (data) => {
      output += data;
    });
    child.on('error', (error) => resolve({ status: null, stdout, output: `${output}${error.message}\n` }));
    child.on('close', (status) => resolve({ status, stdout, output }));
  });
}

/** As execute(). @returns what it wrote to stdout @throws Error with all of its output when it fails */
export async function must(what, command, args, options) {
  const { status, output, stdout } = await execute(command, args, options);
  if (status === 0) return stdout;
  throw new Error(`${what}: ${command} ended with ${status ?? 'an error'}\n${output.trimEnd()}`);
}

/** Runs `work` on each item, at most `limit` at a time. @returns results in the order of the items */
export async function inParallel(items, limit, work) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
