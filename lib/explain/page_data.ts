/** What a page carries: weights in 16 bits, entropies in 32, both little-endian and in base64, and its texts. */
import { expectation, ShapeError } from '../errors.js';
import { sizeOf } from '../tensor/shape.js';
import type { Explained } from './explained.js';
import type { PageContents, PageLayer, PagePart } from './page_contents.js';
import { visibleLine, visibleToken } from './visible_text.js';

/** Steps from weight 0 to weight 1. */
export const STEPS = 65535;

/** Base64 of more weights does not fit into one string of V8, and long before that into a browser. */
const MOST_WEIGHTS = 2 ** 27;

function packWeights(weights: Float32Array): string {
  const view = new DataView(new ArrayBuffer(2 * weights.length));
  for (let i = 0; i < weights.length; i++) {
    view.setUint16(2 * i, Math.round(Math.min(1, weights[i]!) * STEPS), true);
  }
  return Buffer.from(view.buffer).toString('base64');
}

function packRows(rows: readonly Float64Array[]): string {
  const values = rows.flatMap((row) => [...row]);
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) view.setFloat32(4 * i, value, true);
  return Buffer.from(view.buffer).toString('base64');
}

/**
 * Plain data for the page's script, in steps of at most some milliseconds. Entropies are those of the weights before
 * they were rounded.
 */
export function* pageData(explanation: Explained): Generator<void, PageContents, void> {
  const { layers, queryTokens, keyTokens } = explanation;
  const count = layers.reduce((n, l) => n + l.parts.length * sizeOf([l.heads, l.queries, l.keys]), 0);
  if (count > MOST_WEIGHTS) {
    throw new ShapeError(expectation('layers', `at most ${MOST_WEIGHTS} weights for a page`, String(count)));
  }
  const packed: PageLayer[] = [];
  for (const [layer, { name, kind, heads, parts }] of layers.entries()) {
    const packedParts: PagePart[] = [];
    for (const [p, part] of parts.entries()) {
      const weights = packWeights(part.weights);
      yield;
      const entropies: Float64Array[] = [];
      for (let head = 0; head < heads; head++) {
        entropies.push(explanation.entropy(layer, head, p));
        yield;
      }
      packedParts.push({
        name: visibleLine(part.name),
        ...(part.mix === undefined ? {} : { mix: part.mix }),
        weights,
        entropies: packRows(entropies),
      });
      yield;
    }
    packed.push({ name: visibleLine(name), kind: visibleLine(kind), heads, parts: packedParts });
  }
  return {
    steps: STEPS,
    queryTokens: queryTokens.map(visibleToken),
    keyTokens: keyTokens.map(visibleToken),
    layers: packed,
  };
}
