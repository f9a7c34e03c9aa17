/** Options of the hub, and what the environment says where they are left out, by the names huggingface_hub reads. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { ArgumentError, describe, expectation } from '../errors.js';
import { readTextFile } from '../formats/text_file.js';
import { optionNames, readSignal } from '../options.js';
import { variables } from '../variables.js';
import { checkRevision } from './names.js';

export interface FetchProgress {
  /** Its path inside of the model. */
  file: string;
  /** Bytes that are here, those of an earlier interrupted download included. */
  loaded: number;
  total: number | undefined;
}

export interface HubOptions {
  /** Branch, tag or commit; default 'main'. */
  revision?: string;
  /** Default HF_HUB_CACHE, HF_HOME/hub, XDG_CACHE_HOME/huggingface/hub or ~/.cache/huggingface/hub. */
  cacheDir?: string;
  /** Default HF_ENDPOINT or https://huggingface.co. */
  endpoint?: string;
  /** Default HF_TOKEN, or what the file HF_TOKEN_PATH or HF_HOME/token holds; '' for none. */
  token?: string;
  /** true: no request is made. Default: whether HF_HUB_OFFLINE is 1. */
  localFilesOnly?: boolean;
  /** Aborting rejects with the signal's reason; what has come so far is kept, and the next call goes on from there. */
  signal?: AbortSignal;
  /** Called as bytes come in; not at all when nothing needs to be fetched. */
  onProgress?: (progress: FetchProgress) => void;
}

export const HUB_OPTIONS = optionNames<keyof HubOptions>()(
  'revision',
  'cacheDir',
  'endpoint',
  'token',
  'localFilesOnly',
  'signal',
  'onProgress',
);

export interface Settings {
  readonly revision: string;
  readonly cacheDir: string;
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly localFilesOnly: boolean;
  /** Whether snapshots are made of symbolic links where the file system has them. */
  readonly symlinks: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: FetchProgress) => void) | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** As huggingface_hub reads its switches. */
function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(?:1|on|yes|true)$/i.test(value);
}

/** ~ is no part of what the system calls a path, but people write it into variables. */
function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

/** The folder of all that Hugging Face's tools keep. An empty variable counts as none. */
function home(environment: Environment): string {
  if (environment.HF_HOME) return expandHome(environment.HF_HOME);
  return join(expandHome(environment.XDG_CACHE_HOME || join(homedir(), '.cache')), 'huggingface');
}

function cacheDirectory(environment: Environment): string {
  const named = environment.HF_HUB_CACHE || environment.HUGGINGFACE_HUB_CACHE;
  return named ? expandHome(named) : join(home(environment), 'hub');
}

function checkEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  // Credentials would be part of every address that a message shows; a token is not.
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    const received = url?.username || url?.password ? 'one with a user or a password' : describe(endpoint);
    throw new ArgumentError(
      expectation(
        'endpoint (or HF_ENDPOINT)',
        'an http or https address without user, query or hash',
        received,
        'range',
      ),
    );
  }
  return url.href.replace(/\/+$/, '');
}

function checkString(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'string') {
    throw new ArgumentError(expectation(name, 'a string', describe(value), 'type'));
  }
}

/** @throws ArgumentError with one sentence */
export function readSettings(options: HubOptions, environment: Environment = variables): Settings {
  for (const name of ['revision', 'cacheDir', 'endpoint', 'token'] as const) checkString(name, options[name]);
  const { localFilesOnly, signal, onProgress } = options;
  if (localFilesOnly !== undefined && typeof localFilesOnly !== 'boolean') {
    throw new ArgumentError(expectation('localFilesOnly', 'a boolean', describe(localFilesOnly), 'type'));
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new ArgumentError(expectation('onProgress', 'a function', describe(onProgress), 'type'));
  }
  return {
    revision: checkRevision(options.revision ?? 'main'),
    // Only when it is used: to ask for the home directory takes a permission in Deno.
    get cacheDir() {
      return resolve(options.cacheDir ? expandHome(options.cacheDir) : cacheDirectory(environment));
    },
    endpoint: checkEndpoint(options.endpoint || environment.HF_ENDPOINT || 'https://huggingface.co'),
    localFilesOnly: localFilesOnly ?? isTrue(environment.HF_HUB_OFFLINE || environment.TRANSFORMERS_OFFLINE),
    symlinks: !isTrue(environment.HF_HUB_DISABLE_SYMLINKS),
    signal: readSignal(signal),
    onProgress,
  };
}

/**
 * Read only when a request is to be made.
 * @throws ArgumentError, which does not show it
 */
export async function readToken(
  options: HubOptions,
  environment: Environment = variables,
): Promise<string | undefined> {
  const token = (options.token ?? (await implicitToken(environment)))?.trim();
  if (!token) return undefined;
  // Checked here because fetch would quote it in its own error.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new ArgumentError(
      expectation('token (or HF_TOKEN)', 'printable ASCII without spaces', 'something else', 'range'),
    );
  }
  return token;
}

/** Bytes of a file with a token. */
const LARGEST_TOKEN = 1 << 16;

async function implicitToken(environment: Environment): Promise<string | undefined> {
  if (isTrue(environment.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined;
  const named = environment.HF_TOKEN || environment.HUGGING_FACE_HUB_TOKEN;
  if (named) return named;
  const path = environment.HF_TOKEN_PATH
    ? expandHome(environment.HF_TOKEN_PATH)
    : join(home(environment), 'token');
  // Most models need no token, so a file that is missing, not ours to read or no regular one stops nobody.
  return readTextFile(path, { most: LARGEST_TOKEN }).catch(() => undefined);
}
