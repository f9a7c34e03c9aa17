import { describe, expect, it } from '@jest/globals';
import { SyntheticAttentionError } from '../../../lib/errors.js';
import { Explanation } from '../../../lib/explain/explanation.js';
import { MixtureSynthesizer, MultiHeadAttention } from '../../../lib/layers/index.js';
import { HOSTILE, patterned } from '../../support/explained.js';
import { built } from '../../support/layer_family.js';
import { random } from '../../support/layers.js';

const size = { heads: 2, queries: 3, keys: 4 };

/** The data that a page carries. */
function dataOf(html: string) {
  const [, json] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)!;
  return JSON.parse(json!) as {
    layers: { parts: { name: string; mix?: number; weights: string }[] }[];
    queryTokens: string[];
    keyTokens: string[];
    steps: number;
  };
}

describe('an explanation', () => {
  it('tells the entropy of each row in bits', () => {
    const weights = Float32Array.of(
      1,
      0,
      0,
      0,
      0.5,
      0.5,
      0,
      0,
      0.25,
      0.25,
      0.25,
      0.25,
      0,
      0,
      0,
      0,
      0.5,
      0.25,
      0.125,
      0.125,
      1,
      0,
      0,
      0,
    );
    const explanation = new Explanation([
      { name: 'a', kind: 'b', ...size, parts: [{ name: 'attention', weights }] },
    ]);
    expect([...explanation.entropy(0, 0)]).toEqual([0, 1, 2]);
    expect([...explanation.entropy(0, 1)]).toEqual([0, 1.75, 0]);
    expect(() => explanation.entropy(1, 0)).toThrow('layer: expected an integer from 0 to 0 but received 1');
    expect(() => explanation.entropy(0, 2)).toThrow('head: expected an integer from 0 to 1 but received 2');
    expect(() => explanation.entropy(0, 0, -1)).toThrow(
      'part: expected an integer from 0 to 0 but received -1',
    );
  });

  it('numbers its tokens where they have no names', () => {
    const explanation = new Explanation([patterned(0, size)], { keyTokens: ['a', 'b', 'c', 'd'] });
    expect(explanation.queryTokens).toEqual(['0', '1', '2']);
    expect(explanation.keyTokens).toEqual(['a', 'b', 'c', 'd']);
  });

  it('carries its weights to within half a step', () => {
    const layer = patterned(1, size, [{ name: 'attention' }, { name: 'random', mix: 0.25 }]);
    const data = dataOf(new Explanation([layer]).toHTML());
    for (const [p, part] of layer.parts.entries()) {
      const stored = Buffer.from(data.layers[0]!.parts[p]!.weights, 'base64');
      expect(stored.length).toBe(2 * part.weights.length);
      part.weights.forEach((weight, i) => {
        expect(Math.abs(stored.readUInt16LE(2 * i) / data.steps - weight)).toBeLessThan(0.5001 / data.steps);
      });
      expect([data.layers[0]!.parts[p]!.name, data.layers[0]!.parts[p]!.mix]).toEqual([part.name, part.mix]);
    }
  });

  it('writes weights that are none as 0', () => {
    const weights = Float32Array.of(Number.NaN, -1, 2, 0.5);
    const layer = {
      name: 'a',
      kind: 'b',
      heads: 1,
      queries: 1,
      keys: 4,
      parts: [{ name: 'attention', weights }],
    };
    const stored = Buffer.from(
      dataOf(new Explanation([layer]).toHTML()).layers[0]!.parts[0]!.weights,
      'base64',
    );
    expect([0, 1, 2, 3].map((i) => stored.readUInt16LE(2 * i))).toEqual([0, 0, 65535, 32768]);
  });

  it('leaves every hostile text inert', () => {
    const tokens = HOSTILE.map(String);
    const shape = { heads: 1, queries: tokens.length, keys: tokens.length };
    const clean = (name: string) => ({ ...patterned(0, shape), name, kind: name });
    for (const text of HOSTILE) {
      const html = new Explanation([clean(text)], {
        title: text,
        subtitle: text,
        queryTokens: tokens,
        keyTokens: tokens,
      }).toHTML();
      const count = (pattern: RegExp) => [...html.matchAll(pattern)].length;
      expect(count(/<script/gi)).toBe(2);
      expect(count(/<\/script/gi)).toBe(2);
      // Quotes are text in the data, where no attribute is.
      const markup = html.replace(/<script type="application.*?<\/script>/s, '');
      expect(markup).not.toMatch(/<img|<svg|onmouseover='|\u2028|\0/);
      expect(html).not.toMatch(/<img|<svg|\u2028|\0/);
      expect(html.isWellFormed()).toBe(true);
      const data = dataOf(html);
      expect(data.queryTokens).toEqual(tokens);
    }
  });

  it('asks for nothing', () => {
    const html = new Explanation([patterned(0, size)]).toHTML();
    expect(html).not.toMatch(/https?:|url\(|@import|\ssrc=|\shref=/);
    expect(html).toContain("default-src 'none'");
  });

  const good = patterned(0, size);
  const never = (value: unknown) => value as never;
  it.each<[string, () => unknown, string]>([
    ['no layers', () => new Explanation([]), 'layers: expected one layer or more but received []'],
    ['no list', () => new Explanation(never(5)), 'layers: expected one layer or more but received 5'],
    [
      'no heads',
      () => new Explanation([{ ...good, heads: 0 }]),
      'layer 0: heads: expected a positive integer but received 0',
    ],
    [
      'layers of different lengths',
      () => new Explanation([good, patterned(1, { ...size, keys: 5 })]),
      'layer 1: expected 3 queries and 4 keys, as the first layer but received 3 and 5',
    ],
    [
      'no parts',
      () => new Explanation([{ ...good, parts: [] }]),
      'layer 0: parts: expected one part or more',
    ],
    [
      'short weights',
      () => new Explanation([{ ...good, parts: [{ name: 'attention', weights: new Float32Array(23) }] }]),
      'layer 0: weights of attention: expected 24 elements but received 23',
    ],
    [
      'other weights',
      () => new Explanation([{ ...good, parts: [{ name: 'attention', weights: never([1]) }] }]),
      'layer 0: weights of attention: expected a Float32Array but received [1]',
    ],
    [
      'too few tokens',
      () => new Explanation([good], { queryTokens: ['a'] }),
      'queryTokens: expected 3 tokens but received 1',
    ],
    [
      'tokens that are none',
      () => new Explanation([good], { keyTokens: never([1, 2, 3, 4]) }),
      'keyTokens: expected an array of strings but received [1, 2, 3, 4]',
    ],
    [
      'a title that is none',
      () => new Explanation([good], { title: never(5) }),
      'title: expected a string but received 5',
    ],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(SyntheticAttentionError);
    expect(act).toThrow(message);
  });
});

describe('layer.explain', () => {
  const x = random(1, 1, 5, 6);

  it('gives the scores of the call', () => {
    const layer = built(new MultiHeadAttention({ numHeads: 2, keyDim: 3 }), 6);
    const valueMask = { data: Uint8Array.of(1, 1, 1, 1, 0), shape: [1, 5] };
    const options = { useCausalMask: true, valueMask };
    const explanation = layer.explain(x, { ...options, queryTokens: ['a', 'b', 'c', 'd', 'e'], title: 'T' });
    const [, scores] = layer.call(x, { ...options, returnAttentionScores: true });
    expect(explanation.layers).toHaveLength(1);
    expect(explanation.layers[0]!.parts).toHaveLength(1);
    expect([...explanation.layers[0]!.parts[0]!.weights]).toEqual([...scores.data]);
    expect(explanation.keyTokens).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(explanation.title).toBe('T');
    const cross = layer.explain(x, { value: random(2, 1, 2, 6), queryTokens: ['a', 'b', 'c', 'd', 'e'] });
    expect(cross.keyTokens).toEqual(['0', '1']);
  });

  it('takes a mixture apart', () => {
    const config = { numHeads: 2, valueDim: 3, maxLength: 8 };
    const scores = ['random', 'dense', 'dot-product'] as const;
    const layer = built(new MixtureSynthesizer({ ...config, scores }), 6);
    const { parts } = layer.explain(x).layers[0]!;
    expect(parts.map(({ name }) => name)).toEqual(['attention', ...scores]);
    expect(parts.slice(1).reduce((sum, { mix }) => sum + mix!, 0)).toBeCloseTo(1, 12);
    const [, whole] = layer.call(x, { returnAttentionScores: true });
    expect([...parts[0]!.weights]).toEqual([...whole.data]);
    // Each part alone: the same layer with all the weight on it.
    const weights = Object.fromEntries(layer.weights.map(({ name, tensor }) => [name, tensor]));
    for (const [i, name] of scores.entries()) {
      const logits = { data: new Float32Array(3).fill(0), shape: [3] };
      logits.data[i] = 300;
      layer.setWeights({ ...weights, 'mixing/logits': logits });
      const [, alone] = layer.call(x, { returnAttentionScores: true });
      const part = parts.find((candidate) => candidate.name === name)!;
      part.weights.forEach((weight, j) => {
        expect(Math.abs(weight - alone.data[j]!)).toBeLessThan(1e-6);
      });
    }
    const sum = built(new MixtureSynthesizer({ ...config, scores, mixing: 'sum' }), 6);
    expect(sum.explain(x).layers[0]!.parts.map(({ mix }) => mix)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
