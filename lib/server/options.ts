/** Everything that can be set: one table makes the flags, the environment variables, the checks and docs/server.md. */

import { ArgumentError, describe, expectation } from '../errors.js';
import { ENCODER_DTYPES, type EncoderDType } from '../models/types.js';
import { allItems } from '../options.js';

/** What the plugin takes; the command takes `CommandOptions`, which are more. */
export interface ServerOptions {
  maxBatchTokens: number;
  maxConcurrentRequests: number;
  maxQueueTokens: number;
  maxClientBatchSize: number;
  autoTruncate: boolean;
  payloadLimit: number;
  apiKey: readonly string[];
  cors: readonly string[];
  page: boolean;
}

export interface CommandOptions extends ServerOptions {
  /** NAME=DIR or DIR. */
  model: readonly string[];
  revision: string | undefined;
  offline: boolean;
  dtype: EncoderDType | undefined;
  threads: number | undefined;
  port: number;
  host: string;
  udsPath: string | undefined;
  apiKeyFile: string | undefined;
  headerTimeout: number;
  bodyTimeout: number;
  keepAliveTimeout: number;
  shutdownTimeout: number;
  logLevel: string;
}

type Kind =
  | { type: 'integer'; least: number; most: number }
  | { type: 'seconds'; most: number }
  | { type: 'boolean' }
  | { type: 'text' }
  | { type: 'choice'; values: readonly string[] }
  /** Given several times; in a variable, separated by commas. */
  | { type: 'list' };

export interface OptionRow {
  name: keyof CommandOptions;
  kind: Kind;
  /** What stands for the value in help. */
  value: string;
  help: string;
  default?: CommandOptions[keyof CommandOptions];
  /** Whether the plugin has it too. */
  plugin?: true;
}

const PREFIX = 'SYNTHETIC_ATTENTION_';
const LARGE = 2 ** 31 - 1;
/** Longer timers of Node end at once. */
const LONGEST = 2_000_000;

const count = (most = LARGE): Kind => ({ type: 'integer', least: 1, most });

export const OPTIONS: readonly OptionRow[] = [
  {
    name: 'model',
    kind: { type: 'list' },
    value: 'name=model',
    help: 'a directory, or a name such as org/model at the Hugging Face hub, under the name that requests use; several times for several models; by default the one that comes with the package',
    default: [],
  },
  {
    name: 'revision',
    kind: { type: 'text' },
    value: 'name',
    help: 'branch, tag or commit of models by name',
  },
  {
    name: 'offline',
    kind: { type: 'boolean' },
    value: '',
    help: 'take models by name from the cache, and fetch nothing',
    default: false,
  },
  {
    name: 'dtype',
    kind: { type: 'choice', values: ENCODER_DTYPES },
    value: 'name',
    help: `weights: ${ENCODER_DTYPES.join(' or ')}; by default as they are stored`,
  },
  { name: 'threads', kind: count(256), value: 'n', help: 'threads to compute on; all CPUs by default' },
  {
    name: 'port',
    kind: { type: 'integer', least: 0, most: 65535 },
    value: 'n',
    help: 'TCP port; 0 is any that is free',
    default: 8080,
  },
  {
    name: 'host',
    kind: { type: 'text' },
    value: 'address',
    help: '0.0.0.0 or :: for all the world',
    default: '127.0.0.1',
  },
  { name: 'udsPath', kind: { type: 'text' }, value: 'file', help: 'a Unix socket instead of host and port' },
  {
    name: 'maxBatchTokens',
    kind: count(),
    value: 'n',
    help: 'tokens that are computed together at most',
    default: 16384,
    plugin: true,
  },
  {
    name: 'maxConcurrentRequests',
    kind: count(),
    value: 'n',
    help: 'requests that wait or run; above, 429',
    default: 512,
    plugin: true,
  },
  {
    name: 'maxQueueTokens',
    kind: count(),
    value: 'n',
    help: 'tokens that wait; above, 429',
    default: 524288,
    plugin: true,
  },
  {
    name: 'maxClientBatchSize',
    kind: count(2048),
    value: 'n',
    help: 'texts of one request',
    default: 2048,
    plugin: true,
  },
  {
    name: 'autoTruncate',
    kind: { type: 'boolean' },
    value: '',
    help: 'cut texts that are longer than the model reads, instead of refusing them',
    default: true,
    plugin: true,
  },
  {
    name: 'payloadLimit',
    kind: count(),
    value: 'bytes',
    help: 'size of a body; above, 413',
    default: 2_000_000,
    plugin: true,
  },
  {
    name: 'apiKey',
    kind: { type: 'list' },
    value: 'key',
    help: 'requests need one of these keys as a bearer token',
    default: [],
    plugin: true,
  },
  { name: 'apiKeyFile', kind: { type: 'text' }, value: 'file', help: 'more keys, one a line' },
  {
    name: 'cors',
    kind: { type: 'list' },
    value: 'origin',
    help: 'origins whose pages may send requests; * is any',
    default: [],
    plugin: true,
  },
  {
    name: 'page',
    kind: { type: 'boolean' },
    value: '',
    help: 'the playground at /',
    default: true,
    plugin: true,
  },
  {
    name: 'headerTimeout',
    kind: { type: 'seconds', most: LONGEST },
    value: 'seconds',
    help: 'for the headers of a request to come in; then 408',
    default: 10,
  },
  {
    name: 'bodyTimeout',
    kind: { type: 'seconds', most: LONGEST },
    value: 'seconds',
    help: 'for its body to come in, and for a client to take its answer',
    default: 30,
  },
  {
    name: 'keepAliveTimeout',
    kind: { type: 'seconds', most: LONGEST },
    value: 'seconds',
    help: 'for the next request on a connection',
    default: 72,
  },
  {
    name: 'shutdownTimeout',
    kind: { type: 'seconds', most: LONGEST },
    value: 'seconds',
    help: 'for requests to end after SIGTERM or SIGINT',
    default: 30,
  },
  {
    name: 'logLevel',
    kind: { type: 'choice', values: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] },
    value: 'level',
    help: 'least level of what is logged, as JSON lines on standard output',
    default: 'info',
  },
];

export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
export const variableOf = (name: string): string =>
  PREFIX + name.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase();

function expected(kind: Kind): string {
  switch (kind.type) {
    case 'integer':
      return `an integer from ${kind.least} to ${kind.most}`;
    case 'seconds':
      return `seconds, more than 0 and at most ${kind.most}`;
    case 'boolean':
      return 'true or false';
    case 'choice':
      return `one of ${kind.values.join(', ')}`;
    case 'text':
      return 'a text that is not empty';
    case 'list':
      return 'texts that are not empty';
  }
}

function accepts(kind: Kind, value: unknown): boolean {
  switch (kind.type) {
    case 'integer':
      return Number.isSafeInteger(value) && (value as number) >= kind.least && (value as number) <= kind.most;
    case 'seconds':
      return typeof value === 'number' && value > 0 && value <= kind.most;
    case 'boolean':
      return typeof value === 'boolean';
    case 'choice':
      return kind.values.includes(value as string);
    case 'text':
      return typeof value === 'string' && value !== '';
    case 'list':
      return Array.isArray(value) && allItems(value, (item) => typeof item === 'string' && item !== '');
  }
}

/** Of what the environment or the command line says. undefined is no value of this kind. */
function parse(kind: Kind, text: string): unknown {
  switch (kind.type) {
    case 'integer':
      return /^\d+$/.test(text) ? Number(text) : undefined;
    case 'seconds':
      return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
    case 'boolean':
      if (/^(1|true|yes|on)$/i.test(text)) return true;
      return /^(0|false|no|off)$/i.test(text) ? false : undefined;
    case 'list':
      return text.split(',').map((item) => item.trim());
    default:
      return text;
  }
}

/** Keys are not for the eyes of whoever reads a log. */
const shown = (row: OptionRow, value: unknown): string =>
  row.name === 'apiKey' ? 'something else' : describe(value);

function read(
  row: OptionRow,
  given: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): unknown {
  const variable = environment[variableOf(row.name)];
  const fromFlag = given !== undefined;
  // An empty variable is how a container file says "none"; an empty key is one that somebody forgot to fill in.
  const none = variable === undefined || (variable === '' && row.name !== 'apiKey');
  if (!fromFlag && none) return row.default;
  const source = fromFlag ? given : variable!;
  const value =
    typeof source === 'string' && !(fromFlag && row.kind.type === 'list') ? parse(row.kind, source) : source;
  if (!accepts(row.kind, value)) {
    const name = fromFlag ? flagOf(row.name) : variableOf(row.name);
    throw new ArgumentError(expectation(name, expected(row.kind), shown(row, source), 'range'));
  }
  return value;
}

/**
 * What the command was given, else what the environment says, else the default.
 * @param flags strings, arrays of them for lists, booleans
 * @throws ArgumentError with the name of the flag or variable
 */
export function readCommandOptions(
  flags: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): CommandOptions {
  const entries = OPTIONS.map((row) => [row.name, read(row, flags[row.name], environment)] as const);
  return Object.fromEntries(entries) as unknown as CommandOptions;
}

/**
 * Of the plugin: what is left out gets its default, and the environment says nothing.
 * @throws ArgumentError
 */
export function checkServerOptions(options: Partial<ServerOptions>): ServerOptions {
  const rows = OPTIONS.filter((row) => row.plugin);
  const entries = rows.map((row) => {
    const value = (options as Record<string, unknown>)[row.name] ?? row.default;
    if (!accepts(row.kind, value)) {
      throw new ArgumentError(expectation(row.name, expected(row.kind), shown(row, value), 'range'));
    }
    return [row.name, value] as const;
  });
  return Object.fromEntries(entries) as unknown as ServerOptions;
}

/** The table of docs/server.md; a test holds the page to it. */
export function optionsTable(): string {
  const rows = OPTIONS.map((row) => {
    const bare = flagOf(row.name).slice(2);
    const flag = row.kind.type !== 'boolean' ? `${bare} <${row.value}>` : row.default ? `[no-]${bare}` : bare;
    const list = Array.isArray(row.default);
    const byDefault = row.default === undefined || list ? '' : `\`${row.default}\``;
    return `| \`--${flag}\` | \`${variableOf(row.name)}\` | ${byDefault} | ${row.help} |`;
  });
  return ['| flag | variable | default | |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
