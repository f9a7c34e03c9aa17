import { describe, expect, it } from '@jest/globals';
import { SyntheticAttentionError } from '../../../lib/errors.js';
import { Explanation } from '../../../lib/explain/explanation.js';
import { MixtureSynthesizer, MultiHeadAttention } from '../../../lib/layers/index.js';
import { patterned } from '../../support/explained.js';
import { built } from '../../support/layer_family.js';
import { random } from '../../support/layers.js';

const size = { heads: 2, queries: 3, keys: 4 };

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

  it('computes entropies like their definition, for every part', () => {
    const layer = patterned(2, size, [{ name: 'attention' }, { name: 'random' }]);
    const explanation = new Explanation([layer]);
    for (const [p, { weights }] of layer.parts.entries()) {
      for (let head = 0; head < size.heads; head++) {
        const expected = Array.from({ length: size.queries }, (_, i) => {
          const row = [...weights].slice((head * size.queries + i) * size.keys).slice(0, size.keys);
          return -row.map((w) => w * Math.log2(w)).reduce((sum, term) => sum + term);
        });
        expect([...explanation.entropy(0, head, p)]).toEqual(
          expected.map((bits) => expect.closeTo(bits, 12) as never),
        );
      }
    }
  });

  it('keeps tokens as they came', () => {
    const tokens = ['\u202e', '\ud800', '</script>'];
    const explanation = new Explanation([patterned(0, size)], { queryTokens: tokens });
    expect(explanation.queryTokens).toEqual(tokens);
  });

  const good = patterned(0, size);
  const never = (value: unknown) => value as never;
  const part = (changes: object) => never({ ...good.parts[0], ...changes });
  const withWeight = (weight: number) =>
    new Explanation([{ ...good, parts: [part({ weights: good.parts[0]!.weights.with(5, weight) })] }]);
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
      'a layer that is none',
      () => new Explanation([good, never(null)]),
      'layers[1]: expected an object but received null',
    ],
    [
      'a layer without a name',
      () => new Explanation([never({ ...good, name: undefined })]),
      'layers[0].name: expected a string but received undefined',
    ],
    [
      'a layer without a kind',
      () => new Explanation([never({ ...good, kind: 5 })]),
      'layer 0: kind: expected a string but received 5',
    ],
    [
      'a part that is none',
      () => new Explanation([{ ...good, parts: [never('attention')] }]),
      'layer 0: parts[0]: expected an object but received "attention"',
    ],
    [
      'a part without a name',
      () => new Explanation([{ ...good, parts: [part({ name: null })] }]),
      'layer 0: parts[0].name: expected a string but received null',
    ],
    [
      'a mix that is none',
      () => new Explanation([{ ...good, parts: [part({ mix: Number.NaN })] }]),
      'layer 0: parts[0].mix: expected a finite number but received NaN',
    ],
    [
      'weights that are not numbers',
      () => withWeight(Number.NaN),
      'layer 0: weights of attention: expected numbers from 0 to 1 but received NaN at 5',
    ],
    ['negative weights', () => withWeight(-0.25), 'expected numbers from 0 to 1 but received -0.25 at 5'],
    ['weights beyond 1', () => withWeight(1.5), 'expected numbers from 0 to 1 but received 1.5 at 5'],
    [
      'options that are none',
      () => new Explanation([good], never(null)),
      'options: expected an object but received null',
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
