/**
 * What goes to the native side as one operation is collected before any of it is computed: no layer may look at a result
 * in between, and memory may not be used again before all is done.
 */
import { afterEach, describe, expect, it } from '@jest/globals';
import { TransformerDecoderLayer, TransformerEncoderLayer } from '../../../lib/layers/index.js';
import type { BatchedOptions, NativeAddon } from '../../../lib/native/addon.js';
import { addon } from '../../../lib/native/load.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { FAMILY, type FamilyMember } from '../../support/layer_family.js';
import { random } from '../../support/layers.js';

const native = addon() as { -readonly [K in keyof NativeAddon]: NativeAddon[K] };
const originals = { ...native };
afterEach(() => {
  for (const name of Object.keys(originals) as (keyof NativeAddon)[]) {
    if (native[name] !== originals[name]) Object.assign(native, { [name]: originals[name] });
  }
});

const FEATURES = 6;
const OUTPUTS = new Set(['out', 'y']);

type Layer = TransformerEncoderLayer | TransformerDecoderLayer;
type Call = (layer: Layer) => unknown;

const projected = FAMILY.filter(({ make }) => {
  const layer = make();
  layer.build([5, FEATURES]);
  return layer.weights.some(({ name }) => name.startsWith('attention_output'));
});

const encoder = ({ make }: FamilyMember, normalizeFirst: boolean): Layer =>
  new TransformerEncoderLayer({ attention: make(), intermediateDim: 7, normalizeFirst });
const decoder = ({ make }: FamilyMember, normalizeFirst: boolean): Layer =>
  new TransformerDecoderLayer({
    attention: make(),
    crossAttention: make(),
    intermediateDim: 7,
    normalizeFirst,
  });

const query = random(1, 3, 5, FEATURES);
const memory = random(2, 3, 4, FEATURES);
const paddingMask = new Tensor(Float32Array.of(1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0), [3, 5]);
const callEncoder: Call = (layer) => (layer as TransformerEncoderLayer).call(query, { paddingMask });
const callDecoder: Call = (layer) =>
  (layer as TransformerDecoderLayer).call(query, { encoderSequence: memory });

/** The native calls of a call, their arrays by what they are and not by what they hold. */
function calls(run: () => unknown, fill?: number): string[] {
  const seen: string[] = [];
  for (const name of Object.keys(originals) as (keyof NativeAddon)[]) {
    const original = originals[name];
    if (typeof original !== 'function' || /^(info|setThreads|lockFile|[A-Z])/.test(name)) continue;
    const spy = (options: object) => {
      const text = JSON.stringify(options, (key, value: unknown) => {
        if (!ArrayBuffer.isView(value)) return value;
        if (fill !== undefined && OUTPUTS.has(key)) (value as Float32Array).fill(fill);
        return `${value.constructor.name} of ${(value as Float32Array).length}`;
      });
      seen.push(`${name} ${text}`);
      return fill === undefined ? (original as (options: object) => unknown)(options) : undefined;
    };
    Object.assign(native, { [name]: spy });
  }
  run();
  Object.assign(native, originals);
  return seen;
}

describe.each([
  ['an encoder layer', encoder, callEncoder],
  ['a decoder layer', decoder, callDecoder],
] as const)('%s', (_, make, call) => {
  describe.each(projected)('around $name', (member) => {
    it.each([true, false])('is one operation (normalizeFirst %p)', (normalizeFirst) => {
      const layer = make(member, normalizeFirst);
      call(layer);
      const seen = calls(() => call(layer));
      expect(seen.map((text) => text.split(' ')[0])).toEqual(['batched']);
    });

    it.each([true, false])('is put together without its results (normalizeFirst %p)', (normalizeFirst) => {
      const layer = make(member, normalizeFirst);
      call(layer);
      const expected = calls(() => call(layer));
      // What a call writes stays in the memory that the next one takes.
      for (const fill of [Number.NaN, 1e30]) calls(() => call(layer), fill);
      expect(calls(() => call(layer), Number.NaN)).toEqual(expected);
    });

    it.each([true, false])('uses no memory twice (normalizeFirst %p)', (normalizeFirst) => {
      const layer = make(member, normalizeFirst);
      call(layer);
      let options: BatchedOptions | undefined;
      native.batched = (given) => {
        options = given;
        return originals.batched(given);
      };
      call(layer);
      // One output a region of memory, but for those that an operation writes in place.
      const regions: { buffer: ArrayBufferLike; begin: number; end: number }[] = [];
      for (const operation of options!.operations) {
        const { x, y, out } = operation.options as unknown as Partial<Record<string, Float32Array>>;
        const to = (out ?? y)!;
        if (y !== undefined && x === y) continue;
        const region = { buffer: to.buffer, begin: to.byteOffset, end: to.byteOffset + to.byteLength };
        const shared = regions.filter(
          (other) => other.buffer === region.buffer && other.begin < region.end && region.begin < other.end,
        );
        expect([operation.name, shared.length]).toEqual([operation.name, 0]);
        regions.push(region);
      }
    });
  });
});

it('a layer derived from one of the package runs its steps one by one', () => {
  class Own extends TransformerEncoderLayer {}
  const layer = new Own({ attention: projected[0]!.make(), intermediateDim: 7 });
  layer.call(query);
  const names = calls(() => layer.call(query)).map((text) => text.split(' ')[0]);
  expect(names).toContain('layerNorm');
});
