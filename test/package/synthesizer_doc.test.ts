/** The costs in docs/synthesizer.md are those of the layers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  DenseSynthesizer,
  FactorizedDenseSynthesizer,
  FactorizedRandomSynthesizer,
  type MixtureAttention,
  MixtureSynthesizer,
  MultiHeadAttention,
  RandomSynthesizer,
} from '../../lib/layers/index.js';
import { Tensor } from '../../lib/tensor/tensor.js';
import { root } from '../support/command.js';

const text = readFileSync(join(root, 'docs/synthesizer.md'), 'utf8');

interface Sizes {
  d: number;
  H: number;
  dk: number;
  dv: number;
  dh: number;
  N: number;
  k: number;
  a: number;
  b: number;
  T: number;
  S: number;
}

/** Rows of the table whose header begins with these cells. */
function tableRows(...header: string[]): string[][] {
  const lines = text.split('\n');
  const start = lines.indexOf(`| ${header.join(' | ')} |`);
  expect(start).toBeGreaterThan(0);
  const end = lines.findIndex((line, i) => i > start && line === '');
  return lines.slice(start + 2, end).map((line) => line.slice(2, -2).split(' | '));
}

function evaluate(expression: string, sizes: Sizes): number {
  const formula = expression.slice(1, -1);
  expect(expression).toBe(`\`${formula}\``);
  expect(formula).toMatch(/^[\w\s()+*]+$/);
  return new Function(...Object.keys(sizes), `return ${formula}`)(...Object.values(sizes)) as number;
}

const LAYERS: Record<string, (s: Sizes) => MixtureAttention> = {
  V: ({ H, dk, dv }) => new MultiHeadAttention({ numHeads: H, keyDim: dk, valueDim: dv }),
  R: ({ H, dv, N }) => new RandomSynthesizer({ numHeads: H, valueDim: dv, maxLength: N }),
  FR: ({ H, dv, N, k }) =>
    new FactorizedRandomSynthesizer({ numHeads: H, valueDim: dv, maxLength: N, rank: k }),
  D: ({ H, dv, N, dh }) => new DenseSynthesizer({ numHeads: H, valueDim: dv, maxLength: N, hiddenDim: dh }),
  'D, shared': ({ H, dv, N, dh }) =>
    new DenseSynthesizer({
      numHeads: H,
      valueDim: dv,
      maxLength: N,
      hiddenDim: dh,
      sharedAcrossHeads: true,
    }),
  FD: ({ H, dv, N, dh, a, b }) =>
    new FactorizedDenseSynthesizer({
      numHeads: H,
      valueDim: dv,
      maxLength: N,
      hiddenDim: dh,
      factors: [a, b],
    }),
  'FD, shared': ({ H, dv, N, dh, a, b }) =>
    new FactorizedDenseSynthesizer({
      numHeads: H,
      valueDim: dv,
      maxLength: N,
      hiddenDim: dh,
      factors: [a, b],
      sharedAcrossHeads: true,
    }),
  'R+V': ({ H, dv, N, dk }) =>
    new MixtureSynthesizer({
      numHeads: H,
      valueDim: dv,
      maxLength: N,
      keyDim: dk,
      scores: ['random', 'dot-product'],
    }),
  'FR+V': ({ H, dv, N, dk, k }) =>
    new MixtureSynthesizer({
      numHeads: H,
      valueDim: dv,
      maxLength: N,
      keyDim: dk,
      rank: k,
      scores: ['factorized-random', 'dot-product'],
    }),
};

function costs(make: (s: Sizes) => MixtureAttention, sizes: Sizes): { params: number; flops: number } {
  const layer = make(sizes);
  const query = Tensor.zeros([1, sizes.T, sizes.d]);
  const flops = layer.countFlops(query, { value: Tensor.zeros([1, sizes.S, sizes.d]) });
  const params = layer.countParams();
  layer.dispose();
  return { params, flops };
}

const rows = tableRows('layer', 'parameters', 'operations');
const common = rows.find(([layer]) => layer === 'every layer, beside its scores')!;

it('has a row for each layer', () => {
  expect(rows.map(([layer]) => layer).filter((layer) => layer !== common[0])).toEqual(Object.keys(LAYERS));
});

describe.each(Object.entries(LAYERS))('%s', (name, make) => {
  // No two sizes are equal, so that no one can stand for another.
  it.each<[string, Sizes]>([
    ['T < S', { d: 6, H: 3, dk: 5, dv: 4, dh: 7, N: 24, k: 2, a: 3, b: 8, T: 10, S: 13 }],
    ['T = N', { d: 11, H: 2, dk: 3, dv: 8, dh: 5, N: 20, k: 6, a: 4, b: 5, T: 20, S: 9 }],
  ])('costs what its row says, %s', (_, sizes) => {
    const [, params, flops] = rows.find(([layer]) => layer === name)!;
    expect(costs(make, sizes)).toEqual({
      params: evaluate(common[1]!, sizes) + evaluate(params!, sizes),
      flops: evaluate(common[2]!, sizes) + evaluate(flops!, sizes),
    });
  });

  it('costs what the example says', () => {
    const example = tableRows('layer', 'parameters', 'operations, millions').find(
      ([layer]) => layer === name,
    );
    if (example === undefined) {
      expect(name).toBe('FD, shared');
      return;
    }
    const sizes = { d: 768, H: 12, dk: 64, dv: 64, dh: 64, N: 512, k: 8, a: 16, b: 32, T: 128, S: 128 };
    const { params, flops } = costs(make, sizes);
    expect([String(params), (flops / 1e6).toFixed(1)]).toEqual(example.slice(1));
  });
});
