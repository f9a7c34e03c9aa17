/** Tokenization in threads: the same batches as on the event loop, and threads that come, end and fail as they should. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ArgumentError, FileError } from '../../../../lib/errors.js';
import { type JsonObject, readJsonObject } from '../../../../lib/models/directory/json_file.js';
import { Encoder } from '../../../../lib/models/encoder.js';
import type { TokenBatch } from '../../../../lib/models/feed/batch.js';
import { type JobOptions, runJobs } from '../../../../lib/models/feed/jobs.js';
import { TokenWorkers, type TokenWorkersOptions } from '../../../../lib/models/feed/worker_pool.js';
import { Tokenizer } from '../../../../lib/models/tokenizer/tokenizer.js';
import type { TextSource } from '../../../../lib/models/types.js';
import { packageRoot } from '../../../../lib/package_root.js';
import { goldenPath } from '../../../support/golden.js';

const model = goldenPath('tiny_bert');
const built = join(packageRoot(), 'dist', 'models', 'feed', 'worker.cjs');
/** Sources are no thread's to run: these need what `npm run build:ts` makes. */
const withThreads = existsSync(built) ? it : it.skip;

const tokenizing = { maxLength: 96, lowerCase: false };
const some = [
  '',
  'a cat',
  'two \ud800 halves \udc00',
  'ÀÉÎ õü 中文 🙂',
  ' \t\n ',
  'x'.repeat(3000),
  'sat on '.repeat(5000),
];
/** Some twenty jobs. */
const many = Array.from({ length: 5000 }, (_, i) => `${some[i % 5]} the ${i} cats sit`);

let folder: string;
let file: JsonObject;
let tokenizer: Tokenizer;
const open: { dispose(): void }[] = [];
/** Texts that the event loop has tokenized. */
let own = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synthetic-attention-'));
  file = await readJsonObject(model, 'tokenizer.json');
  tokenizer = Tokenizer.create(file, tokenizing);
  const steps = tokenizer.stepsInto.bind(tokenizer);
  tokenizer.stepsInto = (text, ids, maxLength) => {
    own++;
    return steps(text, ids, maxLength);
  };
});
afterEach(() => {
  for (const one of open.splice(0)) one.dispose();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function tokenWorkers(options: TokenWorkersOptions): TokenWorkers {
  const made = new TokenWorkers(tokenizer, file, tokenizing, options);
  open.push(made);
  return made;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(2);
}

async function readyWorkers(options: TokenWorkersOptions): Promise<TokenWorkers> {
  const made = tokenWorkers(options);
  await until(() => made.ready);
  own = 0;
  return made;
}

async function threadFile(name: string, body: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, body);
  return path;
}

const ended = async (): Promise<void> => {};

async function batches(
  texts: TextSource,
  workers: TokenWorkers,
  options: JobOptions = {},
  prompt = '',
  start: (batch: TokenBatch) => Promise<void> = ended,
): Promise<number[][][]> {
  const all: number[][][] = [];
  for await (const { batch } of runJobs(texts, workers, prompt, start, options, undefined)) {
    all.push([[...batch.ids], [...batch.offsets]]);
  }
  return all;
}

describe('tokenizer workers', () => {
  describe.each([1, 3])('%d of them', (count) => {
    withThreads.each([
      ['an array', () => [[...some, ...many]], {}, ''],
      ['texts one by one', () => [...some, ...many], {}, ''],
      ['arrays, empty ones too', () => [[], some, [], [], many.slice(0, 700), []], {}, ''],
      ['a prompt', () => [many], {}, 'query: '],
      ['a batchSize', () => [many.slice(0, 500)], { batchSize: 7 }, ''],
      ['one text', () => ['a cat'], {}, ''],
      ['no texts', () => [], {}, ''],
      ['a text too long for a message', () => [['a', 'b '.repeat(2 ** 20), 'c']], {}, ''],
    ])('give the batches of the event loop: %s', async (_, texts, options, prompt) => {
      const expected = await batches(texts(), tokenWorkers({ workers: 0 }), options, prompt);
      const workers = await readyWorkers({ workers: count });
      expect(await batches(texts(), workers, options, prompt)).toEqual(expected);
    });
  });

  withThreads('take texts off the event loop', async () => {
    const workers = await readyWorkers({ workers: 1 });
    await batches([many], workers);
    expect(own).toBeLessThan(many.length - 500);
  });

  withThreads('leave a long text to the event loop', async () => {
    const workers = await readyWorkers({ workers: 1 });
    await batches([['b '.repeat(2 ** 20)]], workers);
    expect(own).toBe(1);
  });

  withThreads('serve several calls at once', async () => {
    const expected = await batches([many], tokenWorkers({ workers: 0 }));
    const workers = await readyWorkers({ workers: 2 });
    const all = await Promise.all([1, 2, 3, 4].map(() => batches([many], workers)));
    for (const one of all) expect(one).toEqual(expected);
  });

  withThreads('give the embeddings of the event loop', async () => {
    const [without, with1] = await Promise.all(
      [0, 1].map((tokenizerWorkers) => Encoder.load(model, { tokenizerWorkers })),
    );
    open.push(without!, with1!);
    await pause(200);
    for (const list of [[], some, many.slice(0, 2000)]) {
      expect((await with1!.encode(list)).data).toEqual((await without!.encode(list)).data);
    }
  });

  it('are an option that is checked', async () => {
    for (const tokenizerWorkers of [-1, 1.5, 65, Number.NaN, '1', null] as unknown[] as number[]) {
      const loading = Encoder.load(model, { tokenizerWorkers });
      await expect(loading).rejects.toThrow(ArgumentError);
      await expect(loading).rejects.toThrow(
        /^tokenizerWorkers: expected "auto" or an integer from 0 to 64 but/,
      );
    }
  });
});

describe('a source and its consumer', () => {
  withThreads('are read ahead of by some slices only', async () => {
    let given = 0;
    let closed = false;
    function* source(): Generator<string> {
      try {
        for (;;) {
          given++;
          yield 'the cat sat on the mat and then on the other mat';
        }
      } finally {
        closed = true;
      }
    }
    const workers = await readyWorkers({ workers: 1 });
    for await (const _ of runJobs(source(), workers, '', ended, {}, undefined)) {
      await pause(20);
      const before = given;
      await pause(50);
      expect(given).toBe(before);
      expect(given).toBeLessThan(3000);
      break;
    }
    await until(() => closed);
  });

  withThreads.each([
    ['jobs of one text', { batchSize: 1 }, 'a cat', 20, 10],
    // 96 tokens each: two jobs have enough long before a slice has.
    ['jobs of many tokens', {}, '.'.repeat(94), 100, 0],
  ])('do not wait for a slice to be full: %s', async (_, options, text, count, enough) => {
    const workers = await readyWorkers({ workers: 1 });
    let results = 0;
    async function* source(): AsyncGenerator<string> {
      for (let i = 0; i < count; i++) yield text;
      await until(() => results > enough);
      yield 'the end';
    }
    let texts = 0;
    for await (const { batch } of runJobs(source(), workers, '', ended, options, undefined)) {
      results++;
      texts += batch.offsets.length - 1;
    }
    expect(texts).toBe(count + 1);
  });

  withThreads('get the error of a source, or of what is no text, after the batches before it', async () => {
    function* failing(): Generator<string> {
      yield* many;
      throw new Error('no more');
    }
    const bad = [...many, 5 as unknown as string];
    for (const workers of [tokenWorkers({ workers: 0 }), await readyWorkers({ workers: 1 })]) {
      for (const [source, message] of [
        [() => failing(), 'no more'],
        [() => [bad], `texts[${many.length}]: expected a string but received 5`],
      ] as const) {
        let texts = 0;
        const run = async (): Promise<void> => {
          for await (const { batch } of runJobs(source(), workers, '', ended, {}, undefined)) {
            texts += batch.offsets.length - 1;
          }
        };
        await expect(run()).rejects.toThrow(message);
        expect(texts).toBeGreaterThan(many.length / 2);
      }
    }
  });

  withThreads('may abort, and what comes later is as before', async () => {
    const workers = await readyWorkers({ workers: 1 });
    const abort = new AbortController();
    const reason = new Error('enough');
    const running = batches([many], workers, {
      signal: abort.signal,
      onProgress: ({ texts }) => texts > 500 && abort.abort(reason),
    });
    await expect(running).rejects.toBe(reason);
    const endless = new AbortController();
    const waiting = batches(
      (async function* () {
        yield 'a cat';
        await new Promise(() => {});
      })(),
      workers,
      { signal: endless.signal },
    );
    await pause(20);
    endless.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(await batches([some], workers)).toEqual(await batches([some], tokenWorkers({ workers: 0 })));
  });

  withThreads('go on on the event loop when threads are disposed of', async () => {
    const expected = await batches([many], tokenWorkers({ workers: 0 }));
    const workers = await readyWorkers({ workers: 2 });
    let jobs = 0;
    const start = async (): Promise<void> => {
      if (++jobs === 3) workers.dispose();
    };
    expect(await batches([many], workers, {}, '', start)).toEqual(expected);
    expect(workers.ready).toBe(false);
    expect(await batches([many], workers)).toEqual(expected);
  });

  withThreads('keep the event loop turning', async () => {
    const workers = await readyWorkers({ workers: 1 });
    let turns = 0;
    let on = true;
    const count = async (): Promise<void> => {
      for (; on; turns++) await nextTurn();
    };
    const counting = count();
    const jobs = await batches([many], workers);
    on = false;
    await counting;
    expect(turns).toBeGreaterThan(jobs.length / 4);
  });
});

describe("'auto'", () => {
  withThreads('starts a thread in the midst of a call whose jobs wait for tokens', async () => {
    const workers = tokenWorkers({ workers: 'auto', most: 1 });
    expect(workers.room).toBe(0);
    async function* source(): AsyncGenerator<readonly string[]> {
      while (workers.room === 0) yield many;
      while (!workers.ready) yield many;
      own = 0;
      yield many;
      yield many;
    }
    const all = await batches(source(), workers);
    expect(own).toBeLessThan(2 * many.length - 500);
    const one = await batches([many], tokenWorkers({ workers: 0 }));
    const ids = one.flatMap(([batch]) => batch!);
    const found = all.flatMap(([batch]) => batch!);
    expect(found.length % ids.length).toBe(0);
    for (let at = 0; at < found.length; at += ids.length) {
      expect(found.slice(at, at + ids.length)).toEqual(ids);
    }
  });

  it.each([
    ['jobs take longer than their tokens', () => [many], () => pause(50).then(() => {}), 0],
    [
      'the source is what takes long',
      async function* () {
        for (let i = 0; i < 60; i++) {
          await pause(15);
          yield Array.from({ length: 40 }, () => 'the cat sat '.repeat(10));
        }
      },
      ended,
      0,
    ],
    ['the consumer is what takes long', () => [many], ended, 60],
  ])('starts none where %s', async (_, source, start, consumer) => {
    const workers = tokenWorkers({ workers: 'auto', most: 1 });
    let jobs = 0;
    for await (const { batch } of runJobs(source(), workers, '', start, {}, undefined)) {
      if (batch.ids.length > 0) jobs++;
      if (consumer > 0) await pause(consumer);
    }
    expect(jobs).toBeGreaterThan(17);
    expect(workers.room).toBe(0);
  });

  it('starts none, without an error, where there is nothing to run, or it does not run', async () => {
    const expected = await batches([many], tokenWorkers({ workers: 0 }));
    const broken = await threadFile('broken.mjs', "throw new Error('not here');");
    for (const path of [join(folder, 'missing.mjs'), broken]) {
      const workers = tokenWorkers({ workers: 'auto', most: 1, file: path });
      for (let i = 0; i < 2; i++) expect(await batches([many], workers)).toEqual(expected);
      await until(() => workers.room === 0);
      for (let i = 0; i < 2; i++) await batches([many], workers);
      expect(workers.room).toBe(0);
    }
  });
});

describe('a thread that fails', () => {
  const READY = "import { parentPort } from 'node:worker_threads'; parentPort.postMessage('ready');";

  it('is one clear error where there is nothing to run', () => {
    const path = join(folder, 'missing.mjs');
    const make = () => tokenWorkers({ workers: 1, file: path });
    expect(make).toThrow(FileError);
    expect(make).toThrow(`${path}: expected what tokenizer workers run but received no file`);
  });

  it.each([
    ['throws', "parentPort.on('message', () => { throw new Error('no more'); });", 'no more'],
    ['ends', "parentPort.on('message', () => process.exit(3));", 'its end with exit code 3'],
  ])('fails the calls whose texts it has: it %s', async (name, body, received) => {
    const workers = await readyWorkers({ workers: 1, file: await threadFile(`${name}.mjs`, READY + body) });
    const error = await batches([many], workers).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'ERR_WORKER',
      message: `tokenizer worker: expected ids of texts but received ${received}`,
    });
    expect(workers.ready).toBe(false);
  });

  it('fails one call where it does not start', async () => {
    const workers = tokenWorkers({
      workers: 1,
      file: await threadFile('start.mjs', "throw new Error('no');"),
    });
    await until(() => workers.room === 0);
    await expect(batches([some], workers)).rejects.toThrow(
      /^tokenizer worker: expected ids of texts but received no$/,
    );
    expect(await batches([some], workers)).toHaveLength(1);
  });

  withThreads('is started anew by the next call', async () => {
    const marker = join(folder, 'failed');
    const path = await threadFile(
      'once.mjs',
      `import { existsSync, writeFileSync } from 'node:fs'; import { parentPort } from 'node:worker_threads';
      if (existsSync(${JSON.stringify(marker)})) await import(${JSON.stringify(pathToFileURL(built).href)});
      else {
        writeFileSync(${JSON.stringify(marker)}, '');
        parentPort.on('message', () => { throw new Error('once'); });
        parentPort.postMessage('ready');
      }`,
    );
    const workers = await readyWorkers({ workers: 1, file: path });
    await expect(batches([many], workers)).rejects.toThrow('once');
    const expected = await batches([many], tokenWorkers({ workers: 0 }));
    expect(await batches([many], workers)).toEqual(expected);
    await until(() => workers.ready);
    own = 0;
    expect(await batches([many], workers)).toEqual(expected);
    expect(own).toBeLessThan(many.length - 500);
  });
});

describe('the process', () => {
  withThreads.each([0, 2])(
    'ends though threads are there, and not before ids have come: %d calls',
    (calls) => {
      const script = `
      import { Encoder } from ${JSON.stringify(pathToFileURL(join(packageRoot(), 'dist', 'index.js')).href)};
      const encoder = await Encoder.load(${JSON.stringify(model)}, { tokenizerWorkers: 2 });
      for (let i = 0; i < ${calls}; i++) {
        const rows = await encoder.encode(Array.from({ length: 3000 }, (_, i) => 'cat ' + i));
        console.log(rows.shape[0]);
        await new Promise((resolve) => setTimeout(resolve, 300));
      }`;
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
        timeout: 30_000,
      });
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '3000\n'.repeat(calls), stderr: '' });
    },
  );
});
