/** What is in the cache is used as it is, and without a hub. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ArgumentError } from '../../../lib/errors.js';
import { type HubOptions, readSettings } from '../../../lib/hub/options.js';
import { resolveModel } from '../../../lib/hub/resolve.js';
import { TIMING } from '../../../lib/hub/timing.js';
import { COMMIT, checksumOf, HubServer } from '../../support/hub_server.js';
import { messageOf, ONE_SENTENCE } from '../formats/errors_of.js';
import { MODEL, NAME, useHub } from './hub.js';

const hub = useHub();
/** Nobody listens there any more. */
let NOWHERE = '';
beforeAll(async () => {
  const gone = await HubServer.start();
  NOWHERE = gone.endpoint;
  await gone.stop();
});

/** What huggingface_hub leaves behind: blobs, links to them, and a ref that may end its line. */
function pythonCache(files: Readonly<Record<string, string | Buffer>>, revision = 'main'): string {
  for (const [file, content] of Object.entries(files)) {
    const bytes = Buffer.from(content as string);
    const blob = hub.path('blobs', checksumOf({ bytes, large: file.endsWith('.safetensors') }));
    const link = hub.path('snapshots', COMMIT, file);
    for (const path of [blob, link]) mkdirSync(dirname(path), { recursive: true });
    writeFileSync(blob, bytes);
    symlinkSync(relative(dirname(link), blob), link);
  }
  const ref = hub.path('refs', revision);
  mkdirSync(dirname(ref), { recursive: true });
  writeFileSync(ref, `${COMMIT}\n`);
  return hub.path('snapshots', COMMIT);
}

const { 'modules.json': _, '1_Pooling/config.json': __, ...PLAIN } = MODEL;

describe('a cache that Python wrote', () => {
  it('is used without a request', async () => {
    const directory = pythonCache(MODEL);
    expect(await hub.resolve()).toBe(directory);
    expect(await hub.resolve('tiny')).toBe(directory);
    expect(await hub.resolve(NAME, { revision: COMMIT })).toBe(directory);
    expect(hub.server.seen).toEqual([]);
  });

  it('is found under revisions of any depth', async () => {
    const directory = pythonCache(MODEL, 'refs/pr/1');
    expect(await hub.resolve(NAME, { revision: 'refs/pr/1' })).toBe(directory);
    expect(hub.server.seen).toEqual([]);
  });

  it('is completed where something is missing', async () => {
    const { 'tokenizer.json': tokenizer, ...rest } = MODEL;
    const directory = pythonCache(rest);
    expect(await hub.resolve()).toBe(directory);
    expect(hub.server.log()).toEqual([`GET hub /api/models/${NAME}/revision/main`, 'GET hub tokenizer.json']);
    expect(tokenizer).toBeDefined();
  });

  it('is completed where a link leads nowhere', async () => {
    const directory = pythonCache(MODEL);
    unlinkSync(hub.path('blobs', checksumOf({ bytes: Buffer.from(MODEL['config.json']!), large: false })));
    expect(await hub.resolve()).toBe(directory);
    expect(hub.server.log()).toContain('GET hub config.json');
  });

  it('without modules.json is asked about once, because the pooling stands there', async () => {
    hub.server.add(NAME, PLAIN);
    const directory = pythonCache(PLAIN);
    expect(await hub.resolve()).toBe(directory);
    expect(hub.server.log()).toEqual([`GET hub /api/models/${NAME}/revision/main`]);
    hub.server.seen.length = 0;
    expect(await hub.resolve()).toBe(directory);
    expect(hub.server.seen).toEqual([]);
  });

  it('without modules.json is used where the hub cannot be reached', async () => {
    const directory = pythonCache(PLAIN);
    expect(await hub.resolve(NAME, { endpoint: NOWHERE })).toBe(directory);
    expect(await hub.resolve(NAME, { localFilesOnly: true })).toBe(directory);
    hub.server.trouble = (_, response) => {
      response.writeHead(503).end();
      return true;
    };
    expect(await hub.resolve()).toBe(directory);
    expect(hub.server.seen.length).toBe(1);
  });

  it('is not used when the hub has more of it and breaks', async () => {
    pythonCache(PLAIN);
    hub.server.trouble = ({ path }, response) => {
      if (!path.endsWith('modules.json')) return false;
      response.writeHead(403).end();
      return true;
    };
    expect(await hub.failure()).toContain('status 403');
  });
});

describe('without a hub', () => {
  it.each([
    ['localFilesOnly', { localFilesOnly: true }, {}],
    ['HF_HUB_OFFLINE', {}, { HF_HUB_OFFLINE: '1' }],
    ['TRANSFORMERS_OFFLINE', {}, { TRANSFORMERS_OFFLINE: 'true' }],
  ])('%s makes no request, and says what to do', async (_, options, variables) => {
    Object.assign(process.env, variables);
    const message = await hub.failure('tiny', options);
    expect(message).toMatch(ONE_SENTENCE);
    expect(message).toBe(
      `model tiny: expected tiny or ${NAME} in the cache ${hub.cacheDir} (revision main) but received nothing complete ` +
        'there; allow requests (no HF_HUB_OFFLINE, no localFilesOnly), pass a directory, or copy ' +
        `${hub.path()} from a machine that has it`,
    );
    expect(hub.server.seen).toEqual([]);
  });

  it('a host that refuses is not asked twice, and the message says what to do', async () => {
    const pauses: number[] = [];
    const pause = async (ms: number): Promise<void> => void pauses.push(ms);
    const message = await messageOf(Error, () =>
      hub.resolve(NAME, { endpoint: NOWHERE }, { ...TIMING, pause }),
    );
    expect(pauses).toEqual([]);
    expect(message).toMatch(ONE_SENTENCE);
    expect(message).toContain(
      `in the cache ${hub.cacheDir} or at ${NOWHERE} but received ECONNREFUSED from 127`,
    );
    expect(message).toContain(`pass a directory, set HF_ENDPOINT to a mirror, or copy ${hub.path()}`);
  });

  it('a host that does not exist is named', async () => {
    const message = await hub.failure(NAME, { endpoint: 'http://hub.invalid' });
    expect(message).toMatch(/received (?:ENOTFOUND|EAI_AGAIN) from hub\.invalid; /);
  });
});

describe('names', () => {
  it('of directories win', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'model-'));
    try {
      expect(await resolveModel(directory)).toBe(directory);
      expect(await resolveModel(relative(process.cwd(), directory))).toBe(relative(process.cwd(), directory));
      const file = join(directory, 'file');
      writeFileSync(file, '');
      expect(await hub.failure(file)).toMatch(
        /: expected a directory, or a name such as org\/model, but received a file$/,
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it.each([
    '/no/such/directory',
    './none',
    '../none',
    'a/b/c',
    'org/../x',
    'org/',
    '/model',
    'org/.hidden',
    'a--b/c',
    'a/b.git',
    'a\\b',
    'a b',
    'é/x',
    'a/b\n',
    'a\0b',
    `a/${'b'.repeat(97)}`,
    'x'.repeat(5000),
    'https://huggingface.co/org/model',
  ])('%j is no name', async (name) => {
    const message = await hub.failure(name);
    expect(message).toMatch(ONE_SENTENCE);
    expect(message).toContain('expected a directory, or a name such as org/model, but received');
    expect(hub.server.seen).toEqual([]);
  });

  it.each(['', 7, null, undefined])('%p is none either', async (name) => {
    const message = await messageOf(ArgumentError, () => resolveModel(name as string));
    expect(message).toMatch(/^model: expected a directory or a name but received /);
  });
});

describe('options', () => {
  it.each([
    [{ revision: '../x' }, /^revision: /],
    [{ revision: 'a/../b' }, /^revision: /],
    [{ revision: 'a//b' }, /^revision: /],
    [{ revision: '/a' }, /^revision: /],
    [{ revision: 'a?b' }, /^revision: /],
    [{ revision: '' }, /^revision: /],
    [{ revision: 7 }, /^revision: /],
    [{ cacheDir: 7 }, /^cacheDir: /],
    [{ token: 7 }, /^token: /],
    [{ endpoint: 'ftp://x' }, /^endpoint \(or HF_ENDPOINT\): /],
    [{ endpoint: 'x' }, /^endpoint /],
    [{ localFilesOnly: 1 }, /^localFilesOnly: /],
    [{ signal: {} }, /^signal: /],
    [{ onProgress: 1 }, /^onProgress: /],
  ])('%p is refused', async (options, sentence) => {
    const message = await messageOf(ArgumentError, () =>
      resolveModel(NAME, options as unknown as HubOptions),
    );
    expect(message).toMatch(ONE_SENTENCE);
    expect(message).toMatch(sentence);
  });

  it.each([
    [{ HF_HUB_CACHE: '/a', HF_HOME: '/b' }, '/a'],
    [{ HF_HOME: '/b', XDG_CACHE_HOME: '/c' }, '/b/hub'],
    [{ HF_HOME: '', XDG_CACHE_HOME: '/c' }, '/c/huggingface/hub'],
    [{ HF_HOME: '~/b' }, join(process.env.HOME ?? '', 'b/hub')],
    [{}, join(process.env.HOME ?? '', '.cache/huggingface/hub')],
  ])('with %p the cache is %s', (environment, cacheDir) => {
    expect(readSettings({}, environment).cacheDir).toBe(cacheDir);
  });

  it('of the caller win over the environment', () => {
    const environment = { HF_ENDPOINT: 'http://mirror/hf/', HF_HUB_OFFLINE: '1', HF_HUB_CACHE: '/a' };
    const { endpoint, localFilesOnly } = readSettings({}, environment);
    expect([endpoint, localFilesOnly]).toEqual(['http://mirror/hf', true]);
    const given = readSettings({ endpoint: 'http://x', localFilesOnly: false, cacheDir: '/d' }, environment);
    expect([given.endpoint, given.localFilesOnly, given.cacheDir]).toEqual(['http://x', false, '/d']);
  });
});
