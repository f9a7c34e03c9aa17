/** The model that comes with the package: what docs/model_card.md promises of its files, and that it understands. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_MODEL } from '../../../lib/hub/packaged.js';
import { Encoder, semanticSearch } from '../../../lib/index.js';
import { packageRoot } from '../../../lib/package_root.js';
import { readGolden } from '../../support/golden.js';
import { DEFAULT_MODEL_COSINE } from '../../support/int8_tier.js';

const directory = join(packageRoot(), 'models', DEFAULT_MODEL);
let encoder: Encoder;
beforeAll(async () => {
  encoder = await Encoder.load();
});

const cosine = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return ab / Math.sqrt(aa * bb);
};

it('takes at most 16 MB', () => {
  const files = (readdirSync(directory, { recursive: true }) as string[]).map((name) =>
    statSync(join(directory, name)),
  );
  expect(files.reduce((sum, stats) => sum + (stats.isFile() ? stats.size : 0), 0)).toBeLessThan(16e6);
});

it('compares tokens in a minority of its heads', () => {
  const config = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8')) as {
    model_type: string;
    num_hidden_layers: number;
    num_attention_heads: number;
    attention: { groups: { heads: number; scores: { type: string }[] }[] }[];
  };
  expect(config.model_type).toBe('synthesizer');
  const groups = config.attention.flatMap((layer) => layer.groups);
  const count = (chosen: typeof groups) => chosen.reduce((sum, { heads }) => sum + heads, 0);
  const all = config.num_hidden_layers * config.num_attention_heads;
  expect(count(groups)).toBe(all);
  const comparing = groups.filter(({ scores }) => scores.some(({ type }) => type === 'dot-product'));
  expect(count(comparing)).toBeLessThan(all / 2);
});

it('is what is loaded without a name, in 8 bits, and its embeddings have unit length', async () => {
  expect(encoder).toMatchObject({ dimensions: 384, maxLength: 256, dtype: 'int8', normalizes: true });
  const { data, shape } = await encoder.encode('a text');
  expect(shape).toEqual([384]);
  expect(Math.hypot(...data)).toBeCloseTo(1, 4);
});

describe('its embeddings', () => {
  const golden = readGolden<{ text: string; embedding: number[] }[]>('synthesizer_mini.json');

  it.each(golden)(
    `have a cosine above ${DEFAULT_MODEL_COSINE} to PyTorch in float32: $text`,
    async ({ text, embedding }) => {
      const { data } = await encoder.encode(text);
      expect(cosine(data, embedding)).toBeGreaterThan(DEFAULT_MODEL_COSINE);
    },
  );

  it('put sentences that mean the same beside each other', async () => {
    const texts = readFileSync(join(packageRoot(), 'docs/examples/sentences.txt'), 'utf8')
      .trimEnd()
      .split('\n');
    const { data } = await encoder.encode(texts);
    const rows = texts.map((_, i) => data.subarray(384 * i, 384 * (i + 1)));
    // Pairs of lines with a common meaning and few common words. In float32 each has a cosine that is higher than that of
    // the next neighbour by 0.098 at least; 8 bits move a cosine by 0.006 at most, on every instruction set.
    const MARGIN = 0.05;
    for (const [a, b] of [
      [0, 1],
      [2, 3],
      [4, 5],
      [8, 9],
      [10, 11],
      [12, 13],
      [14, 15],
      [16, 17],
      [20, 21],
      [28, 29],
      [32, 33],
      [34, 35],
      [38, 39],
    ] as const) {
      const others = texts.flatMap((text, i) => (i === a || i === b ? [] : [{ text, i }]));
      const tooNear = others.filter(
        ({ i }) => cosine(rows[a]!, rows[i]!) > cosine(rows[a]!, rows[b]!) - MARGIN,
      );
      expect([texts[a], tooNear]).toEqual([texts[a], []]);
    }
  });

  it('are what semanticSearch ranks', async () => {
    const texts = ['a kitten sleeps', 'the bank lends money', 'a cat is asleep'];
    const rows = await encoder.encode(texts);
    const hits = await semanticSearch(rows, rows, { topK: 2 });
    expect(hits.map((list) => list.map(({ corpusId }) => corpusId))).toEqual([
      [0, 2],
      expect.arrayContaining([1]),
      [2, 0],
    ]);
  });
});
