/** The encoder and what goes with it against bad values. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DisposedError } from '../../../lib/errors.js';
import {
  type EncodeOptions,
  Encoder,
  ModelError,
  pairwiseSimilarity,
  quantizeEmbeddings,
  semanticSearch,
  similarity,
} from '../../../lib/index.js';
import { convertModel } from '../../../lib/models/convert/convert.js';
import { type Entry, violations } from '../../support/bad_values.js';
import { goldenPath } from '../../support/golden.js';
import { random } from '../../support/layers.js';

const MODEL = goldenPath('tiny_bert');
const { signal } = new AbortController();
const TEXTS = () => ['the cat', 'the dog sat'];

let encoder: Encoder;
let folder: string;
beforeAll(async () => {
  encoder = await Encoder.load(MODEL);
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
});
afterAll(() => {
  encoder.dispose();
  rmSync(folder, { recursive: true });
});

const encodeOptions = () => ({
  batchSize: 2,
  prompt: '',
  promptName: 'query',
  pooling: 'mean',
  normalize: true,
  truncateDim: 8,
  precision: 'int8',
  outputValue: 'sentence',
  ranges: { data: Float32Array.from({ length: 16 }, (_, i) => (i < 8 ? -1 : 1)), shape: [2, 8] },
  signal,
  onProgress: () => {},
});
const batch = () => ({ ids: new Int32Array([2, 5, 3]), offsets: new Int32Array([0, 3]) });

const entries: readonly Entry[] = [
  {
    name: 'Encoder.load',
    args: () => [
      MODEL,
      {
        dtype: 'float32',
        modules: true,
        truncateDim: 8,
        similarity: 'dot',
        tokenizerWorkers: 0,
        onWeights: () => {},
        revision: 'main',
        cacheDir: folder,
        endpoint: 'http://127.0.0.1:1',
        token: 'x',
        localFilesOnly: true,
        signal,
        onProgress: () => {},
      },
    ],
    call: (m, o) => Encoder.load(m, o),
    options: 1,
  },
  {
    name: 'encode',
    args: () => [TEXTS(), encodeOptions()],
    call: (t, o) => encoder.encode(t, o),
    options: 1,
  },
  {
    name: 'encodeQuery',
    args: () => [TEXTS(), encodeOptions()],
    call: (t, o) => encoder.encodeQuery(t, o),
    options: 1,
  },
  {
    name: 'encodeDocument',
    args: () => [TEXTS(), encodeOptions()],
    call: (t, o) => encoder.encodeDocument(t, o),
    options: 1,
  },
  {
    name: 'encodeStream',
    args: () => [TEXTS(), encodeOptions()],
    call: (t, o) => encoder.encodeStream(t, o),
    options: 1,
  },
  {
    name: 'encodeTokens',
    args: () => [
      batch(),
      {
        pooling: 'mean',
        normalize: true,
        truncateDim: 8,
        outputValue: 'sentence',
        prompt: '',
        promptName: 'query',
      },
    ],
    call: (b, o) => encoder.encodeTokens(b, o),
    options: 1,
  },
  {
    name: 'promptText',
    args: () => [{ prompt: '', promptName: 'query' }],
    call: (o) => encoder.promptText(o),
    options: 0,
  },
  {
    name: 'Encoder.similarity',
    args: () => [random(1, 2, 8), random(2, 2, 8)],
    call: (a, b) => encoder.similarity(a, b),
  },
  { name: 'tokenize', args: () => [TEXTS()], call: (t) => encoder.tokenize(t) },
  { name: 'tokenizeFull', args: () => ['the cat'], call: (t) => encoder.tokenizeFull(t) },
  { name: 'tokenizeSteps', args: () => ['the cat', 'left'], call: (t, c) => encoder.tokenizeSteps(t, c) },
  { name: 'tokens', args: () => [[1, 2]], call: (t) => encoder.tokens(t) },
  {
    name: 'explain',
    args: () => ['the cat', { title: 't' }],
    call: (t, o) => encoder.explain(t, o),
    options: 1,
  },
  {
    name: 'similarity',
    args: () => [random(1, 2, 8), random(2, 2, 8), 'dot'],
    call: (a, b, n) => similarity(a, b, n),
  },
  {
    name: 'pairwiseSimilarity',
    args: () => [random(1, 2, 8), random(2, 2, 8), 'dot'],
    call: (a, b, n) => pairwiseSimilarity(a, b, n),
  },
  {
    name: 'semanticSearch',
    args: () => [
      random(1, 2, 8),
      random(2, 3, 8),
      { topK: 2, scoreFunction: 'dot', queryChunkSize: 1, corpusChunkSize: 2, signal },
    ],
    call: (q, c, o) => semanticSearch(q, c, o),
    options: 2,
  },
  {
    name: 'quantizeEmbeddings',
    args: () => [random(1, 3, 8), 'int8', { ranges: random(2, 2, 8), calibration: random(3, 3, 8) }],
    call: (e, p, o) => quantizeEmbeddings(e, p, o),
    options: 2,
  },
  {
    name: 'convertModel',
    args: () => [join(folder, 'none'), join(folder, 'out'), { dtype: 'int8', signal }],
    call: (d, o, p) => convertModel(d, o, p).catch(onlyTyped),
  },
];

/** There is no such model: that is what is right here. */
function onlyTyped(error: unknown): void {
  if (!(error instanceof ModelError)) throw error;
}

it('encoders answer bad values with errors of the package', async () => {
  // Names of models would be looked up at the hub.
  expect(await violations(entries)).toEqual([]);
}, 120_000);

describe('an option that nobody reads', () => {
  it.each([
    [
      () => encoder.encode('x', { normalise: true } as EncodeOptions),
      '"normalise", an unknown option; did you mean "normalize"?',
    ],
    [
      () => encoder.encode('x', { batch_size: 1 } as EncodeOptions),
      '"batch_size", an unknown option; did you mean "batchSize"?',
    ],
    [() => Encoder.load(MODEL, { device: 'gpu' } as never), 'but received "device", an unknown option'],
    [() => semanticSearch(random(1, 2, 8), random(2, 2, 8), { top_k: 1 } as never), 'did you mean "topK"?'],
  ])('is told %#', async (act, message) => {
    await expect(act()).rejects.toThrow(message);
  });
});

it('is of no use after dispose', async () => {
  const own = await Encoder.load(MODEL);
  const running = own.encode('the cat');
  own.dispose();
  own.dispose();
  await running.catch((error: unknown) => expect(error).toBeInstanceOf(DisposedError));
  await expect(own.encode('x')).rejects.toThrow(DisposedError);
  await expect(own.encodeTokens(batch())).rejects.toThrow(DisposedError);
  await expect(own.explain('x')).rejects.toThrow(DisposedError);
  await expect(own.encodeStream(['x']).next()).rejects.toThrow(DisposedError);
});

describe('an AbortSignal of another realm', () => {
  /** What a signal has, made by a context that knows nothing of this one's classes. */
  const foreign = (): { controller: { abort(reason: unknown): void }; signal: AbortSignal } =>
    runInNewContext(`
      const listeners = [];
      const signal = { aborted: false, reason: undefined, addEventListener: (_, f) => listeners.push(f), removeEventListener() {} };
      const controller = { abort(reason) { signal.aborted = true; signal.reason = reason; for (const f of listeners) f(); } };
      ({ controller, signal })
    `);

  it('aborts', async () => {
    const { controller, signal: other } = foreign();
    expect(other).not.toBeInstanceOf(AbortSignal);
    const loaded = await Encoder.load(MODEL, { signal: other });
    const reason = new Error('enough');
    const job = loaded.encode(
      Array.from({ length: 2000 }, () => 'the cat sat'),
      { signal: other },
    );
    controller.abort(reason);
    await expect(job).rejects.toBe(reason);
    await expect(Encoder.load(MODEL, { signal: other })).rejects.toBe(reason);
    await expect(semanticSearch(random(1, 2, 8), random(2, 2, 8), { signal: other })).rejects.toBe(reason);
    loaded.dispose();
  });
});

describe('a checkpoint with another prefix', () => {
  /** The golden model with `prefix` before the names of its tensors. */
  function renamed(prefix: string): string {
    const directory = mkdtempSync(join(folder, 'model-'));
    cpSync(MODEL, directory, { recursive: true });
    const path = join(directory, 'model.safetensors');
    const bytes = readFileSync(path);
    const size = Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + size)) as Record<string, unknown>;
    const entries_ = Object.entries(header).map(([name, value]) => [
      name === '__metadata__' ? name : prefix + name,
      value,
    ]);
    const text = Buffer.from(JSON.stringify(Object.fromEntries(entries_)));
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(path, Buffer.concat([start, text, bytes.subarray(8 + size)]));
    return directory;
  }

  it.each(['module.', '_orig_mod.', '0.auto_model.', 'model.', 'module.bert.', '_orig_mod.module.'])(
    'of a usual wrapper, %s, is the same model',
    async (prefix) => {
      const wrapped = await Encoder.load(renamed(prefix));
      const [a, b] = [await wrapped.encode('the cat'), await encoder.encode('the cat')];
      expect(a.data).toEqual(b.data);
      wrapped.dispose();
    },
  );

  it('of anything else is told with a tensor that is there', async () => {
    await expect(Encoder.load(renamed('teacher.'))).rejects.toThrow(
      'a tensor embeddings.word_embeddings.weight but received none of this name (there is teacher.embeddings.word_embeddings.weight',
    );
  });
});

it.each([
  ['layer_norm_eps', 1e300],
  ['layer_norm_eps', -1],
])('a config.json with %s %d is told', async (key, value) => {
  const directory = mkdtempSync(join(folder, 'config-'));
  cpSync(MODEL, directory, { recursive: true });
  const path = join(directory, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...config, [key]: value }));
  await expect(Encoder.load(directory)).rejects.toThrow(new RegExp(`${key}: expected`));
});
