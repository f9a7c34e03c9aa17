/** Names of models: local directories, the cache, originals of ONNX copies, the hub. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ArgumentError, ModelError } from '../../../lib/index.js';
import { env, type ProgressInfo, pipeline } from '../../../lib/transformers/index.js';
import { goldenPath } from '../../support/golden.js';
import { HubServer } from '../../support/hub_server.js';

const COMMIT = '0123456789012345678901234567890123456789';
const usual = { ...env };
let folder: string;

/** As Python's tools leave a repository behind. */
function cached(cache: string, repository: string, revision = 'main'): void {
  const root = join(cache, `models--${repository.replace('/', '--')}`);
  mkdirSync(join(root, 'refs'), { recursive: true });
  writeFileSync(join(root, 'refs', revision), COMMIT);
  cpSync(goldenPath('tiny_bert'), join(root, 'snapshots', COMMIT), { recursive: true });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  env.allowRemoteModels = false;
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  Object.assign(env, usual);
});

async function loads(name: string, options: object = {}): Promise<void> {
  const extractor = await pipeline('feature-extraction', name, options);
  expect((await extractor('a text', { pooling: 'mean' })).dims).toEqual([1, 48]);
  await extractor.dispose();
}

describe('a name', () => {
  it('is a directory of env.localModelPath', async () => {
    cpSync(goldenPath('tiny_bert'), join(folder, 'Xenova', 'all-MiniLM-L6-v2'), { recursive: true });
    env.localModelPath = folder;
    await loads('Xenova/all-MiniLM-L6-v2');
    env.allowLocalModels = false;
    env.cacheDir = join(folder, 'cache');
    await expect(loads('Xenova/all-MiniLM-L6-v2')).rejects.toThrow(ModelError);
  });

  it('is that of an original in the cache', async () => {
    cached(folder, 'sentence-transformers/all-MiniLM-L6-v2');
    await loads('Xenova/all-MiniLM-L6-v2', { cache_dir: folder });
    env.cacheDir = folder;
    await loads('Xenova/all-MiniLM-L6-v2', { cache_dir: null, revision: 'main' });
    await loads(null as unknown as string);
    // The program may mean weights that the original never had.
    writeFileSync(join(folder, 'models--sentence-transformers--all-MiniLM-L6-v2/refs/other'), COMMIT);
    await expect(loads('Xenova/all-MiniLM-L6-v2', { revision: 'other' })).rejects.toThrow(ModelError);
  });

  it('is itself, at the revision that is asked for', async () => {
    cached(folder, 'someone/model', 'other');
    await loads('someone/model', { cache_dir: folder, revision: 'other' });
    await expect(loads('someone/model', { cache_dir: folder })).rejects.toThrow(ModelError);
    Object.assign(env, { allowRemoteModels: true, remoteHost: 'http://127.0.0.1:9' });
    const asked = loads('someone/model', { cache_dir: folder });
    await expect(asked).rejects.toThrow(/127\.0\.0\.1/);
    const local = loads('someone/model', { cache_dir: folder, local_files_only: true });
    await expect(local).rejects.toThrow(/^((?!127\.0\.0\.1).)*$/);
  });

  it('is fetched from env.remoteHost once, with a report of every file', async () => {
    const hub = await HubServer.start();
    try {
      const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
      const files = names.map((name) => [name, readFileSync(goldenPath(`tiny_bert/${name}`))]);
      hub.add('sentence-transformers/all-MiniLM-L6-v2', Object.fromEntries(files));
      Object.assign(env, { allowRemoteModels: true, remoteHost: hub.endpoint, cacheDir: folder });
      const seen: ProgressInfo[] = [];
      const options = { progress_callback: (info: ProgressInfo) => seen.push(info) };
      await loads('Xenova/all-MiniLM-L6-v2', options);
      for (const status of ['initiate', 'download', 'done'] as const) {
        const of = seen.filter((info) => info.status === status).map((info) => 'file' in info && info.file);
        expect(of.sort()).toEqual(names.toSorted());
      }
      expect(seen.at(-2)).toMatchObject({ name: 'Xenova/all-MiniLM-L6-v2' });
      expect(seen.at(-1)).toMatchObject({ status: 'ready', model: 'Xenova/all-MiniLM-L6-v2' });
      seen.length = 0;
      await loads('Xenova/all-MiniLM-L6-v2', options);
      expect(seen).toHaveLength(1);
    } finally {
      await hub.stop();
    }
  });

  it('that nobody has is one error', async () => {
    env.allowRemoteModels = true;
    env.remoteHost = 'http://127.0.0.1:9';
    env.cacheDir = folder;
    const failure = loads('no-one/none');
    await expect(failure).rejects.toThrow(ModelError);
    await expect(failure).rejects.toThrow(/no-one\/none/);
    await expect(loads('../none')).rejects.toThrow(ModelError);
    await expect(loads('')).rejects.toThrow(ArgumentError);
    await expect(loads(5 as unknown as string)).rejects.toThrow(ArgumentError);
  });
});
