/** The page as text: what it carries and what it lets in. */
import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { describe, expect, it, jest } from '@jest/globals';
import { ShapeError } from '../../../lib/errors.js';
import { Explanation } from '../../../lib/explain/explanation.js';
import { pageSteps } from '../../../lib/explain/page.js';
import { visibleToken } from '../../../lib/explain/visible_text.js';
import { HOSTILE, patterned } from '../../support/explained.js';

const size = { heads: 2, queries: 3, keys: 4 };

/** The data that a page carries. */
function dataOf(html: string) {
  const [, json] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)!;
  return JSON.parse(json!) as {
    layers: {
      name: string;
      kind: string;
      parts: { name: string; mix?: number; weights: string; entropies: string }[];
    }[];
    queryTokens: string[];
    keyTokens: string[];
    steps: number;
  };
}

describe('the page', () => {
  it('is made in steps of a head or less', () => {
    const explanation = new Explanation([
      patterned(1, size, [{ name: 'a' }, { name: 'b' }]),
      patterned(2, size),
    ]);
    const whole = explanation.toHTML();
    const heads = jest.spyOn(explanation, 'entropy');
    const steps = pageSteps(explanation);
    let before = 0;
    for (let most = 0; ; before = heads.mock.calls.length) {
      const step = steps.next();
      most = Math.max(most, heads.mock.calls.length - before);
      if (!step.done) continue;
      expect([most, heads.mock.calls.length, step.value === whole]).toEqual([1, 6, true]);
      break;
    }
  });

  it('carries its weights to within half a step, and entropies of the weights themselves', () => {
    const layer = patterned(1, size, [{ name: 'attention' }, { name: 'random', mix: 0.25 }]);
    const explanation = new Explanation([layer]);
    const data = dataOf(explanation.toHTML());
    for (const [p, part] of layer.parts.entries()) {
      const found = data.layers[0]!.parts[p]!;
      expect([found.name, found.mix]).toEqual([part.name, part.mix]);
      const stored = Buffer.from(found.weights, 'base64');
      expect(stored.length).toBe(2 * part.weights.length);
      part.weights.forEach((weight, i) => {
        expect(Math.abs(stored.readUInt16LE(2 * i) / data.steps - weight)).toBeLessThan(0.5001 / data.steps);
      });
      const entropies = Buffer.from(found.entropies, 'base64');
      const expected = [0, 1].flatMap((head) => [...explanation.entropy(0, head, p)]);
      expect(entropies.length).toBe(4 * expected.length);
      expect(expected.map((_, i) => entropies.readFloatLE(4 * i))).toEqual(expected.map(Math.fround));
    }
  });

  it('carries the ends of the range, and a weight that was rounded beyond', () => {
    const weights = Float32Array.of(0, 1, 1 + 2 ** -20, 0.5);
    const layer = { name: 'a', kind: 'b', heads: 1, queries: 1, keys: 4 };
    const html = new Explanation([{ ...layer, parts: [{ name: 'attention', weights }] }]).toHTML();
    const stored = Buffer.from(dataOf(html).layers[0]!.parts[0]!.weights, 'base64');
    expect([0, 1, 2, 3].map((i) => stored.readUInt16LE(2 * i))).toEqual([0, 65535, 65535, 32768]);
  });

  it.each(HOSTILE.map((text) => [text]))('leaves %j inert', (text) => {
    const shape = { heads: 1, queries: 2, keys: 2 };
    const layer = { ...patterned(0, shape, [{ name: text }]), name: text, kind: text };
    const tokens = [text, `${text}${text}`];
    const options = { title: text, subtitle: text, queryTokens: tokens, keyTokens: tokens };
    const html = new Explanation([layer], options).toHTML();
    const plain = new Explanation([patterned(0, shape)]).toHTML();
    const count = (page: string, pattern: RegExp) => page.match(pattern)?.length ?? 0;
    // The same tags as a page without it, whatever the browser makes of them.
    for (const tag of [/<[a-z!/]/gi, /<script/gi, /<\/script/gi, /<!--/g, /-->/g]) {
      expect(count(html, tag)).toBe(count(plain, tag));
    }
    expect(html).not.toMatch(/[\u2028\u2029\u202a-\u202e\u2066-\u2069\0]/);
    expect(html.isWellFormed()).toBe(true);
    // Quotes are text in the data, where no attribute is.
    expect(html.replace(/<script type="application.*?<\/script>/s, '')).not.toContain("' onmouseover='");
    const data = dataOf(html);
    expect(data.queryTokens).toEqual(tokens.map(visibleToken));
    expect(data.keyTokens).toEqual(tokens.map(visibleToken));
  });

  it('allows its own script and style, and nothing else', () => {
    const html = new Explanation([patterned(0, size)]).toHTML();
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)!;
    const [, style] = /<style>(.*)<\/style>/s.exec(html)!;
    const [, script] = /<script>(.*)<\/script>/s.exec(html)!;
    const digest = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(policy!.split('; ')).toEqual([
      "default-src 'none'",
      `style-src ${digest(style!)}`,
      `script-src ${digest(script!)}`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(html.replace('href="data:,"', '')).not.toMatch(/https?:|url\(|@import|\ssrc=|\shref=/);
    // Parsed only; a carriage return would change the digest in a browser, which reads it as a line feed.
    expect(() => new Script(script!)).not.toThrow();
    expect(html).not.toContain('\r');
  });

  it('refuses more weights than a string holds', () => {
    const large = { name: 'a', kind: 'b', heads: 1, queries: 1, keys: 2 ** 21 };
    const part = { name: 'attention', weights: new Float32Array(2 ** 21) };
    const explanation = new Explanation([{ ...large, parts: Array(65).fill(part) }]);
    expect(() => explanation.toHTML()).toThrow(ShapeError);
    expect(() => explanation.toHTML()).toThrow(
      'layers: expected at most 134217728 weights for a page but received 136314880',
    );
  });
});
