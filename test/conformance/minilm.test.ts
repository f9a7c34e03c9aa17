/** all-MiniLM-L6-v2, where it is at hand: beside the repository or where SYNTHETIC_ATTENTION_TEST_MODEL says. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { readNpy } from '../../lib/formats/npy.js';
import { Encoder, info } from '../../lib/index.js';
import { readGolden } from '../support/golden.js';

const shared = fileURLToPath(new URL('../../../shared', import.meta.url));
const model = process.env.SYNTHETIC_ATTENTION_TEST_MODEL ?? join(shared, 'models', 'all-MiniLM-L6-v2');
const data = join(shared, 'data');
const DIMENSIONS = 384;

interface Edge {
  texts: { name: string; text: string; count: number; ids: number[] }[];
  embeddings: { shape: [number, number]; base64: string };
}

function compare(
  actual: Float32Array,
  expected: Float32Array,
  rows: number,
  name: (row: number) => string,
): void {
  expect(actual.length).toBeGreaterThanOrEqual(rows * DIMENSIONS);
  for (let r = 0; r < rows; r++) {
    let [dot, a, b, worst] = [0, 0, 0, 0];
    for (let j = r * DIMENSIONS; j < (r + 1) * DIMENSIONS; j++) {
      dot += actual[j]! * expected[j]!;
      a += actual[j]! ** 2;
      b += expected[j]! ** 2;
      worst = Math.max(worst, Math.abs(actual[j]! - expected[j]!));
    }
    expect([name(r), dot / Math.sqrt(a * b) >= 0.99999, worst <= 2e-5]).toEqual([name(r), true, true]);
  }
}

const here = existsSync(join(model, 'model.safetensors'));
if (!here) console.warn(`skipped: all-MiniLM-L6-v2 is not at ${model} (set SYNTHETIC_ATTENTION_TEST_MODEL)`);

(here ? describe : describe.skip)('all-MiniLM-L6-v2', () => {
  it('equals sentence-transformers on awkward texts', async () => {
    const edge = readGolden<Edge>('minilm_edge.json');
    const bytes = Buffer.from(edge.embeddings.base64, 'base64');
    const expected = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const encoder = await Encoder.load(model);
    expect([encoder.dimensions, encoder.maxLength, encoder.normalizes]).toEqual([DIMENSIONS, 256, true]);
    const texts = edge.texts.map((t) => t.text);
    const result = await encoder.encode(texts);
    compare(result.data, expected, texts.length, (row) => edge.texts[row]!.name);
    const replaced = edge.texts.findIndex((t) => t.name === 'replacement character');
    const lone = await encoder.encode(texts[replaced]!.replaceAll('\ufffd', '\udc00'));
    compare(lone.data, expected.subarray(replaced * DIMENSIONS), 1, () => 'lone surrogates');
  });

  const glosses = join(data, 'glosses.txt');
  (existsSync(glosses) ? it : it.skip)('equals sentence-transformers on real glosses', async () => {
    const expected = await readNpy(join(data, 'glosses-512.minilm.npy'));
    // The scalar tier is a definition, not a contender: a few texts show as much.
    const rows = info().isa === 'scalar' ? 24 : 512;
    const lines = readFileSync(glosses, 'utf8').split('\n').slice(0, rows);
    const encoder = await Encoder.load(model);
    compare((await encoder.encode(lines)).data, expected.data, rows, (row) => `line ${row + 1}`);
  });
});
