/** The page of the server at /, as a visitor uses it. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FastifyInstance, fastify } from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { Encoder } from '../../lib/models/encoder.js';
import { type EmbeddingsServerOptions, embeddingsServer } from '../../lib/server/index.js';
import { launchBrowser, noBrowser, openWatched, type Watched } from '../support/browser.js';
import { HOSTILE } from '../support/explained.js';
import { goldenPath } from '../support/golden.js';

if (noBrowser) console.log(`skipped: ${noBrowser}`);

const MODEL = goldenPath('tiny_bert');
const MOST_TEXTS = 40;

async function expectSoon(holds: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

(noBrowser ? describe.skip : describe)('the playground', () => {
  let browser: Browser;
  let encoder: Encoder;
  let origin: string;
  const apps: FastifyInstance[] = [];

  const serve = async (options: Partial<EmbeddingsServerOptions> & { prefix?: string } = {}) => {
    const app = fastify() as unknown as FastifyInstance;
    apps.push(app);
    await app.register(embeddingsServer, { models: { tiny: MODEL }, ...options });
    return app.listen({ port: 0, host: '127.0.0.1' });
  };
  /** With the similarities and the attention of the examples. */
  const open = async (url = `${origin}/`, options = {}): Promise<Watched> => {
    const watched = await openWatched(browser, url, options);
    await watched.page.waitForSelector('#matrix td.here');
    await inner(watched.page).locator('#panels canvas').first().waitFor();
    return watched;
  };
  /** Playwright's own waiting evaluates strings inside the page, which its policy forbids. */
  const until = (page: Page, condition: string) =>
    expectSoon(async () => (await page.evaluate(condition)) === true, condition);
  const inner = (page: Page) => page.frameLocator('#frame');
  const status = (page: Page) => page.textContent('#similarity-status');
  const type = async (page: Page, texts: readonly string[]) => {
    await page.fill('#texts', texts.join('\n'));
    const count = Math.min(texts.length, MOST_TEXTS);
    await until(page, `document.querySelectorAll('#matrix tbody tr').length === ${count}`);
  };
  const numbers = async (page: Page) => {
    const rows = await page.locator('#matrix tbody tr').all();
    return Promise.all(rows.map(async (row) => (await row.locator('td').allTextContents()).map(Number)));
  };
  /** The cell of a pair of texts, as an expression. */
  const cellOf = (i: number, j: number) =>
    `document.querySelector('#matrix td[data-row="${i}"][data-column="${j}"]')`;
  const fits = (page: Page) => page.evaluate('document.documentElement.scrollWidth <= innerWidth');
  const own = (requests: readonly string[], base = origin) =>
    requests.filter((url) => !url.startsWith(`${base}/`));

  beforeAll(async () => {
    [browser, encoder, origin] = await Promise.all([launchBrowser(), Encoder.load(MODEL), serve()]);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all(apps.map((app) => app.close()));
    encoder?.dispose();
  });

  it('shows at once what the examples give, and asks its own server alone', async () => {
    const { page, complaints, requests } = await open();
    expect(await page.title()).toBe('Embeddings: playground');
    expect(await page.textContent('#model-name')).toBe('tiny');
    expect(await page.locator('#matrix td').count()).toBe(64);
    expect(await page.locator('#nearest li').count()).toBe(7);
    expect(await page.locator('[role=alert]:visible').count()).toBe(0);
    // The frame is made by the page; nothing else is asked for but these.
    const asked = new Set(requests.map((url) => url.replace(origin, '').replace(/^blob:.*/, 'blob')));
    expect([...asked].sort()).toEqual(['/explain', '/stats', '/v1/embeddings', '/v1/models', 'blob']);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('compares texts as they are typed, as the encoder does', async () => {
    const { page, complaints } = await open();
    const texts = ['the cat sat', 'a bird on the mat', 'the cat sat on a mat', 'yes'];
    await page.click('#texts');
    await page.keyboard.press('Control+A');
    await page.keyboard.type(`${texts[0]}\n\n  ${texts[1]}  \n${texts[2]}\n${texts[3]}\n`);
    await until(page, "document.querySelectorAll('#matrix tbody tr').length === 4");
    const { data } = await encoder.encode(texts, { normalize: true });
    const width = encoder.dimensions;
    const cosine = (i: number, j: number) => {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += data[i * width + k]! * data[j * width + k]!;
      return sum;
    };
    const shown = await numbers(page);
    for (const [i, row] of shown.entries()) {
      expect(row).toHaveLength(4);
      // Two digits.
      for (const [j, value] of row.entries()) expect(Math.abs(value - cosine(i, j))).toBeLessThan(0.00501);
    }
    const tokens = encoder.tokenize(texts).reduce((sum, ids) => sum + ids.length, 0);
    expect(await status(page)).toMatch(
      new RegExp(`^4 texts, ${tokens} tokens, ${width} numbers each, answered in`),
    );
    const order = [0, 1, 3].sort((a, b) => cosine(2, b) - cosine(2, a));
    await page.locator('#matrix tbody th').nth(2).click();
    expect(await page.textContent('#nearest-title')).toBe(`Nearest to “${texts[2]}”`);
    expect(await page.locator('#nearest .name').allTextContents()).toEqual(order.map((i) => texts[i]));
    expect(await page.locator('#nearest .value').allTextContents()).toEqual(
      order.map((i) => cosine(2, i).toFixed(3)),
    );
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('keeps the newest of several answers', async () => {
    const { page } = await open();
    let held: (() => void) | undefined;
    await page.route('**/v1/embeddings', async (route) => {
      if (route.request().postData()!.includes('slow')) await new Promise<void>((go) => (held = go));
      await route.continue().catch(() => {});
    });
    await page.fill('#texts', 'slow\ntext\nhere');
    await page.waitForRequest('**/v1/embeddings');
    await type(page, ['quick', 'text']);
    held!();
    await page.waitForTimeout(100);
    expect(await page.locator('#matrix tbody th').count()).toBe(2);
    expect(await page.locator('#matrix.busy').count()).toBe(0);
    await page.close();
  });

  it('says what is missing, one text, none and more than a map has room for', async () => {
    const { page, complaints } = await open();
    await page.fill('#texts', ' \n\n');
    await until(page, "document.getElementById('similarity-status').textContent.startsWith('Type')");
    expect(await page.locator('#similarity-result').isVisible()).toBe(false);
    expect(await page.locator('#nearest li').count()).toBe(0);
    await type(page, ['alone']);
    expect(await numbers(page)).toEqual([[1]]);
    expect(await page.locator('#nearest-title').isVisible()).toBe(false);
    await type(
      page,
      Array.from({ length: 50 }, (_, i) => `text ${i}`),
    );
    expect(await page.locator('#matrix tbody tr').count()).toBe(MOST_TEXTS);
    expect(await status(page)).toMatch(/^The first 40 of 50 texts, /);
    expect(await page.locator('#nearest li').count()).toBe(8);
    expect(await fits(page)).toBe(true);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('is used by keyboard', async () => {
    const { page, complaints } = await open();
    await page.keyboard.press('Tab');
    expect(await page.textContent(':focus')).toBe('To the texts');
    await page.keyboard.press('Enter');
    await type(page, ['the cat', 'a bird', 'the mat']);
    await page.focus('#texts');
    // Scale (one stop), then the map (one stop), then the neighbours.
    await page.keyboard.press('Tab');
    expect(await page.getAttribute(':focus', 'name')).toBe('range');
    const before = await page.evaluate(`${cellOf(0, 1)}.style.background`);
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate(`${cellOf(0, 1)}.style.background`)).not.toBe(before);
    await page.keyboard.press('Tab');
    const place = () =>
      page.evaluate("document.activeElement.dataset.row + '.' + document.activeElement.dataset.column");
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowDown');
    expect(await place()).toBe('1.2');
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowDown');
    expect(await place()).toBe('2.2');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowUp');
    expect(await place()).toBe('1.0');
    expect(await page.textContent('#pair')).toMatch(/^-?\d\.\d{4} between “a bird” and “the cat”$/);
    expect(await page.textContent('#nearest-title')).toBe('Nearest to “a bird”');
    expect(await page.locator('#matrix [tabindex="0"]').count()).toBe(1);
    await page.keyboard.press('Tab');
    const name = await page.textContent(':focus .name');
    await page.keyboard.press('Enter');
    expect(await page.textContent('#nearest-title')).toBe(`Nearest to “${name}”`);
    expect(await page.locator('#nearest button:focus').count()).toBe(1);
    for (let i = 0; i < 2; i++) await page.keyboard.press('Tab');
    expect(await page.getAttribute(':focus', 'id')).toBe('sentence');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('a bird sat');
    await page.keyboard.press('Enter');
    await inner(page)
      .locator('.text', { hasText: /^a bird sat$/ })
      .waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('tells of the pair under the pointer, and of the chosen one when it leaves', async () => {
    const { page } = await open();
    await type(page, ['the cat', 'a bird', 'the mat']);
    await page.locator('#matrix td').nth(5).click();
    expect(await page.textContent('#pair')).toContain('between “a bird” and “the mat”');
    await page.locator('#matrix td').nth(1).hover();
    expect(await page.textContent('#pair')).toContain('between “the cat” and “a bird”');
    await page.locator('#matrix td').nth(4).hover();
    expect(await page.textContent('#pair')).toBe('1.0000: a text is always like itself. a bird');
    await page.locator('h1').hover();
    expect(await page.textContent('#pair')).toContain('between “a bird” and “the mat”');
    // The chosen text stays so when others come before it.
    await type(page, ['new', 'the cat', 'a bird', 'the mat']);
    expect(await page.textContent('#nearest-title')).toBe('Nearest to “a bird”');
    await page.close();
  });

  it('shows the attention of a sentence: the page of inspect, as high as it is, and the same head again', async () => {
    const { page, complaints } = await open();
    const explanation = await encoder.explain('a bird sat on the mat', { title: 'tiny' });
    await page.fill('#sentence', 'a bird sat on the mat');
    await page.click('#sentence-form button');
    await inner(page)
      .locator('.text', { hasText: /^a bird sat on the mat$/ })
      .waitFor();
    const { layers } = explanation;
    const heads = layers.reduce((sum, layer) => sum + layer.heads, 0);
    expect(await inner(page).locator('.cell').count()).toBe(heads);
    await inner(page).locator('.cell').last().click();
    const title = `layer ${layers.length - 1}, head ${layers[0]!.heads - 1} (MultiHeadAttention)`;
    expect(await inner(page).locator('#detail-title').textContent()).toBe(title);
    const heights = `[frame.clientHeight, Math.ceil(frame.contentDocument.body.getBoundingClientRect().height)]`;
    const [height, content] = (await page.evaluate(`(() => {
      const frame = document.getElementById('frame');
      return ${heights};
    })()`)) as number[];
    expect(height).toBe(content);
    expect(height).toBeGreaterThan(300);
    const download = page.waitForEvent('download');
    await page.click('#save');
    expect((await download).suggestedFilename()).toBe('attention.html');
    expect(readFileSync((await (await download).path())!, 'utf8')).toBe(explanation.toHTML());
    await page.fill('#sentence', 'the cat');
    await page.click('#sentence-form button');
    await inner(page)
      .locator('.text', { hasText: /^the cat$/ })
      .waitFor();
    expect(await inner(page).locator('#detail-title').textContent()).toBe(title);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('shows what the server refuses, and goes on', async () => {
    const base = await serve({ maxClientBatchSize: 8 });
    const { page, complaints } = await open(`${base}/`);
    await page.fill('#texts', 'text\n'.repeat(9));
    const alert = page.locator('#similarity-alert');
    await alert.waitFor();
    expect(await alert.textContent()).toBe('Input: expected at most 8 of them but received 9');
    // What was there stays, and is not taken for the answer.
    expect(await page.locator('#matrix tbody tr').count()).toBe(8);
    await type(page, ['one', 'two']);
    expect(await alert.isVisible()).toBe(false);
    await page.fill('#sentence', 'word '.repeat(9999));
    await page.click('#sentence-form button');
    await page.locator('#attention-alert').waitFor();
    expect(await page.textContent('#attention-alert')).toMatch(/^Inputs: expected at most .* but received/);
    await page.fill('#sentence', '  ');
    await page.click('#sentence-form button');
    await page.locator('#attention-alert', { hasText: 'Type a sentence first' }).waitFor();
    expect(complaints.every((text) => text.startsWith('Failed to load resource'))).toBe(true);
    await page.close();
  });

  it('waits as long as a busy server asks, and says when there is none', async () => {
    const { page } = await open();
    let times = 0;
    await page.route('**/v1/embeddings', async (route) => {
      const body = JSON.stringify({ error: { message: 'the queue is full' } });
      if (++times === 1) await route.fulfill({ status: 429, headers: { 'retry-after': '1' }, body });
      else await route.continue();
    });
    await page.fill('#texts', 'one\ntwo\nthree');
    const alert = page.locator('#similarity-alert');
    await alert.waitFor();
    expect(await alert.textContent()).toBe('The queue is full (next try in 1 s)');
    await until(page, "document.querySelectorAll('#matrix tbody tr').length === 3");
    expect([times, await alert.isVisible()]).toEqual([2, false]);
    await page.route('**/v1/embeddings', (route) =>
      route.fulfill({ status: 502, body: '<h1>Bad gateway</h1>' }),
    );
    await page.fill('#texts', 'one\ntwo');
    await alert.waitFor();
    expect(await alert.textContent()).toBe('The server answered with status 502');
    await page.route('**/*', (route) => route.abort());
    await page.locator('#figures-alert').waitFor();
    expect(await page.textContent('#figures-alert')).toBe('No figures: the server does not answer');
    await page.close();
  });

  it('asks for a key where one is needed, and for a model where there are several', async () => {
    const base = await serve({
      apiKey: ['right'],
      models: { first: MODEL, second: goldenPath('encoders/albert') },
    });
    const { page, complaints } = await openWatched(browser, `${base}/`);
    await page.locator('#key-form').waitFor();
    expect(await page.getAttribute(':focus', 'id')).toBe('key');
    expect(await page.locator('[role=alert]:visible').count()).toBe(0);
    await page.keyboard.type('schlüssel');
    await page.keyboard.press('Enter');
    expect(await page.textContent('#key-alert')).toContain('ASCII');
    await page.fill('#key', 'wrong');
    await page.keyboard.press('Enter');
    await page.locator('#models-alert').waitFor();
    expect(await page.textContent('#models-alert')).toContain('expected a bearer key');
    await page.fill('#key', 'right');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#matrix td.here');
    expect(await page.locator('#key-form').isVisible()).toBe(false);
    expect(await page.locator('[role=alert]:visible').count()).toBe(0);
    expect(await page.locator('#model option').allTextContents()).toEqual(['first', 'second']);
    const before = await numbers(page);
    await page.selectOption('#model', 'second');
    await inner(page)
      .locator('h1', { hasText: /^second$/ })
      .waitFor();
    await until(page, `${cellOf(0, 1)}.textContent !== ${JSON.stringify(before[0]![1]!.toFixed(2))}`);
    expect(complaints.every((text) => text.includes('401'))).toBe(true);
    await page.close();
  });

  it('shows figures that live', async () => {
    const { page, complaints } = await open();
    await until(page, "Number(document.querySelector('#p50 span').textContent) > 0");
    await until(page, "Number(document.querySelector('#tokensPerSecond span').textContent) > 0");
    // Both of one moment; a slow machine answers in 1,000 ms or more, with a comma.
    const [p50, p99] = (await page.evaluate(
      "['p50', 'p99'].map((id) => document.querySelector('#' + id + ' span').textContent)",
    )) as [string, string];
    const milliseconds = (text: string) => Number(text.replace(',', ''));
    expect(milliseconds(p99)).toBeGreaterThanOrEqual(milliseconds(p50));
    // What the page itself asked may wait at the moment of a look; it does not stay.
    await until(page, "document.querySelector('#queueTokens span').textContent === '0'");
    expect(await page.locator('#figures dt').allTextContents()).toEqual([
      'Requests',
      'Tokens',
      'Queue',
      'p50',
      'p99',
    ]);
    await until(page, "document.querySelector('#queueTokens ~ svg polyline').points.length > 1");
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('is light or dark, as the system or its button says, and so is its frame', async () => {
    const papers = async (page: Page) => {
      const paper = 'getComputedStyle(document.body).backgroundColor';
      return [await page.evaluate(paper), await page.frame({ url: /^blob:/ })!.evaluate(paper)];
    };
    const lightness = (page: Page, i: number, j: number) =>
      page.evaluate(`${cellOf(i, j)}.style.background.match(/\\d+/g).reduce((sum, x) => sum + Number(x), 0)`);
    const light = await open(undefined, { colorScheme: 'light' });
    const dark = await open(undefined, { colorScheme: 'dark' });
    const [day, night] = [await papers(light.page), await papers(dark.page)];
    expect(new Set(day).size).toBe(1);
    expect(new Set(night).size).toBe(1);
    expect(day).not.toEqual(night);
    // The diagonal is the strongest colour: the darkest by day, the lightest by night.
    expect(await lightness(light.page, 0, 0)).toBeLessThan((await lightness(light.page, 0, 4)) as number);
    expect(await lightness(dark.page, 0, 0)).toBeGreaterThan((await lightness(dark.page, 0, 4)) as number);
    await dark.page.click('#theme');
    expect(await papers(dark.page)).toEqual(day);
    expect(await lightness(dark.page, 0, 0)).toBe(await lightness(light.page, 0, 0));
    await dark.page.click('#sentence-form button');
    await dark.page.waitForTimeout(300);
    await inner(dark.page).locator('#panels canvas').first().waitFor();
    expect(await papers(dark.page)).toEqual(day);
    expect([...light.complaints, ...dark.complaints]).toEqual([]);
    await Promise.all([light.page.close(), dark.page.close()]);
  });

  it('can be read in both themes: text on its cell, and on its ground', async () => {
    for (const colorScheme of ['light', 'dark']) {
      const { page } = await open(undefined, { colorScheme });
      const least = (await page.evaluate(`(() => {
        const luminance = (colour) => {
          const [r, g, b] = colour.match(/[\\d.]+/g).map((x) => Number(x) / 255)
            .map((x) => (x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ground = (node) => {
          const { backgroundColor } = getComputedStyle(node);
          return backgroundColor === 'rgba(0, 0, 0, 0)' ? ground(node.parentElement) : backgroundColor;
        };
        const contrast = (node) => {
          const [a, b] = [getComputedStyle(node).color, ground(node)].map(luminance);
          return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        };
        return Math.min(...[...document.querySelectorAll(
          'td, th, p, dt, dd, small, label, label span, h1, h2, h3, button, button span.value, textarea, input, a, b, code',
        )].filter((node) => node.offsetWidth > 0 && !node.matches('input[type=radio], .skip')).map(contrast));
      })()`)) as number;
      // AA of WCAG.
      expect(least).toBeGreaterThanOrEqual(4.5);
      await page.close();
    }
  });

  it('fits a phone', async () => {
    for (const width of [320, 360, 414]) {
      const { page, complaints } = await open(undefined, { width, height: 740 });
      expect(await fits(page)).toBe(true);
      expect(
        await page.frame({ url: /^blob:/ })!.evaluate('document.documentElement.scrollWidth <= innerWidth'),
      ).toBe(true);
      // Eight texts without a bar to scroll by.
      const inside = 'const m = document.getElementById("matrix"); m.scrollWidth <= m.clientWidth';
      expect(await page.evaluate(`(() => { ${inside.replace('m.scroll', 'return m.scroll')}; })()`)).toBe(
        true,
      );
      await type(
        page,
        Array.from({ length: 40 }, (_, i) => `${'word '.repeat(i)}end`),
      );
      expect(await fits(page)).toBe(true);
      expect(complaints).toEqual([]);
      await page.close();
    }
  });

  it('runs nothing that a text says', async () => {
    const { page, complaints, requests } = await open(undefined, { width: 360, height: 740 });
    const texts = HOSTILE.map((text) => text.replace(/[\r\n]/g, ' ')).filter((text) => text.trim() !== '');
    await page.fill('#texts', texts.join('\n'));
    await until(page, `document.querySelectorAll('#matrix tbody tr').length === ${texts.length}`);
    for (const [i] of texts.entries()) await page.locator('#matrix tbody th').nth(i).click();
    await page.fill('#sentence', HOSTILE.slice(0, 9).join(' '));
    await page.click('#sentence-form button');
    await inner(page).locator('.text', { hasText: 'onerror' }).waitFor();
    expect(await page.locator('img, script').count()).toBe(1);
    expect(await fits(page)).toBe(true);
    await page.evaluate(`
      const script = document.createElement('script');
      script.textContent = 'window.intruder = 1';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.intruder = 2">');
      new Promise((resolve) => setTimeout(resolve, 200))`);
    expect(await page.evaluate('window.intruder')).toBeUndefined();
    expect(complaints.filter((text) => !text.includes('Content Security Policy'))).toEqual([]);
    expect(own(requests).filter((url) => !url.startsWith('blob:') && !url.startsWith('data:'))).toEqual([]);
    await page.close();
  });

  it('works below a path of an application, with a slash at its end and without', async () => {
    const base = await serve({ prefix: '/deep/er' });
    for (const path of ['/deep/er', '/deep/er/']) {
      const { page, complaints, requests } = await open(base + path);
      expect(own(requests, `${base}/deep/er`).filter((url) => !url.startsWith('blob:'))).toEqual([]);
      expect(complaints).toEqual([]);
      const link = await page.evaluate("new URL(document.getElementById('docs').href).pathname");
      expect(link).toBe('/deep/er/docs');
      await page.close();
    }
  });
});
