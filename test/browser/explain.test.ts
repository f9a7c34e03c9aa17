/** The page of an explanation, as a reader uses it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { Explanation } from '../../lib/explain/explanation.js';
import { launchBrowser, noBrowser, openWatched } from '../support/browser.js';
import { HOSTILE, patterned } from '../support/explained.js';

if (noBrowser) console.log(`skipped: ${noBrowser}`);

const TOKENS = 'the cat that sat on the mat saw a bird'.split(' ');
const size = { heads: 3, queries: TOKENS.length, keys: TOKENS.length };
const mixture = [{ name: 'attention' }, { name: 'random', mix: 0.25 }, { name: 'dot-product', mix: 0.75 }];

(noBrowser ? describe.skip : describe)('the page', () => {
  let browser: Browser;
  let directory: string;
  const layers = [patterned(0, size, mixture), patterned(1, size, mixture)];

  const open = async (explanation: Explanation, hash = '', options = {}) => {
    const file = join(directory, `${Math.random()}.html`);
    writeFileSync(file, explanation.toHTML());
    return openWatched(browser, pathToFileURL(file).href + hash, options);
  };
  const good = () => new Explanation(layers, { title: 'Patterns', queryTokens: TOKENS, keyTokens: TOKENS });
  const heading = (page: Page) => page.textContent('#detail-title');
  const readout = (page: Page) => page.textContent('#readout');
  /** The middle of a cell: the page says where its layout put the map. */
  const cell = async (page: Page, i: number, j: number) => {
    const {
      left,
      top,
      cell: edge,
    } = (await page.evaluate("({ ...document.querySelector('canvas.cells').dataset })")) as Record<
      'left' | 'top' | 'cell',
      string
    >;
    const middle = (start: string, at: number) => Number(start) + (at + 0.5) * Number(edge);
    return { position: { x: middle(left, j), y: middle(top, i) } };
  };
  const weight = (layer: number, part: number, head: number, i: number, j: number) =>
    layers[layer]!.parts[part]!.weights[(head * size.queries + i) * size.keys + j]!;

  beforeAll(async () => {
    browser = await launchBrowser();
    directory = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(directory, { recursive: true });
  });

  it('shows every head and, in large, one with all its parts', async () => {
    const { page, complaints, requests } = await open(good());
    expect(await page.title()).toBe('Patterns: attention');
    expect(await page.locator('.cell').count()).toBe(6);
    expect(await page.locator('figure').count()).toBe(3);
    expect(await page.locator('figcaption').allTextContents()).toEqual([
      'Attention',
      'random alone, weighs 0.250 in the mixture',
      'dot-product alone, weighs 0.750 in the mixture',
    ]);
    expect(await heading(page)).toBe('layer 0, head 0 (MixtureSynthesizer)');
    expect(await readout(page)).toContain('Mean entropy of the rows');
    // Of a mixture, the share of each part is drawn in proportion.
    const shares = (await page.evaluate(
      "[...document.querySelectorAll('.share i')].map((i) => i.offsetWidth / i.parentElement.offsetWidth)",
    )) as number[];
    expect(shares).toEqual([0.25, 0.75]);
    expect([complaints, requests]).toEqual([[], []]);
    await page.close();
  });

  it('goes to the head that is clicked, and on by arrow keys; the address keeps it', async () => {
    const { page, complaints } = await open(good());
    await page.locator('.cell').nth(4).click();
    expect(await heading(page)).toBe('layer 1, head 1 (MixtureSynthesizer)');
    expect(new URL(page.url()).hash).toBe('#1.1');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowUp');
    expect(await heading(page)).toBe('layer 0, head 2 (MixtureSynthesizer)');
    await page.keyboard.press('ArrowRight');
    expect(await heading(page)).toBe('layer 0, head 2 (MixtureSynthesizer)');
    expect(await page.locator('.cell[aria-selected="true"]').count()).toBe(1);
    const there = await open(good(), '#1.2');
    expect(await heading(there.page)).toBe('layer 1, head 2 (MixtureSynthesizer)');
    await there.page.evaluate("location.hash = '#0.1'");
    await there.page.waitForFunction(
      "document.getElementById('detail-title').textContent.includes('head 1')",
    );
    expect(await heading(there.page)).toBe('layer 0, head 1 (MixtureSynthesizer)');
    const nowhere = await open(good(), '#9.9');
    expect(await heading(nowhere.page)).toBe('layer 0, head 0 (MixtureSynthesizer)');
    expect([...complaints, ...there.complaints, ...nowhere.complaints]).toEqual([]);
    await Promise.all([page, there.page, nowhere.page].map((p) => p.close()));
  });

  it('tells the weight under the pointer and under the keys', async () => {
    const { page } = await open(good(), '#1.2');
    await page
      .locator('canvas.cells')
      .first()
      .hover(await cell(page, 3, 7));
    const text = await readout(page);
    expect(text).toContain('“sat” looks at “saw” with ');
    const told = [...text!.matchAll(/\d\.\d{4}/g)].map(Number);
    expect(told).toHaveLength(3);
    told.forEach((value, part) => {
      expect(Math.abs(value - weight(1, part, 2, 3, 7))).toBeLessThan(1e-4);
    });
    const row = TOKENS.map((token, j) => ({ token, weight: weight(1, 0, 2, 3, j) }));
    row.sort((a, b) => b.weight - a.weight);
    const most = row.slice(0, 3).map((key) => `“${key.token}” ${key.weight.toFixed(2)}`);
    const bits = new Explanation(layers).entropy(1, 2)[3]!.toFixed(2);
    expect(await page.textContent('#row')).toBe(`Its row, ${bits} bits, looks most at ${most.join(', ')}.`);
    await page.locator('canvas.cells').nth(2).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowLeft');
    expect(await readout(page)).toContain('“on” looks at “mat” with ');
    for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowDown');
    expect(await readout(page)).toContain('“bird” looks at “mat” with ');
    await page.keyboard.press('Home');
    expect(await readout(page)).toContain('“bird” looks at “the” with ');
    await page.keyboard.press('Escape');
    expect(await readout(page)).toContain('Mean entropy of the rows');
    await page.close();
  });

  it('keeps the cell that is clicked until it is clicked again', async () => {
    const { page } = await open(good());
    const map = page.locator('canvas.cells').nth(1);
    const elsewhere = () => page.locator('h1').hover();
    await map.hover(await cell(page, 1, 2));
    await elsewhere();
    expect(await readout(page)).toContain('Mean entropy of the rows');
    await map.click(await cell(page, 1, 2));
    await map.hover(await cell(page, 5, 5));
    expect(await readout(page)).toContain('“the” looks at “the” with ');
    await elsewhere();
    expect(await readout(page)).toContain('“cat” looks at “that” with ');
    await map.click(await cell(page, 1, 2));
    await elsewhere();
    expect(await readout(page)).toContain('Mean entropy of the rows');
    await page.close();
  });

  it('draws: darker where the weight is larger, the other way round in the dark', async () => {
    const centre = async (page: Page, i: number, j: number): Promise<number> => {
      const { x, y } = (await cell(page, i, j)).position;
      const sum = `(() => {
        const canvas = document.querySelector('canvas.cells');
        const [x, y] = [${x} * devicePixelRatio, ${y} * devicePixelRatio];
        const [r, g, b] = canvas.getContext('2d').getImageData(x, y, 1, 1).data;
        return r + g + b;
      })()`;
      return (await page.evaluate(sum)) as number;
    };
    const row = [...Array(size.keys).keys()].sort((a, b) => weight(0, 0, 1, 4, b) - weight(0, 0, 1, 4, a));
    const [most, least] = [row[0]!, row.at(-1)!];
    const light = await open(good(), '#0.1', { colorScheme: 'light' });
    expect(await centre(light.page, 4, most)).toBeLessThan((await centre(light.page, 4, least)) - 60);
    const dark = await open(good(), '#0.1', { colorScheme: 'dark' });
    expect(await centre(dark.page, 4, most)).toBeGreaterThan((await centre(dark.page, 4, least)) + 60);
    // The button changes the theme against the system's wish, the other one the scale.
    await dark.page.click('#theme');
    expect(await centre(dark.page, 4, most)).toBe(await centre(light.page, 4, most));
    const before = await centre(light.page, 4, least);
    await light.page.check('#scale input[value=linear]');
    expect(await light.page.textContent('#scale-middle')).toBe('0.5');
    expect(await centre(light.page, 4, least)).toBeGreaterThan(before);
    await light.page.keyboard.press('ArrowRight');
    expect(await centre(light.page, 4, least)).toBe(before);
    await light.page.keyboard.press('ArrowRight');
    expect(await centre(light.page, 4, least)).toBeLessThan(before);
    await Promise.all([light.page.close(), dark.page.close()]);
  });

  it('looks different in the dark, and is not blank', async () => {
    const pictures = await Promise.all(
      (['light', 'dark'] as const).map(async (colorScheme) => {
        const { page } = await open(good(), '', { colorScheme });
        // A canvas is 300 pixels wide until something is drawn.
        await page.waitForFunction(
          "[...document.querySelectorAll('.cell canvas')].every(({ width }) => width < 300)",
        );
        const shades = (await page.evaluate(`[...document.querySelectorAll('canvas')].map((canvas) => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          return new Set(new Uint32Array(data.buffer)).size;
        })`)) as number[];
        const picture = await page.screenshot();
        const paper = await page.evaluate('getComputedStyle(document.body).backgroundColor');
        await page.close();
        return { shades, picture, paper };
      }),
    );
    const [light, dark] = pictures as [(typeof pictures)[0], (typeof pictures)[0]];
    expect(light.picture.equals(dark.picture)).toBe(false);
    expect(light.paper).not.toBe(dark.paper);
    for (const { shades } of pictures) {
      // Legend, six small maps, three large ones with a canvas for marks, which is empty as long as none is set.
      expect(shades).toHaveLength(1 + 6 + 2 * 3);
      expect(shades.filter((count) => count === 1)).toHaveLength(3);
      expect(shades.filter((count) => count > 10)).toHaveLength(1 + 6 + 3);
    }
  });

  it('runs nothing that a token says', async () => {
    const shape = { heads: 1, queries: HOSTILE.length, keys: HOSTILE.length };
    const hostile = HOSTILE.join(' ');
    const { page, complaints, requests } = await open(
      new Explanation([{ ...patterned(0, shape), name: hostile, kind: hostile }], {
        title: hostile,
        subtitle: hostile,
        queryTokens: HOSTILE,
        keyTokens: HOSTILE,
      }),
    );
    await page.locator('.cell').first().hover();
    await page.locator('canvas.cells').first().focus();
    for (let i = 0; i < HOSTILE.length; i++) {
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowRight');
    }
    expect(await page.locator('img, svg, script').count()).toBe(2);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    // None pushes the map out of sight.
    const { y } = (await page.locator('canvas.cells').boundingBox())!;
    expect(y).toBeLessThan(1200);
    expect([complaints, requests]).toEqual([[], []]);
    await page.close();
  });

  it('runs nothing that is not its own, even as markup', async () => {
    const { page, complaints } = await open(good());
    await page.evaluate(`
      const script = document.createElement('script');
      script.textContent = 'window.intruder = 1';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.intruder = 2">');
      new Promise((resolve) => setTimeout(resolve, 200))`);
    expect(await page.evaluate('window.intruder')).toBeUndefined();
    expect(complaints.filter((text) => text.includes('Content Security Policy'))).toHaveLength(2);
    await page.close();
  });

  it('fits a narrow screen', async () => {
    const wide = { heads: 12, queries: 40, keys: 120 };
    const explanation = new Explanation([patterned(0, wide, mixture), patterned(1, wide, mixture)]);
    const { page, complaints } = await open(explanation, '', { width: 360, height: 740 });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await page.locator('.cell').count()).toBe(24);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('opens with many large heads', async () => {
    const large = { heads: 12, queries: 128, keys: 128 };
    const explanation = new Explanation(Array.from({ length: 6 }, (_, i) => patterned(i, large)));
    const { page, complaints } = await open(explanation, '#5.11');
    expect(await heading(page)).toBe('layer 5, head 11 (MixtureSynthesizer)');
    expect(complaints).toEqual([]);
    await page.close();
  });
});
