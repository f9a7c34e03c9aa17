/** `synthetic-attention serve`: flags, variables, signals, exit codes. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readModelNames } from '../../lib/server/models.js';
import { flagOf, OPTIONS, optionsTable, readCommandOptions, variableOf } from '../../lib/server/options.js';
import { ensureBuilt, finish, root, run, start } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const model = goldenPath('tiny_bert');
let folder: string;
beforeAll(() => {
  ensureBuilt();
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('options', () => {
  it('come from flags, then from the environment, then from the table', () => {
    const environment = {
      SYNTHETIC_ATTENTION_PORT: '9000',
      SYNTHETIC_ATTENTION_MODEL: 'a=/a, b=/b',
      SYNTHETIC_ATTENTION_API_KEY: 'one,two',
      SYNTHETIC_ATTENTION_AUTO_TRUNCATE: 'false',
      SYNTHETIC_ATTENTION_BODY_TIMEOUT: '1.5',
      SYNTHETIC_ATTENTION_HOST: '',
    };
    expect(readCommandOptions({}, environment)).toMatchObject({
      port: 9000,
      model: ['a=/a', 'b=/b'],
      apiKey: ['one', 'two'],
      autoTruncate: false,
      bodyTimeout: 1.5,
      host: '127.0.0.1',
      payloadLimit: 2_000_000,
      dtype: undefined,
    });
    const flags = { port: '0', model: ['c=/c,d'], autoTruncate: true };
    expect(readCommandOptions(flags, environment)).toMatchObject({
      port: 0,
      model: ['c=/c,d'],
      autoTruncate: true,
    });
  });

  it.each([
    [{ port: '70000' }, {}, '--port: expected an integer from 0 to 65535 but received "70000"'],
    [{ port: '-1' }, {}, '--port: expected an integer from 0 to 65535 but received "-1"'],
    [{}, { PORT: 'x' }, 'SYNTHETIC_ATTENTION_PORT: expected an integer from 0 to 65535 but received "x"'],
    [
      { payloadLimit: '1e6' },
      {},
      '--payload-limit: expected an integer from 1 to 2147483647 but received "1e6"',
    ],
    [{ bodyTimeout: '0' }, {}, '--body-timeout: expected seconds, more than 0 and at most 2000000'],
    [{ dtype: 'int4' }, {}, '--dtype: expected one of float32, int8 but received "int4"'],
    [
      { apiKey: ['secret', ''] },
      {},
      '--api-key: expected texts that are not empty but received something else',
    ],
    [
      {},
      { API_KEY: 'secret,' },
      'SYNTHETIC_ATTENTION_API_KEY: expected texts that are not empty but received something else',
    ],
    [{}, { API_KEY: '' }, 'SYNTHETIC_ATTENTION_API_KEY: expected texts that are not empty'],
    [
      {},
      { AUTO_TRUNCATE: 'maybe' },
      'SYNTHETIC_ATTENTION_AUTO_TRUNCATE: expected true or false but received "maybe"',
    ],
    [{ maxClientBatchSize: '2049' }, {}, '--max-client-batch-size: expected an integer from 1 to 2048'],
  ])('%j %j are refused', (flags, variables, message) => {
    const entries = Object.entries(variables).map(([name, value]) => [`SYNTHETIC_ATTENTION_${name}`, value]);
    expect(() => readCommandOptions(flags, Object.fromEntries(entries))).toThrow(message);
  });

  it('name models', () => {
    expect([...readModelNames(['/models/minilm/', 'org/name', 'x=/a=b', './org/dir', 'org/y=/z'])]).toEqual([
      ['minilm', '/models/minilm/'],
      ['org/name', 'org/name'],
      ['x', '/a=b'],
      ['dir', './org/dir'],
      ['org/y', '/z'],
    ]);
    expect([...readModelNames([])]).toEqual([['synthesizer-mini', 'synthesizer-mini']]);
    expect(() => readModelNames(['/a/x', '/b/x'])).toThrow('--model: expected every name once');
  });

  it('are all in the help, and in docs/server.md as they are', async () => {
    const { stdout, status } = await run(['serve', '--help']);
    expect(status).toBe(0);
    for (const { name } of OPTIONS) {
      expect(stdout).toContain(flagOf(name));
      expect(stdout.replace(/\s+/g, '')).toContain(variableOf(name));
    }
    // Cells of the page are filled up with spaces.
    const cells = (text: string) => text.replace(/ +\|/g, ' |').replace(/-{3,}/g, '---');
    expect(cells(readFileSync(join(root, 'docs/server.md'), 'utf8'))).toContain(cells(optionsTable()));
  });
});

interface Started {
  child: ChildProcessWithoutNullStreams;
  address: string;
  ended: ReturnType<typeof finish>;
}

async function serve(args: string[], environment: Record<string, string> = {}): Promise<Started> {
  const child = start(['serve', ...args], environment);
  const ended = finish(child);
  const address = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (part) => {
      text += part;
      const line = text.split('\n').find((candidate) => candidate.includes('"ready"'));
      if (line !== undefined) resolve((JSON.parse(line) as { address: string }).address);
    });
    ended.then(({ stderr }) => reject(new Error(stderr)));
  });
  return { child, address, ended };
}

const embed = (address: string, body: object, headers = {}) =>
  fetch(`${address}/embed`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

it('serves, logs JSON lines, and ends with 0 after SIGTERM with every request answered', async () => {
  const { child, address, ended } = await serve(['--model', `tiny=${model}`, '--port', '0'], {
    SYNTHETIC_ATTENTION_API_KEY: 'from-the-environment',
    SYNTHETIC_ATTENTION_MAX_BATCH_TOKENS: '512',
    SYNTHETIC_ATTENTION_THREADS: '1',
  });
  expect((await embed(address, { inputs: 'a' })).status).toBe(401);
  const key = { authorization: 'Bearer from-the-environment' };
  const inputs = Array.from({ length: 300 }, () => 'the river '.repeat(20));
  const running = Array.from({ length: 5 }, () => embed(address, { inputs }, key));
  for (let requests = 0; requests < 5; ) {
    const stats = await fetch(`${address}/stats`, { headers: key });
    requests = ((await stats.json()) as { requests: number }).requests;
  }
  child.kill('SIGTERM');
  for (const answer of await Promise.all(running)) {
    expect([answer.status, ((await answer.json()) as unknown[]).length]).toEqual([200, 300]);
  }
  const { status, stdout, stderr } = await ended;
  expect([status, stderr]).toEqual([0, '']);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string });
  expect(lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['ready', 'shutting down', 'stopped']));
  expect(lines.filter(({ msg }) => msg === 'request').length).toBeGreaterThanOrEqual(6);
  expect(stdout).not.toContain('from-the-environment');
});

it('goes on when nobody reads its log any more', async () => {
  const { child, address, ended } = await serve(['--model', model, '--port', '0']);
  child.stdout.destroy();
  for (let i = 0; i < 3; i++) expect((await embed(address, { inputs: 'a' })).status).toBe(200);
  child.kill('SIGTERM');
  expect((await ended).status).toBe(0);
});

it('ends with 1 when requests are left at the end of --shutdown-timeout, and at once at a second signal', async () => {
  const hanging = async (timeout: string): Promise<Started> => {
    const server = await serve(['--model', model, '--port', '0', '--shutdown-timeout', timeout]);
    const { port } = new URL(server.address);
    const slow = request({ port, host: '127.0.0.1', path: '/embed', method: 'POST' });
    slow.setHeader('content-type', 'application/json').setHeader('content-length', 100);
    slow.on('error', () => {});
    await new Promise<void>((resolve) => slow.write('{', () => resolve()));
    // When another request has been answered, that one has been taken.
    await (await fetch(`${server.address}/info`)).text();
    server.child.kill('SIGTERM');
    return server;
  };
  const late = await hanging('0.2');
  expect((await late.ended).status).toBe(1);
  const impatient = await hanging('1000');
  await new Promise((resolve) => setTimeout(resolve, 100));
  impatient.child.kill('SIGINT');
  expect((await impatient.ended).status).toBe(130);
});

it('starts again after SIGKILL on the same socket', async () => {
  const socket = join(folder, 'server.sock');
  const args = ['--model', model, '--uds-path', socket];
  const first = await serve(args);
  expect(first.address).toBe(socket);
  first.child.kill('SIGKILL');
  await first.ended;
  const second = await serve(args);
  const status = await new Promise((resolve) => {
    request({ socketPath: socket, path: '/health' }, (answer) => resolve(answer.statusCode)).end();
  });
  expect(status).toBe(200);
  second.child.kill('SIGINT');
  expect((await second.ended).status).toBe(0);
});

it.each([
  [['--model', '/nowhere/x'], '/nowhere/x'],
  [['--model', model, '--port', '99999'], '--port: expected an integer from 0 to 65535'],
  [
    ['--model', model, '--host', '192.0.2.1', '--port', '0'],
    '--host, --port: expected an address and a port',
  ],
  [['--model', model, '--uds-path', '/nowhere/socket'], '--uds-path: expected a place for a socket'],
  [['--model', model, '--api-key-file', '/nowhere/keys'], '--api-key-file: expected a readable file'],
  [['--model', model, '--api-key-file', '/dev/zero'], '--api-key-file: expected a regular file'],
  [['--model', model, '--nonsense'], "unknown option '--nonsense'"],
])('%j is one sentence and exit code 1', async (args, message) => {
  const { status, stdout, stderr } = await run(['serve', ...args]);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain(message);
  expect(stderr.trimEnd().split('\n').length).toBe(1);
});

it('an empty key file leaves the server closed', async () => {
  const keys = join(folder, 'keys');
  writeFileSync(keys, '\n');
  const { status, stderr } = await run(['serve', '--model', model, '--api-key-file', keys]);
  expect([status, stderr]).toEqual([
    1,
    'synthetic-attention: --api-key-file: expected at least one key but received none\n',
  ]);
});
