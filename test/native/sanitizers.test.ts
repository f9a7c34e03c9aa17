/** The native code without Node, under the compiler's sanitizers. */

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
const compiler = process.env.CXX ?? 'c++';
const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function supports(sanitizers: string): boolean {
  const source = join(folder, 'empty.cc');
  writeFileSync(source, 'int main() { return 0; }\n');
  const program = join(folder, 'empty');
  const built = spawnSync(compiler, [source, `-fsanitize=${sanitizers}`, '-o', program]);
  return built.status === 0 && spawnSync(program).status === 0;
}

function execute(
  command: string,
  args: string[],
  cwd = root,
): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}

const all = readFileSync(join(root, 'native/sources.txt'), 'utf8').trim().split('\n');
const flags = [
  '-std=c++17',
  '-O1',
  '-g',
  '-fno-omit-frame-pointer',
  '-fno-sanitize-recover=all',
  '-Inative',
  '-c',
];

/** Two compilers at a time, as the machine of an ordinary contributor has cores. */
async function build(name: string, sources: string[], sanitizers: string): Promise<string> {
  const objects = sources.map((source) => join(folder, `${name}-${source.replaceAll('/', '_')}.o`));
  const queue = sources.map((source, i) => [source, objects[i]!] as const);
  const work = async (): Promise<void> => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const { status, output } = await execute(compiler, [
        ...flags,
        `-fsanitize=${sanitizers}`,
        job[0],
        '-o',
        job[1],
      ]);
      if (status !== 0) throw new Error(output);
    }
  };
  await Promise.all([work(), work()]);
  const program = join(folder, name);
  const linked = await execute(compiler, [
    ...objects,
    `-fsanitize=${sanitizers}`,
    '-pthread',
    '-ldl',
    '-o',
    program,
  ]);
  if (linked.status !== 0) throw new Error(linked.output);
  return program;
}

const MEMORY = 'address,undefined';
(supports(MEMORY) ? describe : describe.skip)(`with -fsanitize=${MEMORY}`, () => {
  let program: string;
  beforeAll(async () => {
    const sources = all.filter((s) => !s.startsWith('binding/')).map((s) => `native/${s}`);
    program = await build('memory', ['test/native/memory_main.cc', ...sources], MEMORY);
  }, 120_000);

  it('no kernel touches memory beside its operands', async () => {
    const { status, output } = await execute(program, ['40']);
    expect([status, output.trim().split('\n').at(-1)]).toEqual([0, 'failures: 0']);
  });
});

const THREAD = 'thread';
(supports(THREAD) ? describe : describe.skip)(`with -fsanitize=${THREAD}`, () => {
  it('the pool has no data race', async () => {
    const sources = all.filter((s) => s.startsWith('runtime/')).map((s) => `native/${s}`);
    const program = await build('pool', ['test/native/pool_main.cc', ...sources], THREAD);
    const { status, output } = await execute(program, []);
    expect([status, output.trim()]).toEqual([0, '56000 of 56000']);
  }, 60_000);
});
