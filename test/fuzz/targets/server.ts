/**
 * The embeddings server under requests of every kind, injected and over sockets. Every answer has a documented status
 * and shape, nothing is logged as the server's own fault, and a control request keeps its bits.
 */
import { join } from 'node:path';
import { packageRoot } from '../../../lib/package_root.js';
import { readCommandOptions } from '../../../lib/server/options.js';
import { type RunningServer, startServer } from '../../../lib/server/serve.js';
import { exchange, statuses } from '../http.js';
import { expectThat, type Target } from '../target.js';
import { generate, type Input, textOf, wire } from './server_inputs.js';

const CONTROL = {
  input: ['A control text that never changes.', 'another'],
  model: 'tiny',
  encoding_format: 'base64',
};
const STATUSES = new Set([200, 204, 400, 401, 404, 405, 408, 413, 415, 417, 422, 429, 431, 499]);

interface Line {
  level: string;
  msg?: string;
  err?: { stack?: string };
}

let server: RunningServer;
let port: number;
let control: string;
const faults: Line[] = [];

async function askControl(): Promise<string> {
  const { statusCode, body } = await server.app.inject({
    method: 'POST',
    url: '/v1/embeddings',
    payload: CONTROL,
  });
  expectThat(statusCode === 200, `the control request got ${statusCode}: ${body}`);
  return body;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return undefined;
  }
}

function checkError(status: number, url: string, text: string): void {
  const body = parsed(text);
  expectThat(body !== undefined, `status ${status} without JSON: ${text.slice(0, 200)}`);
  const { error, error_type: type } = body as { error?: unknown; error_type?: unknown };
  const openai =
    typeof error === 'object' &&
    error !== null &&
    typeof (error as { message?: unknown }).message === 'string';
  const tei = typeof error === 'string' && typeof type === 'string';
  // Dots are resolved before a request is sent.
  const { pathname } = new URL(`http://localhost${url}`);
  expectThat(
    /^\/v1(?:\/|$)/.test(pathname) ? openai : tei,
    `status ${status} of ${url} in another shape: ${text.slice(0, 200)}`,
  );
}

/** NaN and infinity become null in JSON. */
function checkNumbers(url: string, text: string): void {
  if (/^\/(embed|similarity|v1\/embeddings)/.test(url)) {
    expectThat(!/[[,]null[\],]/.test(text), `${url} answers numbers that are not finite`);
  }
}

async function inject({ request }: Input & { way: 'inject' }): Promise<void> {
  const { method, url, headers, body } = request;
  // light-my-request itself refuses what no socket would bring it.
  const given = { method: method as 'GET', url, headers, ...(body && { payload: textOf(body) }) };
  const { statusCode, body: text, headers: answered } = await server.app.inject(given);
  expectThat(STATUSES.has(statusCode), `status ${statusCode}: ${text.slice(0, 200)}`);
  if (method === 'HEAD' || statusCode === 204) return;
  if (statusCode >= 400 && statusCode !== 499) checkError(statusCode, url, text);
  if (statusCode !== 200) return;
  if (String(answered['content-type']).startsWith('application/json')) JSON.parse(text);
  checkNumbers(url, text);
}

async function overSocket(input: Input & { way: 'socket' }): Promise<void> {
  const bytes = wire(input);
  const cut = input.cut === null ? null : Math.floor(input.cut * bytes.length);
  const text = await exchange(port, bytes, input.pieces, cut);
  for (const status of statuses(text)) {
    expectThat(
      status === 100 || STATUSES.has(status),
      `status ${status} over a socket: ${text.slice(0, 300)}`,
    );
  }
}

export const serverTarget: Target<Input> = {
  name: 'server',
  async prepare() {
    const golden = (name: string) => join(packageRoot(), 'test/golden', name);
    const model = [`tiny=${golden('tiny_bert')}`, `roberta=${golden('encoders/roberta')}`];
    const stream = {
      write(text: string) {
        const line = JSON.parse(text) as Line;
        if (line.level === 'error' || line.level === 'fatal') faults.push(line);
      },
    };
    server = await startServer(readCommandOptions({ model, port: '0' }, {}), stream);
    port = Number(/:(\d+)$/.exec(server.address)![1]);
    control = await askControl();
  },
  generate,
  async run(input) {
    faults.length = 0;
    if (input.way === 'inject') await inject(input);
    else await overSocket(input);
    expectThat((await askControl()) === control, 'the control request has other bits');
    const [fault] = faults;
    expectThat(fault === undefined, `logged as an error: ${fault?.msg} ${fault?.err?.stack}`);
  },
  async close() {
    await server.stop('the fuzzer has ended');
  },
};
