// Pictures of the explanation page for docs/, drawn by a real Chromium from the built package.
//   node scripts/screenshot_explain.mjs --model DIR     (all-MiniLM-L6-v2 in the documentation)
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { Encoder, MixtureSynthesizer, Tensor } from '../dist/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ options: { model: { type: 'string' } } });
if (!values.model) throw new Error('expected --model DIR but received none');

const TEXT = 'The bank raised its interest rates, so she walked along the river bank to think about it.';

/** A mixture whose random part knows neighbours and whose dot products know equal words. */
function mixture() {
  const words = 'the cat that sat on the mat saw the bird that sat on a fence'.split(' ');
  const [length, features, heads] = [words.length, 32, 4];
  const layer = new MixtureSynthesizer({
    name: 'encoder layer',
    numHeads: heads,
    valueDim: 8,
    maxLength: length,
    scores: ['random', 'dot-product'],
    seed: 3,
  });
  layer.build([features]);
  const weights = Object.fromEntries(layer.weights.map(({ name, tensor }) => [name, tensor]));
  const neighbours = Tensor.zeros([heads, length, length]);
  for (let at = 0; at < neighbours.size; at++) {
    const [head, i, j] = [Math.floor(at / length ** 2), Math.floor(at / length) % length, at % length];
    neighbours.data[at] = 9 * Math.exp(-((j - i + head - 1) ** 2) / (head + 0.6));
  }
  // Keys are the queries: equal words have the largest products.
  const query = new Tensor(
    weights['query/kernel'].data.map((x) => 5 * x),
    weights['query/kernel'].shape,
  );
  layer.setWeights({
    ...weights,
    'random/kernel': neighbours,
    'query/kernel': query,
    'key/kernel': query,
    'mixing/logits': new Tensor(Float32Array.of(0.3, 0), [2]),
  });
  let state = 1;
  const random = () => {
    state = (state * 16807) % 2147483647;
    return (2 * state) / 2147483647 - 1;
  };
  const vectors = new Map();
  const x = words.flatMap((word) => {
    if (!vectors.has(word)) vectors.set(word, Array.from({ length: features }, random));
    return vectors.get(word);
  });
  return layer.explain(new Tensor(Float32Array.from(x), [1, length, features]), {
    queryTokens: words,
    title: 'R+V',
    subtitle: words.join(' '),
  });
}

const encoder = await Encoder.load(values.model);
const pages = [
  ['inspect-light.png', await encoder.explain(TEXT, { title: 'all-MiniLM-L6-v2' }), 'light', '#2.8', 920],
  ['inspect-dark.png', mixture(), 'dark', '#0.2', 860],
];
const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
const browser = await chromium.launch({
  executablePath: process.env.SYNTHETIC_ATTENTION_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
try {
  for (const [name, explanation, colorScheme, hash, height] of pages) {
    const file = join(folder, 'page.html');
    writeFileSync(file, explanation.toHTML());
    const page = await browser.newPage({ viewport: { width: 1280, height }, colorScheme });
    await page.goto(pathToFileURL(file).href + hash);
    const canvas = page.locator('canvas.cells').first();
    const { left, top, cell } = await canvas.evaluate(({ dataset }) => ({ ...dataset }));
    const [row, column] = name.includes('light') ? [16, 18] : [11, 3];
    const middle = (start, at) => Number(start) + (at + 0.5) * Number(cell);
    await canvas.hover({ position: { x: middle(left, column), y: middle(top, row) } });
    await page.screenshot({ path: join(root, 'docs', name), fullPage: true });
    await page.close();
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
  encoder.dispose();
}
