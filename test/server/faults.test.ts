/** What clients and networks do wrong: the server goes on, answers the others, and keeps nothing of it. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomSource } from '../../lib/layers/initializers.js';
import { ensureBuilt, finish, main, start as startCommand } from '../support/command.js';
import { received, startTestServer, type TestServer, tinyModel } from './server.js';

let server: TestServer;
const others: TestServer[] = [];
async function startOther(options: Parameters<typeof startTestServer>[0]): Promise<TestServer> {
  const other = await startTestServer(options);
  others.push(other);
  return other;
}
beforeAll(async () => {
  ensureBuilt();
  server = await startTestServer();
});
afterEach(async () => {
  for (const one of [server, ...others]) {
    await until(async () => (await one.get('/stats')).json.requests === 0);
    expect((await one.get('/stats')).json.queueTokens).toBe(0);
    expect((await one.get('/health')).status).toBe(200);
    expect((await one.post('/embed', { inputs: ['a', 'b'] })).json.length).toBe(2);
    expect(one.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  }
  await Promise.all(others.splice(0).map((one) => one.stop('the end of a test')));
});
afterAll(() => server.stop('the end of the tests'));

async function until(done: () => Promise<boolean> | boolean): Promise<void> {
  // A test that has failed must not go on behind the others.
  // A guard against hangs alone: the slowest tier on a busy machine takes long.
  const end = Date.now() + 120_000;
  while (!(await done())) {
    if (Date.now() > end) throw new Error(`expected within 120 s: ${done}`);
    await pause(5);
  }
}

/** The bytes of a request. */
function requestOf(
  path: string,
  body: string | Buffer,
  headers: Record<string, string | number> = {},
): Buffer {
  const bytes = Buffer.from(body);
  const all = { host: 'a', 'content-type': 'application/json', 'content-length': bytes.length, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), bytes]);
}

/** Status and body; undefined when there was no answer. */
function answerIn(text: string): { status: number; body: string } | undefined {
  const end = text.indexOf('\r\n\r\n');
  return end < 0 ? undefined : { status: Number(text.slice(9, 12)), body: text.slice(end + 4) };
}

describe('a request cut in the middle', () => {
  const whole = requestOf('/embed', JSON.stringify({ inputs: ['a dog', 'the river'] }));
  const cuts = Array.from({ length: 24 }, (_, i) => Math.floor((whole.length * (i + 1)) / 25));

  it('by a client that says no more, or is gone', async () => {
    for (const way of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const answers = await Promise.all(
        cuts.map(async (cut) => {
          const socket = server.connect();
          const answer = received(socket);
          await new Promise<void>((resolve) => socket.write(whole.subarray(0, cut), () => resolve()));
          socket[way]();
          return answerIn(await answer);
        }),
      );
      // None was taken for a whole one.
      for (const answer of answers) if (answer !== undefined) expect(answer.status).toBe(400);
    }
  });

  it('within a chunk', async () => {
    const head = requestOf('/v1/embeddings', '')
      .toString()
      .replace('content-length: 0', 'transfer-encoding: chunked');
    const sockets = ['5', '5\r\n{"i', '5\r\n{"inp\r\n', '5\r\n{"inp\r\nffffffff\r\nx', 'zz\r\n'].map(
      (part) => {
        const socket = server.connect();
        socket.write(head + part);
        socket.end();
        return received(socket);
      },
    );
    for (const text of await Promise.all(sockets)) {
      const answer = answerIn(text);
      if (answer !== undefined) expect(answer.status).toBe(400);
    }
  });

  it('in its JSON is 400', async () => {
    const body = JSON.stringify({ inputs: ['a dog', 'the river'] });
    for (let length = 1; length < body.length; length += 3) {
      const { status, json } = await server.post('/embed', body.slice(0, length));
      expect([status, json.error_type]).toEqual([400, 'validation']);
    }
  });
});

describe('garbage', () => {
  it('instead of a request is answered in JSON or not at all', async () => {
    const next = randomSource(5);
    const kinds = [
      () => Math.floor(next() * 256),
      // Letters, blanks and line ends reach further into the parser.
      () => 'GET POST / HTTP/1.1\r\n:;,%00\u00e9'.charCodeAt(Math.floor(next() * 29)),
    ];
    const answers = Array.from({ length: 100 }, (_, i) => {
      const socket = server.connect();
      const answer = received(socket);
      const bytes = Uint8Array.from({ length: 1 + Math.floor(next() * 2000) }, kinds[i % 2]!);
      socket.end(i % 3 === 0 ? Buffer.concat([Buffer.from('POST /embed HTTP/1.1\r\n'), bytes]) : bytes);
      return answer;
    });
    for (const text of await Promise.all(answers)) {
      const answer = answerIn(text);
      if (answer === undefined) continue;
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(JSON.parse(answer.body)).toHaveProperty('error');
    }
  });

  const deep = '['.repeat(200_000);
  const bodies: [string, string | Buffer][] = [
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0xc3, 0x28, 0x7d])],
    ['an array without an end, 200,000 deep', deep],
    ['arrays 200,000 deep', `{"inputs":${deep}${']'.repeat(200_000)},"input":1}`],
    ['a prototype', '{"inputs":"a","input":"a","__proto__":{"truncate":true}}'],
    ['a constructor', '{"inputs":"a","input":"a","constructor":{"prototype":{"x":1}}}'],
    ['numbers beyond all', '{"inputs":[1e999,-1e999],"input":[1e999]}'],
    ['ids out of the vocabulary', '{"inputs":[[4294967296,-1]],"input":[[2147483648]]}'],
    ['nothing of a kind', '{"inputs":null,"input":{}}'],
    ['mixed kinds', '{"inputs":["a",1,null,["b"]],"input":["a",[1]]}'],
    ['a number', '7'],
    ['no JSON', 'inputs=a&input=a'],
    ['100,000 properties', `{${Array.from({ length: 100_000 }, (_, i) => `"p${i}":0`).join()}}`],
  ];
  it.each(bodies)('in a body is refused: %s', async (_, body) => {
    for (const path of ['/embed', '/v1/embeddings', '/embed_all', '/similarity', '/tokenize', '/decode']) {
      const socket = server.connect();
      const answer = received(socket);
      socket.write(requestOf(path, body, { connection: 'close' }));
      const { status, body: text } = answerIn(await answer)!;
      expect([path, status >= 400 && status < 500]).toEqual([path, true]);
      expect(JSON.parse(text)).toHaveProperty('error');
    }
    expect(Object.prototype).not.toHaveProperty('x');
  });
});

describe('texts of 100,000 characters', () => {
  const LENGTH = 100_000;
  const fill = (part: string): string => part.repeat(Math.ceil(LENGTH / part.length)).slice(0, LENGTH);
  const texts = {
    'one word': fill('a'),
    words: fill('the river and a dog '),
    blanks: fill(' ').slice(1).concat('a'),
    'combining marks': `e${fill('\u0301')}`,
    ideographs: fill('\u6c34'),
    emoji: fill('\u{1f469}\u200d\u{1f680}'),
    'lone surrogates': fill('\ud800'),
    marks: fill('!?-'),
    'line ends and NULs': fill('\r\n\0'),
    'what looks like tokens': fill('[SEP][MASK]##a'),
  };

  it.each(Object.entries(texts))('are cut, or refused where that is asked for: %s', async (_, text) => {
    const cut = await server.post('/embed', { inputs: text });
    expect([cut.status, cut.json.length]).toEqual([200, 1]);
    expect(cut.json[0].every(Number.isFinite)).toBe(true);
    const refused = await server.post('/embed', { inputs: text, truncate: false });
    // Texts of which the normalizer or the vocabulary leaves little are not too long.
    expect([200, 422]).toContain(refused.status);
    expect((await server.post('/tokenize', { inputs: text })).status).toBe(200);
  });

  it('too long is too long, by either contract', async () => {
    const other = await startOther({ autoTruncate: false });
    const tei = await other.post('/embed', { inputs: texts.words });
    expect([tei.status, tei.json.error_type]).toEqual([422, 'validation']);
    const openai = await other.post('/v1/embeddings', { input: texts.words, model: 'tiny' });
    expect([openai.status, openai.json.error.code]).toEqual([400, 'context_length_exceeded']);
  });

  it('come many at a time, beside short ones', async () => {
    // Of one byte a character: fifteen are within the limit of a body.
    const kinds = [texts.words, texts['one word'], texts.marks];
    const inputs = Array.from({ length: 15 }, (_, i) => kinds[i % 3]!.slice(i));
    const long = Array.from({ length: 6 }, () => server.post('/embed', { inputs }));
    const short = Array.from({ length: 20 }, () => server.post('/embed', { inputs: 'a' }));
    for (const { status, json } of await Promise.all(short)) expect([status, json.length]).toEqual([200, 1]);
    for (const { status, json } of await Promise.all(long)) expect([status, json.length]).toEqual([200, 15]);
  });
});

it('senders that give a byte now and then get 408, hold no place, and others are served', async () => {
  const slow = await startOther({ headerTimeout: 0.4, bodyTimeout: 0.4, maxConcurrentRequests: 4 });
  const bytes = requestOf('/embed', JSON.stringify({ inputs: 'a'.repeat(500) }));
  const head = bytes.indexOf('\r\n\r\n') + 4;
  const sockets = Array.from({ length: 200 }, (_, i) => {
    const socket = slow.connect();
    // Half of them within their headers, half within their bodies.
    let at = i % 2 === 0 ? 20 : head + 10;
    socket.write(bytes.subarray(0, at));
    const timer = setInterval(() => socket.write(bytes.subarray(at, ++at)), 50);
    socket.once('close', () => clearInterval(timer));
    return received(socket);
  });
  expect((await slow.get('/stats')).json.requests).toBe(0);
  for (let i = 0; i < 4; i++) expect((await slow.post('/embed', { inputs: 'a' })).status).toBe(200);
  for (const text of await Promise.all(sockets)) expect(answerIn(text)?.status).toBe(408);
}, 20_000);

it('clients that vanish in the middle of a batch take nothing from the others', async () => {
  const next = randomSource(7);
  const other = await startOther({ maxBatchTokens: 512, maxConcurrentRequests: 64 });
  const inputs = Array.from({ length: 100 }, (_, i) => `the river ${i} and a dog `.repeat(1 + (i % 7)));
  const alone = (await other.post('/embed', { inputs })).json as number[][];
  const vanishing = Array.from({ length: 24 }, async () => {
    const socket = other.connect();
    socket.on('error', () => {});
    socket.write(requestOf('/embed', JSON.stringify({ inputs })));
    await pause(next() * 150);
    socket.resetAndDestroy();
  });
  const staying = Array.from({ length: 24 }, () => other.post('/embed', { inputs }));
  await Promise.all(vanishing);
  for (const { status, json } of await Promise.all(staying)) {
    expect(status).toBe(200);
    const rows = json as number[][];
    const worst = rows.map((row, i) => Math.max(...row.map((value, j) => Math.abs(value - alone[i]![j]!))));
    // Of unit length; batches differ in the order of their sums.
    expect([rows.length, Math.max(...worst) < 1e-5]).toEqual([100, true]);
  }
  await until(async () => (await other.get('/stats')).json.requests === 0);
  const { text } = await other.get('/metrics');
  expect(Number(/^te_request_aborted (\d+)$/m.exec(text)![1])).toBeGreaterThan(0);
  // All places are free again.
  const full = await Promise.all(Array.from({ length: 64 }, () => other.post('/embed', { inputs: 'a' })));
  expect(full.map(({ status }) => status)).toEqual(full.map(() => 200));
});

interface Command {
  child: ChildProcessWithoutNullStreams;
  address: string;
  ended: ReturnType<typeof finish>;
}

const children: ChildProcessWithoutNullStreams[] = [];
afterAll(() => {
  // Those of tests that failed.
  for (const child of children) child.kill('SIGKILL');
});

/** The command in a process of its own. */
async function command(child: ChildProcessWithoutNullStreams): Promise<Command> {
  children.push(child);
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

const serveArgs = ['serve', '--model', `tiny=${tinyModel}`, '--port', '0'];

const embed = (address: string, body: object) =>
  fetch(`${address}/embed`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** Sockets that say nothing, opened some at a time: more than its backlog a server drops. */
async function idleSockets(address: string, count: number): Promise<Socket[]> {
  const port = Number(new URL(address).port);
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(200, count - sockets.length) }, () => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      return socket;
    });
    await Promise.all(
      some.map((socket) => new Promise((done) => socket.once('connect', done).once('close', done))),
    );
    sockets.push(...some);
  }
  return sockets;
}

const openFiles = async (address: string): Promise<number> => {
  const text = await (await fetch(`${address}/metrics`)).text();
  return Number(/^process_open_fds (\d+)$/m.exec(text)![1]);
};

(process.platform === 'linux' ? describe : describe.skip)('idle sockets', () => {
  it('are 10,000, or as many as there may be, and requests are answered', async () => {
    const limit = Number(spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).stdout);
    // Either process has some files open besides.
    const count = Math.min(10_000, (limit || 1_000_000) - 500);
    const { child, address, ended } = await command(startCommand([...serveArgs, '--header-timeout', '60']));
    const before = await openFiles(address);
    const sockets = await idleSockets(address, count);
    await until(async () => (await openFiles(address)) >= before + count);
    expect((await embed(address, { inputs: 'a' })).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await until(async () => (await openFiles(address)) < before + 10);
    child.kill('SIGTERM');
    expect((await ended).status).toBe(0);
  });

  it('beyond the limit of open files are turned away, and requests are answered when they have gone', async () => {
    const limited = spawn('sh', [
      '-c',
      'ulimit -n 100; exec "$@"',
      'sh',
      process.execPath,
      main,
      ...serveArgs,
    ]);
    const { child, address, ended } = await command(limited);
    const sockets = await idleSockets(address, 300);
    await pause(100);
    for (const socket of sockets) socket.destroy();
    await until(async () => (await embed(address, { inputs: 'a' }).catch(() => undefined))?.status === 200);
    child.kill('SIGTERM');
    expect((await ended).status).toBe(0);
  });
});

interface Sent {
  id: string;
  status?: number;
  rows?: number;
  error?: string;
}

function sendOne(address: string, agent: Agent, id: string, body: string): Promise<Sent> {
  return new Promise((resolve) => {
    const sending = request(`${address}/embed`, {
      agent,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': id },
    });
    const failed = (error: Error): void => resolve({ id, error: error.message });
    sending.on('error', failed);
    sending.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('error', failed);
      response.on('end', () => {
        const status = response.statusCode!;
        resolve({ id, status, rows: status === 200 ? JSON.parse(text).length : 0 });
      });
    });
    sending.end(body);
  });
}

it('SIGTERM under load loses no request that was taken', async () => {
  const { child, address, ended } = await command(startCommand([...serveArgs, '--max-batch-tokens', '512']));
  const agent = new Agent({ keepAlive: true });
  const body = JSON.stringify({ inputs: Array.from({ length: 50 }, (_, i) => `the river ${i} `.repeat(8)) });
  const sent: Sent[] = [];
  const ids: string[] = [];
  const open = new Set<string>();
  let stopping = false;
  const clients = Array.from({ length: 24 }, async (_, client) => {
    // Each goes on for some requests after the signal, as clients do that know nothing of it.
    for (let i = 0, late = 0; late < 3; i++) {
      if (stopping) late++;
      const id = `${client}-${i}`;
      ids.push(id);
      open.add(id);
      sent.push(await sendOne(address, agent, id, body));
      open.delete(id);
    }
  });
  // Of the requests that are open about now so many have been taken.
  const candidates = new Set<string>();
  let taken = 0;
  await until(async () => {
    candidates.clear();
    for (const id of open) candidates.add(id);
    const { length } = ids;
    taken = ((await (await fetch(`${address}/stats`)).json()) as { requests: number }).requests;
    for (const id of ids.slice(length)) candidates.add(id);
    return sent.length >= 48 && taken >= 12;
  });
  child.kill('SIGTERM');
  stopping = true;
  await Promise.all(clients);
  agent.destroy();
  const { status, stdout, stderr } = await ended;
  expect([status, stderr]).toEqual([0, '']);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; reqId?: string; status: number });
  expect(lines.map(({ msg }) => msg)).toContain('stopped');
  const known = new Set(lines.map(({ reqId }) => reqId));
  const logged = new Map(
    lines.filter(({ msg }) => msg === 'request').map((line) => [line.reqId, line.status] as const),
  );
  for (const { id, status, rows, error } of sent) {
    if (error === undefined) {
      // The line of the very last one may come too late for the log.
      expect([id, logged.get(id) ?? status]).toEqual([id, status]);
      expect([200, 503]).toContain(status);
      if (status === 200) expect(rows).toBe(50);
    } else expect([id, error, known.has(id)]).toEqual([id, error, false]);
  }
  const answered = sent.filter(({ id, status }) => candidates.has(id) && status === 200);
  expect(answered.length).toBeGreaterThanOrEqual(taken);
});
