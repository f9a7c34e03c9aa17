/** Pipelines over a model that gives NaN for some texts, or whose heads do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ModelError, NonFiniteError } from '../../../lib/index.js';
import { pipeline, type TaskType } from '../../../lib/transformers/index.js';
import { alteredModel, withWord } from '../../support/altered_model.js';
import { goldenPath } from '../../support/golden.js';

const HEADS = goldenPath('heads/bert');
const GOOD = ['a [MASK] cat', 'warm [MASK]'];
const BAD = 'the river [MASK] stone';
const TASKS: readonly TaskType[] = ['feature-extraction', 'text-classification', 'fill-mask'];

let folder: string;
let bad: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  const fill = await pipeline('fill-mask', HEADS);
  const [wrong, ...good] = [BAD, ...GOOD].map((text) => fill.tokenizer.encode(text));
  await fill.dispose();
  const id = wrong!.find((one) => good.every((ids) => !ids.includes(one)))!;
  bad = await withWord(HEADS, join(folder, 'word'), id, Number.NaN);
});
afterAll(() => rmSync(folder, { recursive: true }));

type Run = (texts: string | string[], options?: object) => Promise<unknown>;

async function failure(work: Promise<unknown>): Promise<number> {
  const error = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(NonFiniteError);
  return (error as NonFiniteError).index;
}

describe.each(TASKS)('%s', (task) => {
  it('names the text', async () => {
    // Its table of words is the last layer of the head too, which gives NaN for every text.
    if (task === 'fill-mask') return void (await expect(pipeline(task, bad)).rejects.toThrow(ModelError));
    const run = (await pipeline(task, bad)) as unknown as Run & { dispose(): Promise<void> };
    const many = [...Array.from({ length: 40 }, (_, i) => GOOD[i % 2]!), BAD, GOOD[0]!];
    expect(await failure(run(many))).toBe(40);
    expect(await failure(run(BAD))).toBe(0);
    if (task === 'feature-extraction') {
      for (const pooling of ['mean', 'cls', 'max', 'last_token']) {
        for (const options of [{ pooling }, { pooling, normalize: true }, { pooling, quantize: true }]) {
          expect(await failure(run(many, options))).toBe(40);
        }
      }
    }
    await run(GOOD);
    await run.dispose();
  });

  it('refuses a head whose weights are not finite, and logits that are none', async () => {
    if (task === 'feature-extraction') return;
    const [last, cls] = [join(folder, `${task} weights`), join(folder, `${task} logits`)];
    const isHead = (name: string) => /^(cls|classifier)\b.*bias$/.test(name);
    const broken = await alteredModel(HEADS, last, (name, data) => {
      if (isHead(name)) data[0] = Number.NaN;
    });
    await expect(pipeline(task, broken)).rejects.toThrow(ModelError);
    await expect(pipeline(task, broken)).rejects.toThrow('expected finite weights');
    const large = await alteredModel(HEADS, cls, (name, data) => {
      if (/^(cls|classifier)\b.*weight$/.test(name) || name.includes('word_embeddings')) data.fill(3e38);
    });
    const run = (await pipeline(task, large)) as unknown as Run & { dispose(): Promise<void> };
    expect(await failure(run(GOOD))).toBe(0);
    await run.dispose();
  });
});
