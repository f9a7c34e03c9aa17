// A server in a process of its own, as its users run it.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.cjs', import.meta.url));
const MEBIBYTE = 2 ** 20;

/** @param flags {name: value} of the command; undefined ones are left out */
export async function startServer({ model, threads, dtype, port = 0, ...flags }) {
  // Its log is as in use, one line a request, and goes nowhere.
  const given = { model: `served=${model}`, threads, dtype, port, ...flags };
  const args = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
  const start = performance.now();
  const child = spawn(process.execPath, [MAIN, 'serve', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const { address } = await ready(child, exited);
  return {
    address,
    pid: child.pid,
    port: Number(new URL(address).port),
    /** Milliseconds from the start of the process until it said so. */
    readyMs: performance.now() - start,
    /** Resolves with how it ended. */
    async end(signal = 'SIGTERM') {
      child.kill(signal);
      return exited;
    },
    exited,
  };
}

function ready(child, exited) {
  return new Promise((resolve, reject) => {
    let text = '';
    const look = (part) => {
      text += part;
      const line = text.split('\n').find((candidate) => candidate.includes('"ready"'));
      if (line === undefined) return;
      child.stdout.off('data', look);
      child.stdout.resume();
      resolve(JSON.parse(line));
    };
    child.stdout.setEncoding('utf8').on('data', look);
    exited.then(({ code }) => reject(new Error(`server: expected it to run but received exit code ${code}`)));
  });
}

/** In MiB: what a process holds now, and the most that it has held. undefined where there is no /proc. */
export function memoryOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name) =>
      (Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)[1]) * 1024) / MEBIBYTE;
    return { resident: field('VmRSS'), peak: field('VmHWM') };
  } catch {
    return { resident: undefined, peak: undefined };
  }
}
