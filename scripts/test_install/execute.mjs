// Child processes of these tests.
import { spawnSync } from 'node:child_process';

const TAIL_LINES = 15;

/**
 * What a command prints; seconds bound it.
 * @returns {{stdout: string, stderr: string}}
 * @throws Error with the last lines of what it printed
 */
export function execute(command, args, { cwd, env, seconds = 240 }) {
  const result = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    timeout: seconds * 1000,
    maxBuffer: 1 << 26,
  });
  if (result.status === 0) return result;
  const printed = `${result.stdout ?? ''}${result.stderr ?? ''}`.trimEnd().split('\n').slice(-TAIL_LINES);
  const end = result.error?.message ?? `ended with ${result.status ?? result.signal}`;
  throw new Error(`${[command, ...args].join(' ')}: ${end}\n${printed.join('\n')}`);
}
