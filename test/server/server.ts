/** A server with a tiny model on a port of its own. */
import { connect, type Socket } from 'node:net';
import { type CommandOptions, readCommandOptions } from '../../lib/server/options.js';
import { type RunningServer, startServer } from '../../lib/server/serve.js';
import { goldenPath } from '../support/golden.js';

export const tinyModel = goldenPath('tiny_bert');

export interface TestServer extends RunningServer {
  /** Lines of its log. */
  log: Record<string, unknown>[];
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** A bare connection. */
  connect(): Socket;
  port: number;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what the server says is what the tests look at
  json: any;
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
}

export async function startTestServer(options: Partial<CommandOptions> = {}): Promise<TestServer> {
  const log: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => void log.push(JSON.parse(line)) };
  const all = { ...readCommandOptions({ model: [`tiny=${tinyModel}`], port: '0' }, {}), ...options };
  const server = await startServer(all, stream);
  const port = Number(/:(\d+)$/.exec(server.address)?.[1] ?? 0);
  const send = async (path: string, init?: RequestInit): Promise<Answer> =>
    answerOf(await fetch(`${server.address}${path}`, init));
  return {
    ...server,
    log,
    port,
    get: (path, headers = {}) => send(path, { headers }),
    post: (path, body, headers = {}) =>
      send(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    connect: () => connect(port, '127.0.0.1'),
  };
}

/** All that a connection gets until the other side ends it. */
export function received(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}
