import { expect, it } from '@jest/globals';
import { tokenBatches } from '../../../../lib/models/feed/batches.js';
import { TextReader } from '../../../../lib/models/feed/text_reader.js';
import type { TokenWorkers } from '../../../../lib/models/feed/worker_pool.js';

it('an abort ends the tokenization of a text between two steps', async () => {
  let steps = 0;
  function* endless(): Generator<void, void, void> {
    // An end all the same, or a failure would hang.
    for (; steps < 1e6; steps++) yield;
  }
  const workers = { ready: false, tokenizer: { stepsInto: endless } } as unknown as TokenWorkers;
  const controller = new AbortController();
  const reason = new Error('no longer wanted');
  const limits = { tokens: 100, texts: 100 };
  const batches = tokenBatches(new TextReader(['x']), workers, limits, () => true, '', controller.signal);
  const next = batches.next();
  setImmediate(() => controller.abort(reason));
  await expect(next).rejects.toBe(reason);
  const done = steps;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(steps).toBe(done);
  expect(steps).toBeLessThan(1e6);
});
