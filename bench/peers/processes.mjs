// Runs one contender in its own process and takes its reply.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const TIMEOUT = 20 * 60_000;

/** What speaks the protocol of worker.mjs, by language. */
const WORKERS = { node: join(here, 'worker.mjs'), python: join(here, 'python_worker.py') };

/**
 * The environment of Python's libraries: as many threads as the others, OpenBLAS free to choose its kernels for this
 * CPU, and no questions to a model hub.
 */
function pythonEnvironment(threads) {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  for (const library of ['OMP', 'OPENBLAS', 'MKL', 'RAYON']) env[`${library}_NUM_THREADS`] = String(threads);
  return { ...env, HF_HUB_OFFLINE: '1' };
}

function lastLine(text) {
  const lines = text
    .trim()
    .split('\n')
    .filter((line) => !/^\s*at |^Node\.js v/.test(line) && line.trim() !== '');
  // Node prints the error above its properties, Python prints it last.
  return (lines.findLast((line) => /Error\b.*:/.test(line)) ?? lines.at(-1) ?? '').trim();
}

/** @returns why the command failed, or undefined */
export function failureOf(command, args, env = process.env) {
  const { status, signal, stderr, error } = spawnSync(command, args, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: TIMEOUT,
    maxBuffer: 2 ** 26,
  });
  if (error?.code === 'ENOENT') return `${command} is not there`;
  if (signal) return `ended by ${signal}${error ? ` (${error.code})` : ''}`;
  if (status === 0) return undefined;
  return lastLine(stderr ?? '').replace(/^Error: /, '') || `ended with status ${status}`;
}

/**
 * @param task what the worker gets, see the workers
 * @param workers {node, python}, the programs
 * @returns its reply, or {reason}
 */
export function runContender(contender, task, python, workers = WORKERS) {
  const [taskFile, replyFile] = ['task.json', 'reply.json'].map((name) => join(task.folder, name));
  writeFileSync(taskFile, JSON.stringify({ ...task, module: contender.module }));
  rmSync(replyFile, { force: true });
  const reason = contender.python
    ? failureOf(python, [workers.python, taskFile, replyFile], pythonEnvironment(task.threads))
    : failureOf(process.execPath, [workers.node, taskFile, replyFile]);
  // A process may have replied and then crashed in what its libraries do at the end.
  if (existsSync(replyFile)) return JSON.parse(readFileSync(replyFile, 'utf8'));
  return { reason: reason ?? 'ended without a reply' };
}
