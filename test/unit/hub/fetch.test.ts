/** Models fetched from a hub: what is asked for, where it is put, and what is refused. */
import {
  lstatSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { FetchProgress } from '../../../lib/hub/options.js';
import { COMMIT, checksumOf } from '../../support/hub_server.js';
import { ONE_SENTENCE } from '../formats/errors_of.js';
import { filesBelow, MODEL, NAME, NEEDED, useHub, WEIGHTS } from './hub.js';

const hub = useHub();

describe('a model that is not there yet', () => {
  it('is fetched, as far as it is needed, into the layout that Python shares', async () => {
    const directory = await hub.resolve();
    expect(directory).toBe(hub.path('snapshots', COMMIT));
    expect(filesBelow(directory)).toEqual(NEEDED);
    for (const file of NEEDED) {
      const bytes = Buffer.from(MODEL[file] as string);
      const checksum = checksumOf({ bytes, large: file === 'model.safetensors' });
      expect(readFileSync(join(directory, file)).equals(bytes)).toBe(true);
      const up = file.includes('/') ? '../../../..' : '../../..';
      expect(readlinkSync(join(directory, file))).toBe(join(up.slice(3), 'blobs', checksum));
    }
    expect(readFileSync(hub.path('refs', 'main'), 'utf8')).toBe(COMMIT);
    expect(filesBelow(hub.path('.no_exist', COMMIT))).toEqual([
      'config_sentence_transformers.json',
      'special_tokens_map.json',
    ]);
    expect(hub.blobs().filter((name) => name.endsWith('.incomplete'))).toEqual([]);
    // One request for the list, and for each file one, or two by way of the store.
    expect(hub.server.seen.length).toBe(1 + NEEDED.length + 1);
  });

  it('is asked for once', async () => {
    const directory = await hub.resolve();
    hub.server.seen.length = 0;
    expect(await hub.resolve()).toBe(directory);
    expect(await hub.resolve(NAME, { revision: COMMIT })).toBe(directory);
    expect(hub.server.seen).toEqual([]);
  });

  it('tells how far it is', async () => {
    const seen: FetchProgress[] = [];
    await hub.resolve(NAME, { onProgress: (progress) => seen.push(progress) });
    expect([...new Set(seen.map(({ file }) => file))].sort()).toEqual(NEEDED);
    const weights = seen.filter(({ file }) => file === 'model.safetensors');
    expect(weights.length).toBeGreaterThan(3);
    expect(
      weights.every((p, i) => p.total === WEIGHTS.length && p.loaded >= (weights[i - 1]?.loaded ?? 0)),
    ).toBe(true);
    expect(weights.at(-1)!.loaded).toBe(WEIGHTS.length);
  });

  it('of one name is looked for as it is, then below sentence-transformers', async () => {
    expect(await hub.resolve('tiny')).toBe(hub.path('snapshots', COMMIT));
    expect(hub.server.log().slice(0, 2)).toEqual([
      'GET hub /api/models/tiny/revision/main',
      `GET hub /api/models/${NAME}/revision/main`,
    ]);
    hub.server.seen.length = 0;
    await hub.resolve('tiny');
    expect(hub.server.seen).toEqual([]);
  });

  it('may have moved to another name', async () => {
    hub.server.trouble = ({ path }, response) => {
      if (!path.includes('old/name')) return false;
      response.writeHead(307, { location: path.replace('old/name', NAME) }).end();
      return true;
    };
    expect(await hub.resolve('old/name')).toBe(join(hub.cacheDir, 'models--old--name', 'snapshots', COMMIT));
  });

  it('may come in shards', async () => {
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const { 'model.safetensors': _, ...rest } = MODEL;
    hub.server.add(NAME, {
      ...rest,
      'model.safetensors.index.json': JSON.stringify({
        weight_map: { a: shards[0], b: shards[1], c: shards[0] },
      }),
      [shards[0]!]: 'first',
      [shards[1]!]: 'second',
      'model-00003-of-00002.safetensors': 'not named',
    });
    const directory = await hub.resolve();
    expect(filesBelow(directory).filter((file) => /^model/.test(file))).toEqual([
      ...shards,
      'model.safetensors.index.json',
    ]);
    hub.server.seen.length = 0;
    await hub.resolve();
    expect(hub.server.seen).toEqual([]);
  });

  it('may have its transformer and layers in folders', async () => {
    hub.server.add(NAME, {
      'modules.json': JSON.stringify([
        { path: '0_Transformer', type: 'sentence_transformers.models.Transformer' },
        { path: '1_Pooling/', type: 'sentence_transformers.models.Pooling' },
        { path: '2_Dense', type: 'sentence_transformers.models.Dense' },
      ]),
      'config_sentence_transformers.json': '{}',
      '0_Transformer/config.json': '{}',
      '0_Transformer/tokenizer.json': '{}',
      '0_Transformer/model.safetensors': 'a',
      '0_Transformer/sentence_roberta_config.json': '{}',
      '1_Pooling/config.json': '{}',
      '2_Dense/config.json': '{}',
      '2_Dense/model.safetensors': 'b',
    });
    const directory = await hub.resolve();
    expect(filesBelow(directory)).toEqual([...hub.server.models.get(NAME)!.keys()].sort());
  });

  it('is copied where there are no symbolic links', async () => {
    process.env.HF_HUB_DISABLE_SYMLINKS = '1';
    const directory = await hub.resolve();
    expect(NEEDED.every((file) => !lstatSync(join(directory, file)).isSymbolicLink())).toBe(true);
    expect(readFileSync(join(directory, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
  });

  it('removes what killed processes left beside its files, and nothing that may be in use', async () => {
    const place = (...parts: string[]) => hub.path('snapshots', COMMIT, ...parts);
    mkdirSync(place(), { recursive: true });
    mkdirSync(hub.path('refs'));
    const old = new Date(Date.now() - 3_600_000);
    const leave = (path: string, time: Date, isLink = false): string => {
      if (isLink) symlinkSync('../../blobs/none', path);
      else writeFileSync(path, 'x');
      lutimesSync(path, time, time);
      return path;
    };
    const abandoned = [
      leave(place('config.json.0123456789ab.tmp'), old, true),
      leave(place('config.json.0123456789ac.tmp'), old),
      leave(hub.path('refs', 'main.0123456789ab.tmp'), old),
    ];
    const kept = [
      leave(place('config.json.fedcba987654.tmp'), new Date(), true),
      leave(place('config.json.fedcba987655.tmp'), new Date(Date.now() - 60_000)),
      leave(place('config.json.other.tmp'), old),
    ];
    await hub.resolve();
    expect(abandoned.filter((path) => lstatSync(path, { throwIfNoEntry: false }))).toEqual([]);
    expect(kept.filter((path) => lstatSync(path, { throwIfNoEntry: false }))).toEqual(kept);
  });

  it.each([false, 'names'] as const)('comes from a hub whose list is %s, too', async (list) => {
    hub.server.list = list;
    const directory = await hub.resolve();
    expect(filesBelow(directory)).toEqual(NEEDED);
    expect(hub.blobs()).toContain(checksumOf({ bytes: WEIGHTS, large: true }));
  });
});

describe('the token', () => {
  it('goes to the hub and nowhere else', async () => {
    await hub.resolve(NAME, { token: 'hf_secret' });
    const sent = (origin: string) => [
      ...new Set(hub.server.seen.filter((s) => s.origin === origin).map((s) => s.authorization)),
    ];
    expect(sent('hub')).toEqual(['Bearer hf_secret']);
    expect(sent('store')).toEqual([undefined]);
  });

  it('does not come back with a redirect that returns', async () => {
    hub.server.trouble = ({ origin, path }, response) => {
      if (origin !== 'store') return false;
      response
        .writeHead(302, { location: `${hub.server.endpoint}${path.replace('/resolve/', '/back/')}` })
        .end();
      return true;
    };
    await hub.failure(NAME, { token: 'hf_secret' });
    const back = hub.server.seen.filter(({ path }) => path.includes('/back/'));
    expect(back.map((s) => s.authorization)).toEqual([undefined]);
  });

  it('is never part of a message', async () => {
    const message = await hub.failure('org/none', { token: 'hf_secret' });
    expect(message).toMatch(ONE_SENTENCE);
    expect(message).not.toContain('hf_secret');
    expect(message).toContain('HF_TOKEN');
    await expect(hub.resolve(NAME, { token: 'hf_sec\nret' })).rejects.toThrow(
      /^token \(or HF_TOKEN\): expected printable ASCII without spaces but received something else$/,
    );
    await expect(hub.resolve(NAME, { endpoint: 'http://me:hf_secret@127.0.0.1/' })).rejects.toThrow(
      /^endpoint .* received one with a user or a password$/,
    );
  });

  it('comes from the environment or a file', async () => {
    const path = join(hub.cacheDir, 'token-file');
    writeFileSync(path, 'hf_file\n');
    process.env.HF_TOKEN_PATH = path;
    const asked = async (): Promise<string | undefined> => {
      hub.server.seen.length = 0;
      await hub.failure('org/none', { token: undefined } as object);
      return hub.server.seen[0]!.authorization;
    };
    expect(await asked()).toBe('Bearer hf_file');
    process.env.HF_TOKEN = 'hf_variable';
    expect(await asked()).toBe('Bearer hf_variable');
    process.env.HF_HUB_DISABLE_IMPLICIT_TOKEN = '1';
    expect(await asked()).toBe(undefined);
  });
});

describe('what cannot be had', () => {
  it.each([
    ['org/none', {}, /status 401 \(RepoNotFound\) from 127[^;]*; the name is wrong, or .* set HF_TOKEN$/],
    ['none', {}, /^model none: expected none or sentence-transformers\/none \(revision main\) in the cache/],
    [NAME, { revision: 'other' }, /status 404 \(RevisionNotFound\) from .* has no such revision$/],
  ])('%s %j: one sentence', async (name, options, sentence) => {
    const message = await hub.failure(name, options);
    expect(message).toMatch(ONE_SENTENCE);
    expect(message).toMatch(sentence);
  });

  it('is said of gated models', async () => {
    hub.server.trouble = ({ path }, response) => {
      if (!path.endsWith('model.safetensors')) return false;
      response.writeHead(403, { 'x-error-code': 'GatedRepo' }).end();
      return true;
    };
    const message = await hub.failure();
    expect(message).toMatch(ONE_SENTENCE);
    expect(message).toContain(
      `private or gated: ask for access at ${hub.server.endpoint}/${NAME} and set HF_TOKEN`,
    );
    expect(await hub.failure(NAME, { token: 'x' })).toContain('the token (HF_TOKEN) gives no access');
  });

  it('is said of models without a file that must be there', async () => {
    hub.server.add(NAME, { 'config.json': '{}', 'tokenizer.json': '{}', 'pytorch_model.bin': 'x' });
    expect(await hub.failure()).toBe(
      `model ${NAME} at ${hub.server.endpoint}: expected model.safetensors but received a model without this file`,
    );
  });

  it('is a model whose names lead out of its directory', async () => {
    for (const rfilename of [
      '../../evil',
      '/etc/evil',
      'a\\..\\evil',
      'a//b',
      'a/./b',
      'C:evil',
      'a\u0000b',
      '',
      7,
    ]) {
      hub.server.extraSiblings = [{ rfilename, size: 1, blobId: '0'.repeat(40) }];
      const message = await hub.failure();
      expect(message).toMatch(ONE_SENTENCE);
      expect(message).toContain('siblings: expected names of files inside of the model');
    }
    hub.server.extraSiblings = [];
    hub.server.add(NAME, { ...MODEL, 'modules.json': '[{"path":"../../evil","type":"x.Transformer"}]' });
    expect(await hub.failure()).toContain('modules.json: expected names of files inside of the model');
    const { 'model.safetensors': _, ...rest } = MODEL;
    const index = (weight_map: unknown) => ({
      ...rest,
      'model.safetensors.index.json': JSON.stringify({ weight_map }),
    });
    for (const map of [
      { a: '../evil.safetensors' },
      { a: 'b/c.safetensors' },
      { a: 'evil.bin' },
      { a: 7 },
      {},
      null,
    ]) {
      hub.server.add(NAME, index(map));
      expect(await hub.failure()).toMatch(ONE_SENTENCE);
    }
    expect(filesBelow(hub.cacheDir).filter((file) => !file.includes('/blobs/'))).toEqual([]);
  });

  it('is an answer that is none of a hub', async () => {
    for (const body of ['<html>', '[]', 'null', '{"sha":"../../x"}', '{"sha":7}', '"x"']) {
      hub.server.trouble = (_, response) => {
        response.end(body);
        return true;
      };
      expect(await hub.failure()).toMatch(ONE_SENTENCE);
    }
  });

  it('is a redirect without end, or to what is no address', async () => {
    for (const location of ['/again', 'ftp://127.0.0.1/', 'http://', 'http://a:b@127.0.0.1/']) {
      hub.server.seen.length = 0;
      hub.server.trouble = (_, response) => {
        response.writeHead(302, { location }).end();
        return true;
      };
      expect(await hub.failure()).toMatch(/redirect/);
      expect(hub.server.seen.length).toBeLessThan(10);
    }
  });
});

it('a cache that cannot be written is one sentence', async () => {
  const file = join(hub.cacheDir, 'file');
  writeFileSync(file, '');
  await expect(hub.resolve(NAME, { cacheDir: file })).rejects.toThrow(
    /^cache .*: expected a place that can be written but received ENOTDIR \(not a directory\)$/,
  );
});
