import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FormatError } from '../../../lib/errors.js';
import { parseSafetensorsHeader } from '../../../lib/formats/safetensors.js';
import { ONE_SENTENCE } from './errors_of.js';
import { f32, headerBytes } from './safetensors_bytes.js';

describe('parseSafetensorsHeader on random headers', () => {
  const name = fc.string({ unit: 'binary', maxLength: 6 }).filter((s) => s !== '__metadata__');
  const headers = fc
    .record({
      names: fc.uniqueArray(name, { maxLength: 5 }),
      counts: fc.array(fc.nat(4), { minLength: 5, maxLength: 5 }),
      metadata: fc.option(fc.dictionary(name, fc.string(), { maxKeys: 3 }), { nil: undefined }),
      indent: fc.constantFrom('', ' ', '\t', '\r\n'),
    })
    .map(({ names, counts, metadata, indent }) => {
      let begin = 0;
      const members = names.map((key, i) => {
        const entry = f32(begin, counts[i]!);
        begin += 4 * counts[i]!;
        return `${JSON.stringify(key)}:${JSON.stringify(entry, null, indent)}`;
      });
      if (metadata !== undefined) members.push(`"__metadata__":${JSON.stringify(metadata)}`);
      return { text: `{${members.join(',')}}`, dataLength: begin };
    });

  /** The header as JSON.parse sees it, in the form of the parser's result. */
  function reference(text: string, dataBegin: number): Map<string, unknown> {
    const object = JSON.parse(text) as Record<string, ReturnType<typeof f32>>;
    return new Map(
      Object.entries(object)
        .filter(([key]) => key !== '__metadata__')
        .map(([key, { dtype, shape, data_offsets }]) => {
          const [begin, end] = data_offsets as [number, number];
          return [key, { name: key, dtype, shape, begin: dataBegin + begin, end: dataBegin + end }];
        }),
    );
  }

  function expectSound(bytes: Uint8Array, fileSize: number): void {
    const parsed = parseSafetensorsHeader(bytes, fileSize, 'x');
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    expect(new Map([...parsed.tensors].sort())).toEqual(
      new Map([...reference(text, 8 + bytes.length)].sort()),
    );
    let end = parsed.dataBegin;
    for (const entry of [...parsed.tensors.values()].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
      expect(entry.begin).toBe(end);
      end = entry.end;
    }
    expect(end).toBe(fileSize);
  }

  it('agrees with JSON.parse on well-formed ones', () => {
    fc.assert(
      fc.property(headers, ({ text, dataLength }) => {
        const bytes = headerBytes(text);
        expectSound(bytes, 8 + bytes.length + dataLength);
      }),
    );
  });

  it('gives a FormatError or a sound header on damaged ones', () => {
    const damage = fc.array(
      fc.record({
        at: fc.nat(),
        kind: fc.constantFrom('set', 'insert', 'delete', 'copy'),
        byte: fc.oneof(
          fc.integer({ min: 0, max: 255 }),
          fc.constantFrom(...Buffer.from('{}[]",:0123456789 \\u')),
        ),
      }),
      { minLength: 1, maxLength: 4 },
    );
    let accepted = 0;
    fc.assert(
      fc.property(headers, damage, fc.integer({ min: -4, max: 4 }), ({ text, dataLength }, wounds, extra) => {
        const bytes = [...headerBytes(text)];
        for (const { at, kind, byte } of wounds) {
          const place = at % bytes.length;
          if (kind === 'set') bytes[place] = byte;
          else if (kind === 'insert') bytes.splice(place, 0, byte);
          else if (kind === 'copy') bytes.splice(place, 0, ...bytes.slice(place, place + 8));
          else if (bytes.length > 1) bytes.splice(place, 1);
        }
        const fileSize = 8 + bytes.length + dataLength + Math.max(extra, 0);
        try {
          expectSound(Uint8Array.from(bytes), fileSize);
          accepted++;
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          expect(error.message).toMatch(ONE_SENTENCE);
        }
      }),
      { numRuns: 3000 },
    );
    // Some damage is harmless (a letter of a name); if none were, the other half would be untested.
    expect(accepted).toBeGreaterThan(20);
  });
});
