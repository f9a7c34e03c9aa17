import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from '@jest/globals';
import { ModelError } from '../../../lib/errors.js';
import { Encoder } from '../../../lib/models/encoder.js';
import type { EncodeProgress } from '../../../lib/models/types.js';
import { goldenPath } from '../../support/golden.js';

const load = () => Encoder.load(goldenPath('tiny_bert'));
const many = Array.from({ length: 3000 }, (_, i) => `text number ${i} of a long list with some words in it`);

describe('Encoder.encode', () => {
  it('reports progress in input order up to the total', async () => {
    const seen: EncodeProgress[] = [];
    await (await load()).encode(many, { batchSize: 100, onProgress: (p) => seen.push(p) });
    expect(seen.map((p) => p.texts)).toEqual(Array.from({ length: 30 }, (_, i) => 100 * (i + 1)));
    expect(seen.every((p, i) => p.total === 3000 && p.tokens > (seen[i - 1]?.tokens ?? 0))).toBe(true);
  });

  it('rejects with the reason of an abort, before and during the work', async () => {
    const encoder = await load();
    await expect(encoder.encode(many, { signal: AbortSignal.abort(new Error('early')) })).rejects.toThrow(
      'early',
    );
    const controller = new AbortController();
    const reason = new Error('enough');
    let calls = 0;
    const work = encoder.encode(many, {
      batchSize: 10,
      signal: controller.signal,
      onProgress: () => {
        if (++calls === 3) controller.abort(reason);
      },
    });
    await expect(work).rejects.toBe(reason);
    expect(calls).toBe(3);
    // Nothing is left behind: the encoder goes on working.
    expect((await encoder.encode('more')).shape).toEqual([encoder.dimensions]);
  });

  it('refuses what is not text and options out of range', async () => {
    const encoder = await load();
    await expect(encoder.encode(7 as never)).rejects.toThrow(
      'texts: expected a string or an array of strings but received 7',
    );
    await expect(encoder.encode(['a', null as never])).rejects.toThrow(
      'texts[1]: expected a string but received null',
    );
    await expect(encoder.encode(['a'], { batchSize: 0 })).rejects.toThrow(
      'batchSize: expected a positive integer but received 0',
    );
    await expect(encoder.encode(['a'], { normalize: 1 as never })).rejects.toThrow(
      'normalize: expected a boolean',
    );
  });

  it('refuses work after dispose', async () => {
    const encoder = await load();
    encoder.dispose();
    await expect(encoder.encode('a')).rejects.toThrow(
      'this Encoder cannot be used any more: it has been disposed',
    );
  });

  it('refuses ids of the tokenizer that the model does not have', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'synthetic-attention-'));
    try {
      await cp(goldenPath('tiny_bert'), directory, { recursive: true });
      const path = join(directory, 'tokenizer.json');
      const file = JSON.parse(await readFile(path, 'utf8')) as { added_tokens: object[] };
      file.added_tokens.push({ id: 5000, content: 'NEW', special: true });
      await writeFile(path, JSON.stringify(file));
      using encoder = await Encoder.load(directory);
      await expect(encoder.encode('a NEW token')).rejects.toThrow(ModelError);
      expect((await encoder.encode('a token')).shape).toEqual([encoder.dimensions]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('passes on what onProgress throws', async () => {
    const encoder = await load();
    const onProgress = () => {
      throw new Error('from the callback');
    };
    await expect(encoder.encode(many, { onProgress })).rejects.toThrow('from the callback');
  });

  it('lets timers run while it works', async () => {
    const encoder = await load();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await encoder.encode(many);
    clearInterval(timer);
    delay.disable();
    expect(turns).toBeGreaterThan(5);
  });
});

describe('Encoder.encodeStream', () => {
  it('gives the rows of encode, from strings and arrays, sync and async sources', async () => {
    const encoder = await load();
    const expected = [...(await encoder.encode(many.slice(0, 40))).data];
    const sources = [
      many.slice(0, 40),
      [many.slice(0, 1), many.slice(1, 33), [], many.slice(33, 40)],
      (async function* () {
        yield many.slice(0, 20);
        for (const text of many.slice(20, 40)) yield text;
      })(),
    ];
    for (const source of sources) {
      const rows: number[] = [];
      let texts = 0;
      for await (const batch of encoder.encodeStream(source, { batchSize: 7 })) {
        expect(batch.embeddings.length).toBe(batch.texts * encoder.dimensions);
        rows.push(...batch.embeddings);
        texts += batch.texts;
      }
      expect(texts).toBe(40);
      expect(rows).toEqual(expected);
    }
  });

  it('reads ahead only a few batches', async () => {
    const encoder = await load();
    let read = 0;
    function* source() {
      for (;;) {
        read++;
        yield 'a text without end';
      }
    }
    const stream = encoder.encodeStream(source(), { batchSize: 5 });
    await stream.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(read).toBeLessThanOrEqual(20);
    await stream.return();
  });

  it('closes its source when the consumer stops', async () => {
    const encoder = await load();
    let closed = false;
    async function* source() {
      try {
        for (;;) yield 'text';
      } finally {
        closed = true;
      }
    }
    for await (const _ of encoder.encodeStream(source(), { batchSize: 2 })) break;
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(true);
  });

  it('passes on what the source throws', async () => {
    const encoder = await load();
    async function* source() {
      yield 'text';
      throw new Error('source failed');
    }
    await expect(async () => {
      for await (const _ of encoder.encodeStream(source()));
    }).rejects.toThrow('source failed');
  });
});
