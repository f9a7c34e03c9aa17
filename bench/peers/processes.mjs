// Runs one contender in its own process and takes its reply.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const TIMEOUT = 20 * 60_000;

/**
 * The environment of Python's libraries: as many threads as the others, and OpenBLAS free to choose its kernels
 * for this CPU.
 */
function pythonEnvironment(threads) {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  for (const library of ['OMP', 'OPENBLAS', 'MKL']) env[`${library}_NUM_THREADS`] = String(threads);
  return env;
}

function lastLine(text) {
  const lines = text
    .trim()
    .split('\n')
    .filter((line) => !/^\s*at |^Node\.js v/.test(line) && line.trim() !== '');
  // Node prints the error above its properties, Python prints it last.
  return (lines.findLast((line) => /Error\b.*:/.test(line)) ?? lines.at(-1) ?? '').trim();
}

/**
 * @param task what the worker gets, see worker.mjs
 * @returns its reply, or {reason}
 */
export function runContender(contender, task, python) {
  const [taskFile, replyFile] = ['task.json', 'reply.json'].map((name) => join(task.folder, name));
  writeFileSync(taskFile, JSON.stringify({ ...task, module: contender.module }));
  rmSync(replyFile, { force: true });
  const [command, script, env] = contender.python
    ? [python, 'python_worker.py', pythonEnvironment(task.threads)]
    : [process.execPath, 'worker.mjs', process.env];
  const { status, signal, stderr, error } = spawnSync(command, [join(here, script), taskFile, replyFile], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: TIMEOUT,
    maxBuffer: 2 ** 26,
  });
  if (existsSync(replyFile)) return JSON.parse(readFileSync(replyFile, 'utf8'));
  if (error?.code === 'ENOENT') return { reason: `${command} is not there` };
  if (signal) return { reason: `ended by ${signal}${error ? ` (${error.code})` : ''}` };
  return { reason: lastLine(stderr).replace(/^Error: /, '') || `ended with status ${status}` };
}
