/** What the tests of the hub share: a server, a cache a test, a model, and no waiting. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { ModelError } from '../../../lib/errors.js';
import type { HubOptions } from '../../../lib/hub/options.js';
import { resolveModel } from '../../../lib/hub/resolve.js';
import { TIMING, type Timing } from '../../../lib/hub/timing.js';
import { HubServer } from '../../support/hub_server.js';
import { messageOf } from '../formats/errors_of.js';

export const FAST: Timing = {
  ...TIMING,
  backoffMs: 1,
  maxBackoffMs: 4,
  pollMs: 5,
  beatMs: 50,
  // Longer than any test: what nobody writes any more is dated back.
  aliveMs: 3_600_000,
};

export const NAME = 'sentence-transformers/tiny';

/** 3 MB that compress to nothing and differ everywhere. */
export const WEIGHTS = Buffer.from(Uint32Array.from({ length: 750_000 }, (_, i) => i * 2654435761).buffer);

export const MODEL: Readonly<Record<string, string | Buffer>> = {
  'README.md': '# not needed',
  'config.json': '{"model_type":"bert"}',
  'modules.json': JSON.stringify([
    { idx: 0, name: '0', path: '', type: 'sentence_transformers.models.Transformer' },
    { idx: 1, name: '1', path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
    { idx: 2, name: '2', path: '2_Normalize', type: 'sentence_transformers.models.Normalize' },
  ]),
  'sentence_bert_config.json': '{"max_seq_length":256}',
  'tokenizer.json': '{"version":"1.0"}',
  'tokenizer_config.json': '{}',
  '1_Pooling/config.json': '{"pooling_mode_mean_tokens":true}',
  'model.safetensors': WEIGHTS,
  'pytorch_model.bin': 'not needed',
};

/** What of MODEL is fetched, in order of name. */
export const NEEDED = Object.keys(MODEL)
  .filter((path) => path !== 'README.md' && path !== 'pytorch_model.bin')
  .sort();

export class Hub {
  server!: HubServer;
  cacheDir = '';

  resolve(name: string = NAME, options: HubOptions = {}, timing: Timing = FAST): Promise<string> {
    const { endpoint } = this.server;
    return resolveModel(name, { cacheDir: this.cacheDir, endpoint, token: '', ...options }, timing);
  }

  /** The message that `resolve` fails with. */
  failure(name: string = NAME, options: HubOptions = {}, timing: Timing = FAST): Promise<string> {
    return messageOf(ModelError, () => this.resolve(name, options, timing));
  }

  /** A path inside of the cache of a model. */
  path(...parts: string[]): string {
    return join(this.cacheDir, `models--${NAME.replace('/', '--')}`, ...parts);
  }

  blobs(): string[] {
    return readdirSync(this.path('blobs')).sort();
  }
}

export function useHub(): Hub {
  const hub = new Hub();
  const saved = { ...process.env };
  beforeAll(async () => {
    hub.server = await HubServer.start();
  });
  beforeEach(() => {
    for (const name of Object.keys(process.env))
      if (/^(?:HF_|TRANSFORMERS_OFFLINE)/.test(name)) delete process.env[name];
    hub.cacheDir = mkdtempSync(join(tmpdir(), 'hub-'));
    hub.server.reset();
    hub.server.add(NAME, MODEL);
  });
  afterEach(() => {
    process.env = { ...saved };
    rmSync(hub.cacheDir, { recursive: true, force: true });
  });
  afterAll(() => hub.server.stop());
  return hub;
}

/** All files below a directory, links followed, in order of name. */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
