/** Requests for the server target: sound ones, mutated ones and bytes that are no HTTP at all. */
import { applyJson, type JsonMutation, mutateJson } from '../json_mutation.js';
import type { Random } from '../random.js';
import { TEXTS } from '../texts.js';

export type Body =
  | { kind: 'json'; base: unknown; mutations: JsonMutation[] }
  | { kind: 'raw'; text: string }
  /** `open`, then `unit` many times, then `close`. */
  | { kind: 'repeated'; open: string; unit: string; count: number; close: string };

export interface ServerRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: Body | null;
}

export type Input =
  | { way: 'inject'; request: ServerRequest }
  | {
      way: 'socket';
      requests: ServerRequest[];
      pieces: number;
      /** Share of the bytes after which the connection is closed. */
      cut: number | null;
      /** Places and bytes to write over. */
      noise: [share: number, byte: number][];
    };

const PATHS = [
  '/',
  '/v1/models',
  '/v1/models/tiny',
  '/info',
  '/health',
  '/ping',
  '/metrics',
  '/stats',
  '/docs',
  '/openapi.json',
  '/v1/embeddings',
  '/embed',
  '/embed_all',
  '/similarity',
  '/tokenize',
  '/decode',
  '/explain',
] as const;

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'QUERY'] as const;
const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'application/JSON',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'application/octet-stream',
  '',
  ';;;',
] as const;
const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ['content-encoding', ['gzip', 'br', 'identity', 'x']],
  ['accept', ['text/html', 'x', '*/*;q=nan']],
  ['accept-encoding', ['gzip', '']],
  ['authorization', ['Bearer x', 'Basic eDp5', '', 'Bearer']],
  ['content-length', ['0', '5', '99999', '-1', 'x', '18446744073709551616']],
  ['transfer-encoding', ['chunked', 'gzip, chunked', 'x']],
  ['expect', ['100-continue', 'x']],
  ['connection', ['close', 'keep-alive', 'upgrade']],
  ['upgrade', ['h2c', 'websocket']],
  ['origin', ['http://evil.example', 'null']],
  ['access-control-request-method', ['POST', 'x']],
  ['x-request-id', ['1', 'a'.repeat(200), '{}']],
  ['host', ['', 'x', 'a:b:c']],
  ['cookie', ['a=b; '.repeat(500)]],
];
const UNITS = [
  'a',
  ' ',
  '[',
  '{"a":',
  'e\u0301\u0316',
  '\u{10400}',
  '\\u0000',
  '1,',
  '"x",',
  '[MASK]',
  '\ud800',
  '_',
  '9',
];

function text(random: Random): string {
  return random.pick(TEXTS);
}

const ids = (random: Random): number[] => random.list(random.integer(1, 6), () => random.integer(0, 150));

/** A sound body of a path. */
function bodyOf(random: Random, url: string): unknown {
  const texts = () => random.list(random.integer(1, 4), () => text(random));
  const inputs = () =>
    random.pick<() => unknown>([
      () => text(random),
      texts,
      () => ids(random),
      () => random.list(2, () => ids(random)),
    ])();
  const model = random.chance(0.5) ? {} : { model: random.pick(['tiny', 'roberta', 'nobody']) };
  switch (url) {
    case '/v1/embeddings':
      return {
        input: inputs(),
        model: random.pick(['tiny', 'roberta']),
        ...(random.chance(0.5) && { encoding_format: random.pick(['float', 'base64']) }),
        ...(random.chance(0.3) && { dimensions: random.integer(1, 40) }),
        ...(random.chance(0.2) && { user: 'x' }),
      };
    case '/similarity':
      return {
        inputs: { source_sentence: text(random), sentences: texts() },
        parameters: { truncate: true },
        ...model,
      };
    case '/tokenize':
      return {
        inputs: random.chance(0.5) ? text(random) : texts(),
        add_special_tokens: random.chance(0.5),
        ...model,
      };
    case '/decode':
      return {
        ids: random.chance(0.5) ? ids(random) : [ids(random)],
        skip_special_tokens: random.chance(0.5),
        ...model,
      };
    case '/explain':
      return { inputs: text(random), ...model };
    default:
      return {
        inputs: inputs(),
        normalize: random.chance(0.5),
        truncate: random.chance(0.5),
        truncation_direction: random.pick(['Left', 'Right']),
        ...model,
      };
  }
}

function repeated(random: Random): Body {
  const unit = random.pick(UNITS);
  // Mostly small; now and then around the limit of a body.
  const bytes = random.chance(0.03) ? random.pick([1_900_000, 2_000_100]) : random.pick([100, 5_000, 60_000]);
  const open = random.pick(['{"inputs":"', '{"input":["', '{"inputs":[', '{"ids":[', '']);
  const close = { '"': '"}', '[': '1]}' }[open.at(-1) ?? ''] ?? '';
  return {
    kind: 'repeated',
    open,
    unit,
    count: Math.floor(bytes / Buffer.byteLength(unit)),
    close: open.includes('["') ? '"]}' : close,
  };
}

function body(random: Random, url: string): Body {
  const kind = random.integer(0, 9);
  if (kind === 0) return repeated(random);
  if (kind === 1)
    return {
      kind: 'raw',
      text: random.pick([
        '',
        '{',
        'null',
        '[]',
        '"x"',
        '\ufeff{}',
        '{}{}',
        '\u0000',
        '1e999',
        '{"inputs":"x"}x',
      ]),
    };
  const base = bodyOf(random, url);
  const mutations = random.list(random.pick([0, 1, 1, 2]), () => mutateJson(random, base));
  return { kind: 'json', base, mutations };
}

function randomRequest(random: Random): ServerRequest {
  let url: string = random.chance(0.8) ? random.pick(PATHS.slice(10)) : random.pick(PATHS);
  const post = PATHS.indexOf(url as '/') >= 10;
  const method = random.chance(0.93) ? (post ? 'POST' : 'GET') : random.pick(METHODS);
  const sent = post || random.chance(0.1) ? body(random, url) : null;
  if (random.chance(0.08)) {
    url += random.pick([
      '/',
      '?model=tiny',
      '?model=%ff',
      '%00',
      '/../..',
      '/%2e%2e',
      `/${'x'.repeat(1100)}`,
      '#a',
      '//',
      '?a[]=1&__proto__=2',
    ]);
  }
  const headers: Record<string, string> = {};
  if (sent !== null) headers['content-type'] = random.chance(0.9) ? TYPES[0] : random.pick(TYPES);
  if (random.chance(0.15)) {
    const [name, values] = random.pick(HEADERS);
    headers[name] = random.pick(values);
  }
  return { method, url, headers, body: sent };
}

export function generate(random: Random): Input {
  if (random.chance(0.75)) return { way: 'inject', request: randomRequest(random) };
  return {
    way: 'socket',
    requests: random.list(random.pick([1, 1, 2, 5]), () => randomRequest(random)),
    pieces: random.pick([1, 1, 2, 7]),
    cut: random.chance(0.25) ? random.next() : null,
    noise: random.list(random.pick([0, 0, 0, 1, 4]), () => [random.next(), random.integer(0, 255)]),
  };
}

export function textOf(given: Body | null): string {
  if (given === null) return '';
  if (given.kind === 'raw') return given.text;
  if (given.kind === 'repeated') return `${given.open}${given.unit.repeat(given.count)}${given.close}`;
  try {
    return given.mutations.reduce(applyJson, JSON.stringify(given.base));
  } catch {
    // A change made it something else than JSON, and the next one found nothing to change.
    return JSON.stringify(given.base);
  }
}

/** The requests as bytes on one connection. */
export function wire({ requests, noise }: Input & { way: 'socket' }): Buffer {
  const parts = requests.map(({ method, url, headers, body: given }) => {
    const content = Buffer.from(textOf(given));
    const all = { host: 'localhost', ...(given && { 'content-length': String(content.length) }), ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    return Buffer.concat([Buffer.from(`${method} ${url} HTTP/1.1\r\n${lines.join('')}\r\n`), content]);
  });
  const bytes = Buffer.concat(parts);
  for (const [share, byte] of noise) bytes[Math.floor(share * bytes.length)] = byte;
  return bytes;
}
