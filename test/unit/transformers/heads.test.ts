/** Heads of every architecture against the pipelines of Python's transformers. */
import { describe, expect, it } from '@jest/globals';
import { pipeline } from '../../../lib/transformers/index.js';
import { goldenPath, readGolden } from '../../support/golden.js';

interface Golden {
  fill_mask: {
    name: string;
    text: string;
    results: { score: number; token: number; token_str: string; sequence: string }[];
  }[];
  text_classification: { name: string; text: string; results: { label: string; score: number }[] }[];
}

/** Scores are float32 sums of some hundred terms of size 1, through one or two layers. */
const TOLERANCE = 2e-6;

function expectScores(actual: readonly { score: number }[], expected: readonly { score: number }[]): void {
  for (const [i, { score }] of expected.entries()) {
    expect(Math.abs(actual[i]!.score - score)).toBeLessThanOrEqual(TOLERANCE * Math.max(1, Math.abs(score)));
  }
}

describe.each(['bert', 'roberta', 'distilbert', 'electra', 'albert', 'mpnet', 'modernbert'])('%s', (name) => {
  const golden = readGolden<Golden>(`heads/${name}.json`);
  const directory = goldenPath(`heads/${name}`);

  it('fills masks', async () => {
    const fill = await pipeline('fill-mask', directory);
    const texts = golden.fill_mask.map(({ text }) => text);
    const all = await fill(texts, { top_k: 4 });
    for (const [i, { results }] of golden.fill_mask.entries()) {
      const without = <T extends { score: number }>(list: readonly T[]) =>
        list.map((entry) => ({ ...entry, score: 0 }));
      expect(without(all[i]!)).toEqual(without(results));
      expectScores(all[i]!, results);
      expect(await fill(texts[i]!, { topk: 2 })).toEqual(all[i]!.slice(0, 2));
    }
    await fill.dispose();
  });

  it('classifies', async () => {
    const classify = await pipeline('text-classification', directory);
    const texts = golden.text_classification.map(({ text }) => text);
    const all = await classify(texts, { top_k: null });
    for (const [i, { results }] of golden.text_classification.entries()) {
      expect(all[i]!.map(({ label }) => label)).toEqual(results.map(({ label }) => label));
      expectScores(all[i]!, results);
      expect(await classify(texts[i]!)).toEqual(all[i]!.slice(0, 1));
    }
    expect(await classify(texts)).toEqual(all.map(([best]) => best));
    await classify.dispose();
  });
});
