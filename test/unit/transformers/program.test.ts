/** One program, unchanged, under transformers.js (whose results are in the golden file) and under this package. */

import { fileURLToPath } from 'node:url';
import { describe, expect, it, jest } from '@jest/globals';
import { readGolden } from '../../support/golden.js';

interface PlainTensor {
  type: string;
  dims: number[];
  size: number;
  data: number[];
}

type Results = Record<string, PlainTensor | number | unknown[]>;

const golden = readGolden<Results & { version: string; texts: string[] }>('transformers_js.json');
const folder = fileURLToPath(new URL('../../golden', import.meta.url));

jest.unstable_mockModule('@huggingface/transformers', () => import('../../../lib/transformers/index.js'), {
  virtual: true,
});

/** Both compute in float32: 48 numbers of size 1 to 3 through 3 layers. */
const TOLERANCE = 2e-5;

function expectClose(name: string, actual: unknown, expected: unknown): void {
  if (typeof expected === 'number') {
    const close = Math.abs((actual as number) - expected) <= TOLERANCE * Math.max(1, Math.abs(expected));
    expect([name, close ? expected : actual]).toEqual([name, expected]);
  } else if (Array.isArray(expected)) {
    expect([name, (actual as unknown[]).length]).toEqual([name, expected.length]);
    for (const [i, value] of expected.entries())
      expectClose(`${name}[${i}]`, (actual as unknown[])[i], value);
  } else if (typeof expected === 'object' && expected !== null) {
    expect([name, Object.keys(actual as object)]).toEqual([name, Object.keys(expected)]);
    for (const [key, value] of Object.entries(expected)) {
      expectClose(`${name}.${key}`, (actual as Record<string, unknown>)[key], value);
    }
  } else {
    expect([name, actual]).toEqual([name, expected]);
  }
}

describe('a program for transformers.js', () => {
  const { version, texts, ...expected } = golden;

  it('gives the same under its other import', async () => {
    const { embed } = (await import('./programs/embed.mjs' as string)) as {
      embed(folder: string, model: string, texts: string[]): Promise<Results>;
    };
    const actual = await embed(folder, 'tiny_bert', texts);
    expect(Object.keys(actual)).toEqual(Object.keys(expected));
    for (const [name, value] of Object.entries(expected)) expectClose(name, actual[name], value);
  });

  it('is told whose interface it sees', async () => {
    const { env } = await import('../../../lib/transformers/index.js');
    expect(env.version).toBe(version);
  });
});
