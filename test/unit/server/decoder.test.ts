import { describe, expect, it } from '@jest/globals';
import { ByteParts } from '../../../lib/server/byte_parts.js';
import { checkIdCount, decodedJson } from '../../../lib/server/decoder.js';

const options = { vocabularySize: 1000, skipSpecialTokens: true };

describe('decodedJson', () => {
  it('decodes one list in a step, and no more', () => {
    const lists = Array.from({ length: 37 }, (_, i) => Array.from({ length: 8000 }, () => i));
    let inStep = 0;
    let most = 0;
    const decode = (ids: readonly number[]): string => {
      inStep += ids.length;
      most = Math.max(most, inStep);
      return `"${ids[0]}é"`;
    };
    const steps = decodedJson(decode, lists, options);
    for (let count = 0; ; count++, inStep = 0) {
      const step = steps.next();
      if (!step.done) continue;
      expect(JSON.parse(step.value.toString())).toEqual(lists.map(([id]) => `"${id}é"`));
      expect(count).toBeGreaterThanOrEqual(lists.length);
      break;
    }
    expect(most).toBe(8000);
  });

  it('refuses ids that the vocabulary lacks, and more than 300,000 in all', () => {
    const steps = decodedJson(() => '', [[999], [1, 1000]], options);
    expect(steps.next().done).toBe(false);
    expect(() => steps.next()).toThrow('ids: expected token ids from 0 to 999 but received 1000');
    const full = Array.from({ length: 50 }, () => new Array<number>(6000).fill(1));
    expect(() => checkIdCount(full)).not.toThrow();
    expect(() => checkIdCount([...full, [1]])).toThrow(
      expect.objectContaining({
        kind: 'tooLong',
        message: 'ids: expected at most 300000 tokens a request but received 300001',
      }),
    );
  });
});

it('bytes of many parts are joined in steps of about a MiB', () => {
  const parts = new ByteParts();
  const texts = Array.from({ length: 100 }, (_, i) => String(i % 10).repeat(100_000));
  for (const text of texts) parts.add(text);
  const steps = parts.join();
  let count = 0;
  for (;;) {
    const step = steps.next();
    count++;
    if (!step.done) continue;
    expect(step.value.toString()).toBe(texts.join(''));
    break;
  }
  expect(count).toBe(10);
});
